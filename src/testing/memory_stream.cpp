// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/memory_stream.hpp>

#include "parked.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>

namespace holdfast::testing
{
namespace
{
class transfer final : public parked<error_code, std::size_t>
{
public:
    ~transfer() override = default;

private:
    void cancel_requested() override { complete(asio::error::operation_aborted, 0); }
};

template <class Buffer>
struct pending
{
    std::shared_ptr<transfer> operation;
    std::vector<Buffer> buffers;
};

// What flows one way.
struct flow
{
    std::string bytes; // written and not read
    bool ended = false;
    bool reset = false;
    std::deque<pending<asio::mutable_buffer>> readers;
    std::deque<pending<asio::const_buffer>> writers;
};

// The first operation of a queue that was not cancelled, taken out; `buffers` are then its own.
template <class Buffer>
std::optional<std::pair<claimed<error_code, std::size_t>, std::vector<Buffer>>>
claim_first(std::deque<pending<Buffer>>& queue)
{
    while (!queue.empty())
    {
        auto first = std::move(queue.front());
        queue.pop_front();
        if (auto taken = first.operation->claim())
            return std::pair{std::move(taken), std::move(first.buffers)};
    }
    return std::nullopt;
}

template <class Buffer>
void complete_all(std::deque<pending<Buffer>>& queue, error_code ec)
{
    while (auto next = claim_first(queue))
        std::move(next->first).post(ec, 0);
}

// Moves what can be moved and completes whom that concerns.
void pump(flow& f, std::size_t capacity)
{
    for (bool moved = true; moved;)
    {
        moved = false;
        if (f.bytes.size() < capacity && !f.ended)
            if (auto next = claim_first(f.writers))
            {
                const auto before = f.bytes.size();
                const auto size = std::min(asio::buffer_size(next->second), capacity - before);
                f.bytes.resize(before + size);
                asio::buffer_copy(asio::buffer(f.bytes) + before, next->second);
                std::move(next->first).post({}, size);
                moved = true;
            }
        if (!f.bytes.empty())
            if (auto next = claim_first(f.readers))
            {
                const auto size = asio::buffer_copy(next->second, asio::buffer(f.bytes));
                f.bytes.erase(0, size);
                std::move(next->first).post({}, size);
                moved = true;
            }
    }
    if (f.ended && f.bytes.empty())
        complete_all(f.readers, f.reset ? error_code(asio::error::connection_reset)
                                        : error_code(asio::error::eof));
}

template <class Buffer>
void park(const asio::any_io_executor& executor, std::deque<pending<Buffer>>& queue,
          asio::any_completion_handler<void(error_code, std::size_t)> h,
          std::vector<Buffer> buffers)
{
    auto operation = std::make_shared<transfer>();
    transfer::park(operation, executor, std::move(h));
    queue.push_back({std::move(operation), std::move(buffers)});
}

void fail(const asio::any_io_executor& executor,
          asio::any_completion_handler<void(error_code, std::size_t)> h, error_code ec)
{
    claimed<error_code, std::size_t>(executor, std::move(h)).post(ec, 0);
}
}

struct memory_stream::connection
{
    mutable std::mutex mutex;
    std::size_t capacity = 0;
    std::function<void()> closed;
    std::array<flow, 2> flows; // what each end writes
    std::array<bool, 2> open{true, true};
    std::array<std::optional<std::uint32_t>, 2> unacknowledged;

    // Closes an end: what it sends ends, and what is sent to it breaks.
    void close(int end, bool hard)
    {
        std::function<void()> tell;
        {
            const std::lock_guard lock(mutex);
            if (!std::exchange(open[slot(end)], false))
                return;
            flow& out = flows[slot(end)];
            flow& in = flows[slot(1 - end)];
            cancel_locked(end);
            if (hard)
            {
                out.reset = true;
                out.bytes.clear();
            }
            out.ended = true;
            pump(out, capacity);
            complete_all(in.writers, hard ? error_code(asio::error::connection_reset)
                                          : error_code(asio::error::broken_pipe));
            if (end == 0)
                tell = std::move(closed);
        }
        if (tell)
            tell();
    }

    void cancel_locked(int end)
    {
        complete_all(flows[slot(end)].writers, asio::error::operation_aborted);
        complete_all(flows[slot(1 - end)].readers, asio::error::operation_aborted);
    }

    // What a write of this end fails with, if it does.
    error_code write_error(int end) const
    {
        if (!open[slot(end)])
            return asio::error::bad_descriptor;
        if (flows[slot(1 - end)].reset)
            return asio::error::connection_reset;
        if (flows[slot(end)].ended || !open[slot(1 - end)])
            return asio::error::broken_pipe;
        return {};
    }

    static constexpr std::size_t slot(int end) { return static_cast<std::size_t>(end); }
};

memory_stream::memory_stream(asio::any_io_executor executor) noexcept
    : executor_(std::move(executor))
{
}

memory_stream::memory_stream(asio::any_io_executor executor, std::shared_ptr<connection> c,
                             int end) noexcept
    : executor_(std::move(executor))
    , connection_(std::move(c))
    , end_(end)
{
}

memory_stream::memory_stream(memory_stream&& other) noexcept
    : executor_(other.executor_)
    , connection_(std::move(other.connection_))
    , end_(other.end_)
    , link_(std::exchange(other.link_, nullptr))
{
    retie();
}

memory_stream& memory_stream::operator=(memory_stream&& other) noexcept
{
    if (this != &other)
    {
        drop_link();
        close();
        executor_ = other.executor_;
        connection_ = std::move(other.connection_);
        end_ = other.end_;
        link_ = std::exchange(other.link_, nullptr);
        retie();
    }
    return *this;
}

memory_stream::~memory_stream()
{
    drop_link();
    close();
}

bool memory_stream::is_open() const noexcept
{
    if (!connection_)
        return false;
    const std::lock_guard lock(connection_->mutex);
    return connection_->open[connection::slot(end_)];
}

void memory_stream::close() noexcept
{
    if (connection_)
        connection_->close(end_, false);
}

void memory_stream::close(error_code& ec) noexcept
{
    ec = {};
    close();
}

void memory_stream::reset() noexcept
{
    if (connection_)
        connection_->close(end_, true);
}

void memory_stream::shutdown_send() noexcept
{
    error_code ignored; // it was closed, which ends sending too
    shutdown(asio::socket_base::shutdown_send, ignored);
}

void memory_stream::shutdown(asio::socket_base::shutdown_type what, error_code& ec) noexcept
{
    if (!is_open())
        ec = asio::error::bad_descriptor;
    else if (what == asio::socket_base::shutdown_receive)
        ec = asio::error::operation_not_supported;
    else
    {
        ec = {};
        const std::lock_guard lock(connection_->mutex);
        flow& out = connection_->flows[connection::slot(end_)];
        out.ended = true;
        complete_all(out.writers, asio::error::broken_pipe);
        pump(out, connection_->capacity);
    }
}

void memory_stream::cancel() noexcept
{
    if (!connection_)
        return;
    const std::lock_guard lock(connection_->mutex);
    connection_->cancel_locked(end_);
}

void memory_stream::start_read::operator()(handler h,
                                           std::vector<asio::mutable_buffer> buffers) const
{
    if (!stream->connection_)
        return fail(stream->executor_, std::move(h), asio::error::bad_descriptor);
    connection& c = *stream->connection_;
    const std::lock_guard lock(c.mutex);
    flow& in = c.flows[connection::slot(1 - stream->end_)];
    if (!c.open[connection::slot(stream->end_)])
        return fail(stream->executor_, std::move(h), asio::error::bad_descriptor);
    if (asio::buffer_size(buffers) == 0)
        return fail(stream->executor_, std::move(h), {}); // as a socket: at once, and no error
    park(stream->executor_, in.readers, std::move(h), std::move(buffers));
    pump(in, c.capacity);
}

void memory_stream::start_write::operator()(handler h,
                                            std::vector<asio::const_buffer> buffers) const
{
    if (!stream->connection_)
        return fail(stream->executor_, std::move(h), asio::error::bad_descriptor);
    connection& c = *stream->connection_;
    const std::lock_guard lock(c.mutex);
    const error_code ec = c.write_error(stream->end_);
    if (ec || asio::buffer_size(buffers) == 0)
        return fail(stream->executor_, std::move(h), ec);
    flow& out = c.flows[connection::slot(stream->end_)];
    park(stream->executor_, out.writers, std::move(h), std::move(buffers));
    pump(out, c.capacity);
}

bool memory_stream::give(std::string_view text)
{
    if (!connection_)
        return false;
    const std::lock_guard lock(connection_->mutex);
    if (connection_->write_error(end_))
        return false;
    flow& out = connection_->flows[connection::slot(end_)];
    out.bytes += text;
    pump(out, connection_->capacity);
    return true;
}

std::string memory_stream::take()
{
    std::string taken;
    if (!connection_)
        return taken;
    const std::lock_guard lock(connection_->mutex);
    flow& in = connection_->flows[connection::slot(1 - end_)];
    do
    {
        taken += std::exchange(in.bytes, {});
        pump(in, connection_->capacity); // writers that waited for room
    } while (!in.bytes.empty());
    return taken;
}

bool memory_stream::ended() const noexcept
{
    if (!connection_)
        return true;
    const std::lock_guard lock(connection_->mutex);
    return connection_->flows[connection::slot(1 - end_)].ended;
}

bool memory_stream::peer_open() const noexcept
{
    if (!connection_)
        return false;
    const std::lock_guard lock(connection_->mutex);
    return connection_->open[connection::slot(1 - end_)];
}

std::uint32_t memory_stream::unacknowledged() const noexcept
{
    if (!connection_)
        return 0;
    const std::lock_guard lock(connection_->mutex);
    if (const auto& by_hand = connection_->unacknowledged[connection::slot(end_)])
        return *by_hand;
    const auto size = connection_->flows[connection::slot(end_)].bytes.size();
    return static_cast<std::uint32_t>(
        std::min<std::size_t>(size, std::numeric_limits<std::uint32_t>::max()));
}

void memory_stream::set_unacknowledged(std::uint32_t bytes) noexcept
{
    if (!connection_)
        return;
    const std::lock_guard lock(connection_->mutex);
    connection_->unacknowledged[connection::slot(end_)] = bytes;
}

void memory_stream::tie(stream_link& link) noexcept
{
    drop_link();
    link.untie();
    link_ = &link;
    retie();
}

void memory_stream::drop_link() noexcept
{
    if (link_ != nullptr)
        std::exchange(link_, nullptr)->stream_gone(unacknowledged());
}

void memory_stream::retie() noexcept
{
    static constexpr stream_link::operations table{
        .close = [](void* s) noexcept { static_cast<memory_stream*>(s)->close(); },
        .unacknowledged = [](void* s) noexcept
        { return static_cast<memory_stream*>(s)->unacknowledged(); },
        .untie = [](void* s) noexcept { static_cast<memory_stream*>(s)->link_ = nullptr; },
    };
    if (link_ != nullptr)
        link_->tie(this, &table);
}

std::pair<memory_stream, memory_stream> make_memory_streams(asio::any_io_executor first,
                                                            asio::any_io_executor second,
                                                            memory_options options)
{
    auto c = std::make_shared<memory_stream::connection>();
    c->capacity = std::max<std::size_t>(options.capacity, 1);
    c->closed = std::move(options.closed);
    return {memory_stream(std::move(first), c, 0), memory_stream(std::move(second), c, 1)};
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/observe/event_stream.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/circular_buffer.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

namespace holdfast
{
namespace
{
numbered_event owning(const event& e, std::uint64_t sequence)
{
    return {.sequence = sequence,
            .kind = e.kind,
            .state = e.state,
            .name = std::string(e.name),
            .endpoint = std::string(e.endpoint),
            .at = e.at,
            .attempt = e.attempt,
            .failures = e.failures,
            .delay = e.delay,
            .next_attempt = e.next_attempt,
            .why = e.why,
            .exception = e.exception};
}
}

/// What a stream shares with its observers and its read.
struct event_stream::contents
{
    contents(std::size_t capacity, asio::steady_timer& t) : events(capacity), timer(&t) {}

    void put(const event& e)
    {
        const std::lock_guard lock(mutex);
        if (closed)
            return;
        // Numbered first: if there is no memory for it, it counts as dropped.
        events.push_back(owning(e, ++last_put)); // in place of the oldest, if it is full
        timer->cancel();
    }

    /// Nothing is put in any more.
    void close()
    {
        const std::lock_guard lock(mutex);
        closed = true;
        timer->cancel();
    }

    /// The stream goes away.
    void destroy()
    {
        const std::lock_guard lock(mutex);
        closed = destroyed = true;
        events.clear();
        std::exchange(timer, nullptr)->cancel();
    }

    std::mutex mutex;
    boost::circular_buffer<numbered_event> events;
    asio::steady_timer* timer; // of the stream, while that is there
    std::uint64_t last_put = 0;
    std::uint64_t last_taken = 0;
    std::atomic<bool> reading = false;
    bool closed = false;
    bool destroyed = false;
};

/// One `async_next_event`. It waits for a timer that never expires but is cancelled, and so leaves
/// to Asio what is due to every operation: that it can be cancelled, and ends with its context.
class event_stream::read
{
public:
    read(std::shared_ptr<contents> c, std::shared_ptr<asio::steady_timer> t)
        : contents_(std::move(c))
        , timer_(std::move(t))
    {
    }

    template <class Self>
    void operator()(Self& self, error_code = {})
    {
        const auto c = contents_; // moving `self` empties *this
        const auto t = timer_;
        std::unique_lock lock(c->mutex);
        if (!std::exchange(started_, true))
        {
            self.reset_cancellation_state(asio::enable_total_cancellation());
            if (!c->reading.exchange(true))
                claim_.reset(&c->reading);
            const bool at_once = claim_ == nullptr || c->closed || !c->events.empty();
            t->async_wait(std::move(self));
            if (at_once) // which wakes another one too, for nothing
                t->cancel();
            return;
        }
        error_code ec;
        numbered_event next;
        if (claim_ == nullptr)
            ec = errc::already_reading;
        else if (c->destroyed || self.cancelled() != asio::cancellation_type::none)
            ec = asio::error::operation_aborted;
        else if (!c->events.empty())
        {
            next = std::move(c->events.front());
            c->events.pop_front();
            next.dropped = next.sequence - std::exchange(c->last_taken, next.sequence) - 1;
        }
        else if (c->closed)
            ec = asio::error::eof;
        else
            return t->async_wait(std::move(self));
        claim_.reset();
        lock.unlock();
        self.complete(ec, std::move(next));
    }

private:
    struct give_back
    {
        void operator()(std::atomic<bool>* reading) const noexcept { *reading = false; }
    };

    std::shared_ptr<contents> contents_;
    std::shared_ptr<asio::steady_timer> timer_;           // which a cancellation may still look for
    std::unique_ptr<std::atomic<bool>, give_back> claim_; // null if another read goes on
    bool started_ = false;
};

event_stream::event_stream(executor_type executor, event_stream_options options)
    : executor_(std::move(executor))
{
    if (options.capacity < 1 || options.capacity > 100'000)
        throw std::invalid_argument("event_stream: capacity must be from 1 to 100000, not " +
                                    std::to_string(options.capacity));
    timer_ = std::make_shared<asio::steady_timer>(executor_, asio::steady_timer::time_point::max());
    contents_ = std::make_shared<contents>(options.capacity, *timer_);
}

event_stream::~event_stream()
{
    contents_->destroy();
}

observer event_stream::observe() const
{
    return [c = contents_](const event& e) { c->put(e); };
}

void event_stream::close()
{
    contents_->close();
}

void event_stream::start_read::start(handler done) const
{
    asio::async_compose<handler, void(error_code, numbered_event)>(read(contents_, timer_), done,
                                                                   executor);
}
}

// SPDX-License-Identifier: BSL-1.0
#include "relay.hpp"

#include "child.hpp"
#include "standard_streams.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

namespace tool
{
namespace
{
constexpr std::size_t buffer_size = 65'536;
constexpr auto in_tuple = asio::as_tuple(asio::use_awaitable);

/// Puts a carriage return before each line feed that has none. `last` is the byte before.
std::string with_crlf(std::string_view text, char& last)
{
    std::string result;
    for (const char c : text)
    {
        if (c == '\n' && last != '\r')
            result += '\r';
        result += last = c;
    }
    return result;
}
}

relay::relay(relay_options options, const asio::any_io_executor& executor,
             std::shared_ptr<local_end> end)
    : options_(std::move(options))
    , executor_(executor)
    , clock_(hf::default_clock(executor))
    , local_(std::move(end))
{
    if (options_.command.empty() && local_ == nullptr)
        local_ = std::make_shared<standard_streams>(executor);
}

relay::~relay() = default;

asio::awaitable<void> relay::run(hf::stream stream, hf::session& session)
{
    stream_ = std::move(stream);
    session_ = &session;
    const auto number = ++runs_;
    reason_ = write_failed_ = {};
    dropped_ = 0;
    ending_ = ending::none;
    std::shared_ptr<child> command;
    error_code ec;
    std::exception_ptr thrown;
    try
    {
        auto received = co_await options_.dialogue.hold(stream_);
        if (!options_.command.empty())
            local_ = command = std::make_shared<child>(executor_, options_.command);
        received_ = std::make_unique_for_overwrite<char[]>(buffer_size);
        read_ = std::make_unique_for_overwrite<char[]>(buffer_size);
        session.ready();
        since_ = active_ = clock_.now();
        ec = co_await carry(std::move(received));
    }
    catch (...)
    {
        thrown = std::current_exception();
    }
    const bool cancelled =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    if (number == runs_) // else it was abandoned, and there is another
    {
        session_ = nullptr;
        received_ = nullptr;
        read_ = nullptr;
    }
    if (command != nullptr)
    {
        stream_.close(); // the command may take its time to end
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await command->end();
        if (number == runs_)
            local_ = nullptr;
    }
    // Cancelling makes errors of its own, that tell nothing.
    if (reason_ || cancelled)
        ec = reason_ ? reason_ : error_code(asio::error::operation_aborted);
    else if (thrown)
        std::rethrow_exception(thrown);
    if (ec)
        throw boost::system::system_error(ec);
}

bool relay::close(error_code why) noexcept
{
    if (session_ == nullptr)
        return false;
    reason_ = why;
    session_->close();
    return true;
}

void relay::end_with(ending e, error_code ec) noexcept
{
    ending_ = e;
    broken_by_ = ec;
}

asio::awaitable<error_code> relay::carry(std::string received)
{
    using namespace asio::experimental::awaitable_operators;
    const auto first = co_await (receive(std::move(received)) || send() || watch());
    co_return std::visit([](error_code ec) { return ec; }, first);
}

/// From the connection to this side, until one of them ends.
asio::awaitable<error_code> relay::receive(std::string first)
{
    auto written = co_await local_->write(first);
    // A command may read no more, which is no failure of ours: what comes is dropped then, so that
    // the end of the connection is seen.
    while (!written || !options_.command.empty())
    {
        if (written == asio::error::operation_aborted)
            co_return written;
        const auto [ec, n] =
            co_await stream_.async_read_some(asio::buffer(received_.get(), buffer_size), in_tuple);
        if (ec)
            co_return ec != asio::error::eof ? ec : write_failed_;
        active_ = clock_.now();
        if (!written)
            written = co_await local_->write({received_.get(), n});
    }
    if (written == asio::error::operation_aborted)
        co_return written;
    if (written == asio::error::broken_pipe)
        end_with(ending::output_closed);
    else
        end_with(ending::broken, written);
    co_return error_code();
}

/// From this side to the connection. What cannot be written is dropped; it ends the sending, and
/// the receiving will see why.
asio::awaitable<error_code> relay::send()
{
    char last = 0;
    for (;;)
    {
        const auto [read_failed, n] = co_await local_->read({read_.get(), buffer_size});
        if (read_failed == asio::error::eof)
            co_return co_await end_of_input();
        if (read_failed == asio::error::operation_aborted)
            co_return read_failed;
        if (read_failed)
        {
            end_with(ending::broken, read_failed);
            co_return error_code();
        }
        active_ = clock_.now();
        std::string_view chunk(read_.get(), n);
        std::string lines;
        if (options_.crlf)
            chunk = lines = with_crlf(chunk, last);
        dropped_ = chunk.size(); // unless it is written
        const auto [ec, written] =
            co_await asio::async_write(stream_, asio::buffer(chunk), in_tuple);
        dropped_ -= written;
        if (ec == asio::error::operation_aborted)
            co_return ec;
        if (ec)
        {
            write_failed_ = ec;
            co_return co_await wait_for_ever();
        }
        active_ = clock_.now();
    }
}

asio::awaitable<error_code> relay::end_of_input()
{
    if (options_.stay_at_end)
        co_return co_await wait_for_ever();
    if (options_.command.empty()) // a command is run again on the next connection
        ending_ = ending::input_ended;
    error_code unheard; // where only one direction cannot be ended, such as with TLS
    stream_.shutdown_send(unheard);
    const auto linger =
        unheard ? options_.linger_unheard.value_or(options_.linger) : options_.linger;
    co_await clock_.async_wait_until(executor_, clock_.now() + linger, in_tuple);
    co_return error_code();
}

/// Ends a connection that is idle or too old.
asio::awaitable<error_code> relay::watch()
{
    const auto after = [](hf::time_point t, const std::optional<hf::duration>& d)
    { return d && *d < hf::time_point::max() - t ? t + *d : hf::time_point::max(); };
    for (;;)
    {
        const auto old_at = after(since_, options_.max_age);
        const auto idle_at = after(active_, options_.idle_timeout);
        const auto now = clock_.now();
        if (now >= old_at)
            co_return error_code(errc::too_old);
        if (now >= idle_at)
            co_return error_code(errc::idle);
        const auto [ec] =
            co_await clock_.async_wait_until(executor_, std::min(old_at, idle_at), in_tuple);
        if (ec)
            co_return ec;
    }
}

asio::awaitable<error_code> relay::wait_for_ever()
{
    const auto [ec] = co_await clock_.async_wait_until(executor_, hf::time_point::max(), in_tuple);
    co_return ec;
}
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_OBSERVE_EVENT_STREAM_HPP
#define HOLDFAST_OBSERVE_EVENT_STREAM_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/error.hpp>
#include <holdfast/observe/event.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
namespace asio = boost::asio;

/// An event that owns its texts, with its place among all that were told to an `event_stream`. Its
/// other members are those of `event`.
struct numbered_event
{
    std::uint64_t sequence = 0; ///< From 1; those that were dropped count too.
    std::uint64_t dropped = 0;  ///< How many were dropped right before this one.
    event_kind kind{};
    service_state state{};
    std::string name{};
    std::string endpoint{};
    time_point at{};
    std::uint32_t attempt = 0;
    std::uint32_t failures = 0;
    duration delay{};
    time_point next_attempt{};
    std::shared_ptr<const failure> why{};
    std::exception_ptr exception{};
};

/// How an `event_stream` keeps events.
struct event_stream_options
{
    /// How many events wait for the reader, at most, from 1 to 100,000. Where there are more, the
    /// oldest are dropped.
    std::size_t capacity = 64;
};

/// The events of one or more services, to be read one after the other by a coroutine, say, that
/// may take its time: nobody waits for it, and it is told how many it missed.
///
/// @par Thread safety
/// Its observer may be called from any thread. All else is used from its executor, which must be
/// serial.
///
/// @par Lifetime
/// It may be destroyed in any state, before its context is: a read that goes on completes with
/// `operation_aborted`. Its observers may outlive it, and then do nothing.
///
/// @par Example
/// @code
/// hf::event_stream events(context);
/// options.observe = events.observe();
/// // ... in a coroutine ...
/// const auto e = co_await events.async_next_event();
/// @endcode
class event_stream
{
public:
    using executor_type = asio::any_io_executor;

    /// @throws std::invalid_argument, naming the field, if an option makes no sense
    explicit event_stream(executor_type executor, event_stream_options options = {});

    template <std::derived_from<asio::execution_context> Context>
    explicit event_stream(Context& context, event_stream_options options = {})
        : event_stream(executor_type(context.get_executor()), options)
    {
    }

    event_stream(const event_stream&) = delete;
    event_stream& operator=(const event_stream&) = delete;
    ~event_stream();

    /// What puts events into it: the observer of any number of services.
    observer observe() const;

    /// Takes the oldest event out, or waits for the next.
    ///
    /// Completes with `void(error_code, numbered_event)`, on the handler's associated executor, by
    /// default its own. It fails with `asio::error::eof` when the stream was closed and all events
    /// were read; with `errc::already_reading` if another read goes on, which is left alone; and
    /// with `operation_aborted` when the stream is destroyed.
    ///
    /// @par Cancellation
    /// All types: this read ends with `operation_aborted`; no event is lost.
    template <asio::completion_token_for<void(error_code, numbered_event)> Token = asio::deferred_t>
    [[nodiscard]] auto async_next_event(Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, numbered_event)>(
            start_read{executor_, contents_, timer_}, token);
    }

    /// Takes no more events. Those that it holds can still be read.
    void close();

    const executor_type& get_executor() const noexcept { return executor_; }

private:
    struct contents;
    class read;
    using handler = asio::any_completion_handler<void(error_code, numbered_event)>;

    struct start_read
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        std::shared_ptr<contents> contents_;
        std::shared_ptr<asio::steady_timer> timer_;
        executor_type get_executor() const noexcept { return executor; }

        template <class Handler>
        void operator()(Handler&& done) const
        {
            start(detail::plain_handler(std::forward<Handler>(done), executor));
        }

        void start(handler done) const;
    };

    executor_type executor_;
    std::shared_ptr<asio::steady_timer> timer_;
    std::shared_ptr<contents> contents_;
};
}

#endif

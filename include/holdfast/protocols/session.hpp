// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_PROTOCOLS_SESSION_HPP
#define HOLDFAST_PROTOCOLS_SESSION_HPP

#include <holdfast/detail/spawn.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace holdfast
{
namespace asio = boost::asio;

/// A connection that lives as long as a coroutine: returning is a loss with success, throwing a
/// loss with that failure.
///
/// Made by `client_service` from a factory that is a coroutine: `f(stream)`, ready when it starts,
/// or `f(stream, session&)`, ready when it calls `ready()`; what comes before is its preparation:
/// throwing or returning there is a failure of the attempt.
///
/// @par Thread safety
/// From the service's executor only.
///
/// @par Lifetime
/// The session and the factory, captures and all, live until the coroutine has ended. Whoever
/// waited for it may keep it longer; `close` then does nothing.
class session
{
public:
    session() = default;
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    virtual ~session() = default;

    /// The connection is prepared: whoever waits for it gets this session. Later calls do nothing.
    void ready()
    {
        if (!std::exchange(ready_, true) && on_ready_)
            std::exchange(on_ready_, nullptr)();
    }

    /// Asks the coroutine to end: cancels it (all types), so that what it awaits completes with
    /// `operation_aborted`. It may say its farewells after that, for `stop_timeout`. Idempotent.
    void close() noexcept
    {
        if (!std::exchange(closing_, true) && !beginning_)
            cancel();
    }

    // For the attempt that runs it.

    using handler = asio::any_completion_handler<void(std::exception_ptr)>;

    /// Runs the coroutine; once. `done` is told what it threw.
    void run(const asio::any_io_executor& executor, handler done)
    {
        // A coroutine that is cancelled before it first waits, and then ends, ends the program, in
        // Boost 1.81: until it has come to a wait it is left alone.
        beginning_ = true;
        detail::spawn(executor, begin(), cancel_.slot(), std::move(done));
        beginning_ = false;
        if (closing_)
            cancel();
    }

    /// The coroutine has ended: there is nothing left to cancel, and nobody left to tell.
    void run_over() noexcept
    {
        cancel_.slot().clear();
        on_ready_ = nullptr;
    }

    /// Calls `told` when the session is ready, at once if it is.
    void when_ready(std::function<void()> told)
    {
        if (ready_)
            told();
        else
            on_ready_ = std::move(told);
    }

protected:
    virtual asio::awaitable<void> begin() = 0;

private:
    void cancel() noexcept
    {
        try
        {
            cancel_.emit(asio::cancellation_type::all);
        }
        catch (...) // somebody's operation needs memory to end: it is cut off after `stop_timeout`
        {
        }
    }

    asio::cancellation_signal cancel_;
    std::function<void()> on_ready_;
    bool ready_ = false;
    bool closing_ = false;
    bool beginning_ = false;
};

namespace detail
{
/// The session of one factory and stream. The factory outlives it, the attempt sees to that.
template <class Factory, class Stream, bool WithReady>
class session_of final : public session
{
public:
    session_of(Factory& f, Stream stream) : factory_(f), stream_(std::move(stream)) {}

private:
    asio::awaitable<void> begin() override
    {
        if constexpr (WithReady)
            return std::invoke(factory_, std::move(stream_), static_cast<session&>(*this));
        else
            return std::invoke(factory_, std::move(stream_));
    }

    Factory& factory_;
    Stream stream_;
};
}
}

#endif

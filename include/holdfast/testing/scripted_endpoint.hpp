// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TESTING_SCRIPTED_ENDPOINT_HPP
#define HOLDFAST_TESTING_SCRIPTED_ENDPOINT_HPP

#include <holdfast/endpoint.hpp>
#include <holdfast/testing/memory_stream.hpp>

#include <cstddef>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::testing
{
/// What one dial does. The functions give the usual ones, and any member can be set on top.
struct dial_step
{
    enum class cancelled
    {
        abort,   ///< Completes with `operation_aborted`, as a good endpoint does.
        ignore,  ///< Goes on as if nothing had been asked.
        succeed, ///< Completes with success: the cancellation came too late.
    };

    std::optional<error_code> result{}; ///< How it ends; none: not by itself.
    duration after{};                   ///< When it ends, on the context's clock.
    cancelled when_cancelled = cancelled::abort;
    std::optional<holdfast::phase> phase{};   ///< Told to the report when the dial begins.
    std::vector<address_failure> addresses{}; ///< Likewise.
    std::exception_ptr thrown{};              ///< What starting the dial throws.
    std::size_t capacity = 65536;             ///< What each direction of the connection holds.

    /// Connects, at once or after a while.
    static dial_step succeed(duration after = {})
    {
        return {.result = error_code{}, .after = after};
    }

    /// Fails with `ec`, at once or after a while.
    static dial_step fail(error_code ec, duration after = {})
    {
        return {.result = ec, .after = after};
    }

    /// Goes on until the test completes it by hand, or until it is cancelled.
    static dial_step hang() { return {}; }

    /// Throws `e` instead of starting.
    static dial_step raise(std::exception_ptr e) { return {.thrown = std::move(e)}; }
};

/// One dial of a `scripted_endpoint`: what became of it, and the other end of its connection.
///
/// A handle: copies are the same dial. It may outlive the endpoint and the context.
class scripted_dial
{
public:
    /// What the endpoint was given.
    const dial_context& context() const noexcept;

    /// Whether it goes on.
    bool pending() const;

    /// Whether it was asked to end.
    bool cancelled() const;

    /// Connects. False if the dial has ended before.
    bool succeed() const;

    /// Fails. False if the dial has ended before.
    bool fail(error_code ec) const;

    /// How it ended: success if it connected; nothing while it goes on, and if its context was
    /// destroyed.
    std::optional<error_code> result() const;

    /// The other end of the connection, which is the test's. Throws `std::logic_error` if the dial
    /// has not connected.
    memory_stream& peer() const;

private:
    friend class scripted_endpoint;
    struct state;
    std::shared_ptr<state> state_;
};

/// An endpoint whose every dial does what the test wrote down, and whose connections are in memory.
///
/// A value, as endpoints are: all copies share one script and one record of what happened.
///
/// @par Thread safety
/// Safe, distinct or shared.
///
/// @par Example
/// @code
/// testing::scripted_endpoint endpoint{dial_step::fail(asio::error::connection_refused),
///                                     dial_step::succeed()};
/// // ... a service dials it twice ...
/// endpoint.dials()[1].peer().give("hello\n");
/// endpoint.dials()[1].peer().close();
/// @endcode
class scripted_endpoint
{
public:
    using stream_type = memory_stream;

    /// An endpoint whose first dials do `steps`, in order.
    scripted_endpoint(std::initializer_list<dial_step> steps = {});

    /// Has the dial after all those that have a step do `step`.
    const scripted_endpoint& then(dial_step step) const;

    /// Has every dial for which the script has no step do `step`. At first that is to succeed.
    const scripted_endpoint& otherwise(dial_step step) const;

    /// All dials so far, in order. The record is kept as long as the endpoint.
    std::vector<scripted_dial> dials() const;

    /// The last dial so far. Throws `std::logic_error` if there was none.
    scripted_dial last() const;

    std::size_t dial_count() const;
    std::size_t pending_dials() const;    ///< Dials that go on.
    std::size_t cancellations() const;    ///< Dials that were asked to end.
    std::size_t open_streams() const;     ///< Connections whose near end is open.
    std::size_t open_streams_max() const; ///< How many were open at once, at most.

    /// Does the next step of the script.
    ///
    /// Completes with the result of that step, and with success with the near end of a connection.
    ///
    /// @par Cancellation
    /// All types: as the step says.
    template <asio::completion_token_for<void(error_code, memory_stream)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, memory_stream)>(
            start_dial{context.executor, script_}, token, context);
    }

private:
    struct script;
    using handler = asio::any_completion_handler<void(error_code, memory_stream)>;

    struct start_dial
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        std::shared_ptr<script> script_;
        executor_type get_executor() const noexcept { return executor; }
        void operator()(handler, const dial_context&) const;
    };

    std::shared_ptr<script> script_;
};

/// "scripted": it has no secrets, nor anything else to tell.
std::string to_string(const scripted_endpoint& e);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CLIENT_SERVICE_HPP
#define HOLDFAST_CLIENT_SERVICE_HPP

#include <holdfast/detail/operations.hpp>
#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/detail/typed_attempt.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/options.hpp>
#include <holdfast/wait_limit.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace holdfast
{
/// All that a client service is but its life: executor, endpoint, factory and options, checked.
///
/// A value that is cheap to copy; services made from one definition share it, so that a hundred
/// thousand of them cost little more than one. Throws `std::invalid_argument`, naming the field,
/// where an option makes no sense.
///
/// @par Thread safety
/// Safe, distinct or shared, if the factory and the callables in the options are.
///
/// @par Lifetime
/// It may be destroyed while services of it live, and before the context. A clock or resolver in
/// the options outlives it and its services.
template <class Protocol>
class client_definition
{
public:
    template <endpoint Endpoint, class Factory>
    client_definition(asio::any_io_executor executor, Endpoint e, Factory f,
                      const client_options<Protocol>& options = {})
        : shared_(new detail::typed_definition<Protocol, Endpoint, Factory>(
              std::move(executor), std::move(e), std::move(f), options))
    {
    }

    template <std::derived_from<asio::execution_context> Context, endpoint Endpoint, class Factory>
    client_definition(Context& context, Endpoint e, Factory f,
                      const client_options<Protocol>& options = {})
        : client_definition(asio::any_io_executor(context.get_executor()), std::move(e),
                            std::move(f), options)
    {
    }

    const boost::intrusive_ptr<const detail::definition<Protocol>>& shared() const noexcept
    {
        return shared_;
    }

private:
    boost::intrusive_ptr<const detail::definition<Protocol>> shared_;
};

/// Keeps one connection to an endpoint alive: connects when started, and connects again, by a
/// policy, whenever an attempt fails or the connection is lost, until it is stopped.
///
/// The endpoint says how to reach the peer. The factory makes a protocol of each new connection:
///
/// - `f(stream)` or `f(stream, peer)` gives a pointer to anything with `async_run(token)`, which
///   completes with `void(error_code)` at the end of the connection, and `close() noexcept`,
///   idempotent and legal at any time, which asks for that end; null refuses the connection;
/// - a coroutine `f(stream)` or `f(stream, session&)` is the connection: see `session`;
/// - `f(peer)` or `f()` gives a pointer to something derived from `callback_protocol`.
///
/// A factory that has `start()` and `stop()` is told before the first and after the last of its
/// connections. Whatever factory and preparation throw is a failure of the attempt.
///
/// Operations complete on their handler's associated executor, by default the service's, once and
/// never inside the call that starts them. `stream` and `peer` are what the endpoint makes:
/// `Endpoint::stream_type`, and the address of the other end.
///
/// @par Thread safety
/// Like any Asio object: one service is used from its executor, which must be serial (a context
/// that one thread runs, or a strand); debug builds assert it. With the option `thread_safe` the
/// service makes a strand of its own, and all but `current()` may be called from any thread: calls
/// are posted, `state()` and `last_failure()` may lag, the destructor does not wait, and only a
/// completed `async_stop` says that nothing runs any more.
///
/// @par Lifetime
/// It may be destroyed in any state, also from inside a callback, before its context is: pending
/// operations complete with `operation_aborted`, the connection closes, coroutines under way are
/// cancelled, and no factory, policy, preparation or observer is called any more. Factory and
/// options live until the last coroutine has ended, the protocol until its run and its preparation
/// have. One that was moved from may only be assigned to or destroyed.
template <class Protocol>
class client_service
{
public:
    using protocol_type = Protocol;

    /// Everything about it is said here; nothing is dialled before `start()`.
    template <endpoint Endpoint, class Factory>
    client_service(asio::any_io_executor executor, Endpoint e, Factory f,
                   const client_options<Protocol>& options = {})
        : client_service(
              client_definition<Protocol>(std::move(executor), std::move(e), std::move(f), options))
    {
    }

    template <std::derived_from<asio::execution_context> Context, endpoint Endpoint, class Factory>
    client_service(Context& context, Endpoint e, Factory f,
                   const client_options<Protocol>& options = {})
        : client_service(client_definition<Protocol>(context, std::move(e), std::move(f), options))
    {
    }

    /// One more service of a definition.
    explicit client_service(const client_definition<Protocol>& d)
        : driver_(new detail::typed_driver<Protocol>(d.shared()))
    {
    }

    client_service(client_service&& other) noexcept = default;

    /// Exchanges the two: what this one kept alive goes on in `other`.
    client_service& operator=(client_service&& other) noexcept
    {
        std::swap(driver_, other.driver_);
        return *this;
    }

    ~client_service()
    {
        if (driver_ != nullptr)
            driver_->destroy();
    }

    /// Begins an attempt, at once. While it stops: as soon as the old connection is gone. On a
    /// running service it changes nothing, and tells the observer `already_started`.
    void start() { driver_->call(detail::input::start); }

    /// Stops, where nobody waits for it. See `async_stop`.
    void stop() { driver_->call(detail::input::stop); }

    /// Begins the next attempt now instead of after the delay, never sooner than `delay_floor`
    /// after the failure; the count of failures stays. Does nothing unless it waits or has given
    /// up.
    void retry_now() { driver_->call(detail::input::retry_now); }

    /// Forgets all failures, and begins the next attempt now as `retry_now` does.
    void reset() { driver_->call(detail::input::reset); }

    /// Stops: cancels an attempt or a delay, asks the connection to close, and waits until nothing
    /// is left. What does not close is cut off after `stop_timeout` and abandoned a second later.
    ///
    /// Completes with `void(error_code)`: success when nothing is left (at once if nothing is
    /// there), `errc::forced` if something had to be abandoned, `operation_aborted` if the service
    /// was destroyed. A start meanwhile does not delay it. Whoever waits from inside the connection
    /// that is to end does not hold it up: that wait ends with `operation_aborted`.
    ///
    /// @par Cancellation
    /// All types: this wait ends with `operation_aborted`; the stop goes on.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_stop(Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code)>(start_stop{driver_->executor()}, token,
                                                             driver_);
    }

    /// Waits for the connection: completes at once when there is one, else with the next.
    ///
    /// Completes with `void(error_code, std::shared_ptr<Protocol>)`. All who wait get the same
    /// protocol. It fails with `errc::stopped` when the service has stopped (at once if it is);
    /// with the last failure when the policy gave up; at the limit given as `wait_limit` says; and
    /// with `operation_aborted` when the service is destroyed. Before the first start, and while
    /// it stops, it waits.
    ///
    /// @par Cancellation
    /// All types: this wait ends with `operation_aborted`; nothing else changes.
    template <asio::completion_token_for<void(error_code, std::shared_ptr<Protocol>)> Token =
                  asio::deferred_t>
    [[nodiscard]] auto async_when_connected(Token&& token = Token{})
    {
        return wait(wait_limit(), nullptr, token);
    }

    /// The same with a limit: `fail_after{3}`, `within{5s}`, or `{fail_after{3}, within{5s}}`.
    template <asio::completion_token_for<void(error_code, std::shared_ptr<Protocol>)> Token =
                  asio::deferred_t>
    [[nodiscard]] auto async_when_connected(wait_limit limit, Token&& token = Token{})
    {
        return wait(limit, nullptr, token);
    }

    /// The same; if it fails and something has failed before, `why` is set to the whole story. It
    /// must live until the operation has completed.
    template <asio::completion_token_for<void(error_code, std::shared_ptr<Protocol>)> Token =
                  asio::deferred_t>
    [[nodiscard]] auto async_when_connected(wait_limit limit, failure& why, Token&& token = Token{})
    {
        return wait(limit, &why, token);
    }

    /// The connection, or null while there is none: at once, without touching its count. It is
    /// null again from the moment of the loss, or of the request to stop; so copy it before you
    /// wait for anything. Never from another thread.
    const std::shared_ptr<Protocol>& current() const noexcept { return driver_->current(); }

    service_state state() const noexcept { return driver_->state(); }

    /// From start to stop.
    bool running() const noexcept { return core::running(driver_->state()); }

    /// How the last attempt failed, or the last connection was lost; null if nothing did so far.
    std::shared_ptr<const failure> last_failure() const { return driver_->last_failure(); }

    const std::string& name() const noexcept { return driver_->shared().name; }

    /// The description of the endpoint, without secrets.
    const std::string& description() const noexcept { return *driver_->shared().endpoint; }

    using executor_type = asio::any_io_executor;
    const executor_type& get_executor() const noexcept { return driver_->executor(); }

private:
    using driver_pointer = boost::intrusive_ptr<detail::typed_driver<Protocol>>;

    // What the two operations begin with: the template ends here.

    struct initiation
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }
    };

    struct start_stop : initiation
    {
        template <class Handler>
        void operator()(Handler&& done, const driver_pointer& d) const
        {
            const auto home = detail::home_of(done, d->executor());
            detail::stop_operation::start(
                d, detail::handler_at_home(std::forward<Handler>(done), home), home);
        }
    };

    struct start_wait : initiation
    {
        template <class Handler>
        void operator()(Handler&& done, const driver_pointer& d, wait_limit limit,
                        failure* why) const
        {
            if (d->serves_now())
                return asio::post(d->executor(), asio::append(std::forward<Handler>(done),
                                                              error_code(), d->current()));
            const auto home = detail::home_of(done, d->executor());
            detail::start_connect<Protocol>(
                d, detail::handler_at_home(std::forward<Handler>(done), home), home, limit, why);
        }
    };

    template <class Token>
    auto wait(wait_limit limit, failure* why, Token& token)
    {
        return asio::async_initiate<Token, void(error_code, std::shared_ptr<Protocol>)>(
            start_wait{{driver_->executor()}}, token, driver_, limit, why);
    }

    driver_pointer driver_;
};

template <endpoint Endpoint, class Factory>
client_service(asio::any_io_executor, Endpoint, Factory,
               client_options<detail::protocol_of<Endpoint, Factory>> = {})
    -> client_service<detail::protocol_of<Endpoint, Factory>>;

template <std::derived_from<asio::execution_context> Context, endpoint Endpoint, class Factory>
client_service(Context&, Endpoint, Factory,
               client_options<detail::protocol_of<Endpoint, Factory>> = {})
    -> client_service<detail::protocol_of<Endpoint, Factory>>;

template <endpoint Endpoint, class Factory>
client_definition(asio::any_io_executor, Endpoint, Factory,
                  client_options<detail::protocol_of<Endpoint, Factory>> = {})
    -> client_definition<detail::protocol_of<Endpoint, Factory>>;

template <std::derived_from<asio::execution_context> Context, endpoint Endpoint, class Factory>
client_definition(Context&, Endpoint, Factory,
                  client_options<detail::protocol_of<Endpoint, Factory>> = {})
    -> client_definition<detail::protocol_of<Endpoint, Factory>>;
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_MADE_PER_ATTEMPT_HPP
#define HOLDFAST_ENDPOINTS_MADE_PER_ATTEMPT_HPP

#include <holdfast/detail/per_attempt_dial.hpp>
#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/prepare.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace holdfast
{
namespace detail
{
template <class T>
struct without_awaitable
{
    using type = T;
};

template <class T>
struct without_awaitable<asio::awaitable<T>>
{
    using type = T;
};

/// The endpoint that a callable returns, by way of a coroutine or not.
template <class F>
using endpoint_made_by =
    typename without_awaitable<std::invoke_result_t<const F&, const dial_context&>>::type;
}

/// An endpoint that is made anew for each attempt: where what it needs changes with time, such as a
/// token that expires, a certificate for an hour, or the address of the present leader.
///
/// It is made by a callable of one of these forms, called through const:
///
/// - `asio::awaitable<Endpoint> f(const dial_context&)`, a coroutine;
/// - `Endpoint f(const dial_context&)`, which needs no waiting;
/// - `void f(const dial_context&, made_per_attempt<Endpoint>::handler)`, which calls the handler
///   once, on any thread, with an error or the endpoint.
///
/// The making is a part of `phase::connect`, and its time counts towards the attempt's. What it
/// throws is the failure of the attempt: the code of the `system_error`, or
/// `errc::exception_thrown`, and `failure::detail` has the text of it; so it must hold no secret.
/// To have what was learnt kept for later attempts is up to the callable.
///
/// Cheap to copy: copies share the callable.
///
/// @par Thread safety
/// Safe, distinct or shared, if calls of the callable are.
///
/// @par Cancellation
/// The coroutine is cancelled, or the slot of the handler emitted, when the attempt is cancelled or
/// out of time. Nobody waits for its end then. The callable and the context live until it has
/// ended, and what is written to the report of that context reaches nobody.
///
/// @par Example
/// @code
/// const hf::made_per_attempt db("the database", [&](const hf::dial_context&)
///     -> asio::awaitable<hf::tls> {
///     auto [certificate, key] = co_await vault.issue("client");
///     co_return hf::tls("db.example", 5432, {.certificate = certificate, .private_key = key});
/// });
/// @endcode
template <endpoint Endpoint>
class made_per_attempt
{
    using dial = detail::per_attempt_dial<Endpoint>;
    using target_type = detail::per_attempt_target<Endpoint>;

public:
    using stream_type = typename Endpoint::stream_type;

    /// What a callable without a coroutine tells. No error and no endpoint is
    /// `errc::factory_refused`.
    using handler = asio::any_completion_handler<void(error_code, std::optional<Endpoint>)>;

    /// @param name What it is called in logs and failures: it stands for the description. It must
    /// not be empty, and holds no secret.
    /// @param f Makes the endpoint; see above.
    /// @throws std::invalid_argument if the name is empty
    template <class F>
        requires std::invocable<const F&, const dial_context&> ||
                 std::invocable<const F&, const dial_context&, handler>
    made_per_attempt(std::string name, F f)
        : target_(std::make_shared<const target_type>(target_type{
              std::move(name), [f = std::move(f)](const std::shared_ptr<dial>& d) { make(f, d); }}))
    {
        if (target_->name.empty())
            throw std::invalid_argument("made_per_attempt: the name is empty");
    }

    /// Has the endpoint made and dials it. Completes with the error and the stream: what was thrown
    /// while it was made, `errc::factory_refused`, or what it gives.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted` soon.
    template <asio::completion_token_for<void(error_code, stream_type)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            start_connect{context.executor}, token, target_, context);
    }

    /// The name that it was given.
    friend std::string to_string(const made_per_attempt& e) { return e.target_->name; }

private:
    struct start_connect
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }

        template <class Handler>
        void operator()(Handler&& done, std::shared_ptr<const target_type> target,
                        const dial_context& context) const
        {
            dial::template start<dial>(
                detail::plain_handler(std::forward<Handler>(done), context.executor), context,
                std::move(target));
        }
    };

    template <class F>
    static void make(const F& f, const std::shared_ptr<dial>& d)
    {
        if constexpr (!std::invocable<const F&, const dial_context&>)
            std::invoke(f, d->for_user(), handler_of(d));
        else if constexpr (detail::is_awaitable<
                               std::invoke_result_t<const F&, const dial_context&>>)
        {
            const auto result = std::make_shared<std::optional<Endpoint>>();
            detail::spawn(d->for_user().executor, run(f, d, result), d->slot(),
                          [d, result](std::exception_ptr thrown)
                          {
                              d->slot().clear(); // nothing is left to cancel
                              d->made(std::move(thrown), std::move(*result));
                          });
        }
        else
            d->made(nullptr, std::invoke(f, d->for_user()));
    }

    /// Its parameters outlive what it awaits, which uses them.
    template <class F>
    static asio::awaitable<void> run(const F& f, std::shared_ptr<dial> d,
                                     std::shared_ptr<std::optional<Endpoint>> result)
    {
        const struct at_end
        {
            dial& d;
            ~at_end() { d.making_ends(); }
        } end{*d};
        result->emplace(co_await std::invoke(f, d->for_user()));
    }

    static handler handler_of(const std::shared_ptr<dial>& d)
    {
        return asio::bind_cancellation_slot(
            d->slot(),
            [d](error_code ec, std::optional<Endpoint> made)
            {
                d->made(ec ? std::make_exception_ptr(boost::system::system_error(ec)) : nullptr,
                        ec ? std::nullopt : std::move(made));
            });
    }

    std::shared_ptr<const target_type> target_;
};

template <class F>
made_per_attempt(std::string, F) -> made_per_attempt<detail::endpoint_made_by<F>>;
}

#endif

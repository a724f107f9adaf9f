// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_PROXY_OVER_HPP
#define HOLDFAST_DETAIL_PROXY_OVER_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/detail/proxy_dial.hpp>
#include <holdfast/endpoint.hpp>

#include <boost/asio/async_result.hpp>

#include <memory>
#include <string>
#include <utility>

namespace holdfast::detail
{
/// What all endpoints by way of a proxy are.
template <endpoint Endpoint>
class proxy_over
{
public:
    using stream_type = typename Endpoint::stream_type; ///< What the proxy is spoken to over.

    /// How the proxy is reached.
    const Endpoint& below() const noexcept { return target_->below; }

    /// Connects, by way of the proxy. Completes with the error and the stream: what the endpoint
    /// below gives; `errc::proxy_timed_out`, or `lookup_timed_out` and the errors of a lookup where
    /// that is made here; an error of `proxy_category()`; or what the system gives.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted` soon, and all below is closed.
    template <asio::completion_token_for<void(error_code, stream_type)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            start_connect{context.executor}, token, target_, context);
    }

    /// The description, with `***` for a password.
    friend std::string to_string(const proxy_over& e)
    {
        return e.target_->client->describe(to_string(e.target_->below));
    }

protected:
    using target_type = proxy_target<Endpoint>;

    proxy_over(Endpoint below, std::unique_ptr<const proxy_client> client)
        : target_(std::make_shared<const target_type>(std::move(below), std::move(client)))
    {
    }

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
            using dial = proxy_dial<Endpoint>;
            dial::template start<dial>(plain_handler(std::forward<Handler>(done), context.executor),
                                       context, std::move(target));
        }
    };

    std::shared_ptr<const target_type> target_;
};
}

#endif

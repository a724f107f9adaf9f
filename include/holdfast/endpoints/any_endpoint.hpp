// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_ANY_ENDPOINT_HPP
#define HOLDFAST_ENDPOINTS_ANY_ENDPOINT_HPP

#include <holdfast/any_stream.hpp>
#include <holdfast/detail/erased_endpoint.hpp>
#include <holdfast/endpoint.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
/// An endpoint of any kind, whose streams are erased: what descriptions are turned into.
///
/// Copies share the endpoint within, which nobody can change any more.
///
/// @par Thread safety
/// Safe, distinct or shared.
class any_endpoint
{
public:
    using stream_type = stream;

    template <class Endpoint>
        requires(!std::same_as<Endpoint, any_endpoint> && endpoint<Endpoint>)
    any_endpoint(Endpoint e)
        : erased_(std::make_shared<const detail::erased_endpoint_of<Endpoint>>(std::move(e)))
    {
    }

    /// Dials once; see the concept `endpoint`. The stream is empty if there is an error.
    template <asio::completion_token_for<void(error_code, stream)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream)>(start_connect{context}, token,
                                                                     erased_);
    }

    /// Tells the endpoint within; see `tell_failed`.
    void failed(const failure& why, resolver& names) const noexcept { erased_->failed(why, names); }

    /// The description of the endpoint within, without secrets. A template, so that no conversion
    /// to `any_endpoint` is tried: whether `other<any_endpoint>` is an endpoint hangs on its own.
    template <std::same_as<any_endpoint> Self>
    friend std::string to_string(const Self& e)
    {
        return e.erased_->description();
    }

private:
    struct start_connect
    {
        using executor_type = asio::any_io_executor;
        dial_context context;
        executor_type get_executor() const noexcept { return context.executor; }

        void operator()(detail::dial_handler done,
                        std::shared_ptr<const detail::erased_endpoint> endpoint) const
        {
            const auto& e = *endpoint;
            e.connect(context, std::move(done), std::move(endpoint));
        }
    };

    std::shared_ptr<const detail::erased_endpoint> erased_;
};
}

#endif

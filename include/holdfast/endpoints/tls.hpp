// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_TLS_HPP
#define HOLDFAST_ENDPOINTS_TLS_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/detail/tls_dial.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/endpoints/registry.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/endpoints/tls_error.hpp>
#include <holdfast/endpoints/tls_options.hpp>
#include <holdfast/endpoints/tls_stream.hpp>

#include <boost/asio/async_result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
/// TLS over an endpoint of any kind: a Unix socket, a proxy, `any_endpoint`, TLS.
///
/// A dial completes when the certificate of the server was verified and the handshake is done, and
/// not before. Each has a TLS stream of its own; what they share is the tickets that a server gives
/// for the next one. A certificate that is refused is `condition::peer_not_verified`, in
/// `phase::tls`, and `failure::detail` says what is wrong with it in words.
///
/// Of the system's configuration of OpenSSL all holds that is stricter than what is asked for here.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
template <endpoint Endpoint>
class tls_over
{
public:
    using stream_type = tls_stream<typename Endpoint::stream_type>;

    /// @param below How the server is reached.
    /// @param host The name or the IP address that its certificate must be for.
    /// @throws std::invalid_argument naming what is wrong, also with the files
    tls_over(Endpoint below, std::string host, tls_options options = {})
        : tls_over(std::move(below), std::move(host), 0, std::move(options), false)
    {
    }

    /// The same, with a port that is only for the description.
    tls_over(Endpoint below, std::string host, std::uint16_t port, tls_options options = {})
        : tls_over(std::move(below), std::move(host), port, std::move(options), false)
    {
    }

    /// How the server is reached.
    const Endpoint& below() const noexcept { return target_->below; }

    const tls_options& options() const noexcept { return target_->client.options(); }

    /// The name or the IP address that is verified.
    const std::string& name() const noexcept { return target_->client.name(); }

    /// Connects. Completes with the error and the stream: what the endpoint below gives;
    /// `errc::tls_timed_out`, `key_not_pinned`, `unusable_files`; an error of
    /// `tls_verify_category()`; `asio::ssl::error::stream_truncated` where the server hangs up; or
    /// what OpenSSL gives.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted` soon, and all below is closed.
    template <asio::completion_token_for<void(error_code, stream_type)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            start_connect{context.executor}, token, target_, context);
    }

    /// Tells the endpoint below; see `tell_failed`.
    void failed(const failure& why, resolver& names) const noexcept
    {
        tell_failed(target_->below, why, names);
    }

    /// The description: `tls:host:port`, with the options that differ from the default, and last
    /// the endpoint below. Keys that were given as PEM are left out.
    friend std::string to_string(const tls_over& e)
    {
        return e.target_->client.describe(to_string(e.target_->below), e.target_->direct);
    }

protected:
    using target_type = detail::tls_target<Endpoint>;

    tls_over(Endpoint below, std::string host, std::uint16_t port, tls_options options, bool direct)
        : target_(std::make_shared<const target_type>(std::move(below), std::move(host), port,
                                                      std::move(options), direct))
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
            using dial = detail::tls_dial<Endpoint>;
            dial::template start<dial>(
                detail::plain_handler(std::forward<Handler>(done), context.executor), context,
                std::move(target));
        }
    };

    std::shared_ptr<const target_type> target_;
};

/// A TLS server, by name or address, over TCP. See `tls_over` and `tcp`.
///
/// @par Example
/// @code
/// hf::client_service irc(executor, hf::tls("irc.example.com", 6697), [](auto stream) ...);
/// @endcode
class tls : public tls_over<tcp>
{
public:
    /// @throws std::invalid_argument naming what is wrong, also with the files
    tls(const std::string& host, std::uint16_t port, tls_options options = {},
        tcp_options below = {});

    /// Adds the kinds `tls` and `ssl` (which is Twisted's older spelling) to a registry, for
    /// descriptions. They are in none from the start, since not every program has TLS.
    static void register_endpoints(registry& known);
};
}

#endif

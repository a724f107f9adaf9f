// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_HTTP_CONNECT_HPP
#define HOLDFAST_ENDPOINTS_HTTP_CONNECT_HPP

#include <holdfast/detail/proxy_over.hpp>
#include <holdfast/endpoints/proxy_error.hpp>
#include <holdfast/endpoints/proxy_options.hpp>
#include <holdfast/endpoints/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
namespace detail
{
/// @param proxy The description of the endpoint by which the proxy is reached.
std::unique_ptr<const proxy_client> make_http_connect_client(const std::string& proxy,
                                                             std::string host, std::uint16_t port,
                                                             proxy_options options);
}

/// A target by way of an HTTP proxy that is asked with CONNECT (RFC 9110), which is reached over an
/// endpoint of any kind: TCP, a Unix socket, TLS, another proxy.
///
/// The stream is that of the endpoint below: once the target is reached, nothing stands between it
/// and you. Given a user and a password, it tells them with the question (Basic, RFC 7617); no
/// other way of authentication is known. What the proxy answers when it refuses is an error of its
/// own, in `phase::proxy`: see `proxy_errc`, and `proxy_condition` for who is to blame;
/// `failure::detail` has the status. A failure in any phase before that is one of the way to the
/// proxy, and `failure::detail` says so.
///
/// The header of an answer is read up to 8 KiB, and never past its end.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
template <endpoint Endpoint>
class http_connect_over : public detail::proxy_over<Endpoint>
{
public:
    /// @param proxy How the proxy is reached.
    /// @param host The target: a name, also an internationalised one in UTF-8, or an address.
    /// @throws std::invalid_argument naming what is wrong
    http_connect_over(Endpoint proxy, std::string host, std::uint16_t port,
                      proxy_options options = {})
        : http_connect_over(to_string(proxy), std::move(proxy), std::move(host), port,
                            std::move(options))
    {
    }

private:
    http_connect_over(const std::string& description, Endpoint&& proxy, std::string host,
                      std::uint16_t port, proxy_options options)
        : detail::proxy_over<Endpoint>(
              std::move(proxy), detail::make_http_connect_client(description, std::move(host), port,
                                                                 std::move(options)))
    {
    }
};

/// A target by way of an HTTP proxy over TCP. See `http_connect_over` and `tcp`.
///
/// @par Example
/// @code
/// const auto proxy = hf::tcp("proxy", 3128);
/// hf::client_service irc(executor, hf::http_connect("irc.example.com", 6667, proxy), ...);
/// @endcode
class http_connect : public http_connect_over<tcp>
{
public:
    /// @throws std::invalid_argument naming what is wrong
    http_connect(std::string host, std::uint16_t port, tcp proxy, proxy_options options = {})
        : http_connect_over(std::move(proxy), std::move(host), port, std::move(options))
    {
    }
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_SOCKS5_HPP
#define HOLDFAST_ENDPOINTS_SOCKS5_HPP

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
std::unique_ptr<const proxy_client> make_socks5_client(const std::string& proxy, std::string host,
                                                       std::uint16_t port, proxy_options options);
}

/// A target by way of a SOCKS5 proxy (RFC 1928), which is reached over an endpoint of any kind:
/// TCP, a Unix socket, TLS, another proxy.
///
/// The stream is that of the endpoint below: once the target is reached, nothing stands between it
/// and you. A proxy that wants a user and a password is told them (RFC 1929); no other way of
/// authentication is known. What it answers when it refuses is an error of its own, in
/// `phase::proxy`: see `proxy_errc`, and `proxy_condition` for who is to blame. A failure in any
/// phase before that is one of the way to the proxy, and `failure::detail` says so.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
template <endpoint Endpoint>
class socks5_over : public detail::proxy_over<Endpoint>
{
public:
    /// @param proxy How the proxy is reached.
    /// @param host The target: a name, also an internationalised one in UTF-8, or an address.
    /// @throws std::invalid_argument naming what is wrong
    socks5_over(Endpoint proxy, std::string host, std::uint16_t port, proxy_options options = {})
        : socks5_over(to_string(proxy), std::move(proxy), std::move(host), port, std::move(options))
    {
    }

private:
    socks5_over(const std::string& description, Endpoint&& proxy, std::string host,
                std::uint16_t port, proxy_options options)
        : detail::proxy_over<Endpoint>(
              std::move(proxy),
              detail::make_socks5_client(description, std::move(host), port, std::move(options)))
    {
    }
};

/// A target by way of a SOCKS5 proxy over TCP. See `socks5_over` and `tcp`.
///
/// @par Example
/// @code
/// const auto proxy = hf::tcp("proxy", 1080);
/// hf::client_service irc(executor, hf::socks5("irc.example.com", 6667, proxy), ...);
/// @endcode
class socks5 : public socks5_over<tcp>
{
public:
    /// @throws std::invalid_argument naming what is wrong
    socks5(std::string host, std::uint16_t port, tcp proxy, proxy_options options = {})
        : socks5_over(std::move(proxy), std::move(host), port, std::move(options))
    {
    }
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_PROXY_PROTOCOL_HPP
#define HOLDFAST_ENDPOINTS_PROXY_PROTOCOL_HPP

#include <holdfast/detail/proxy_over.hpp>
#include <holdfast/endpoints/tcp.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
/// Which of the two headers of the PROXY protocol is sent.
enum class proxy_protocol_version : unsigned char
{
    v1, ///< A line of text.
    v2, ///< Binary.
};

/// What the header of the PROXY protocol says.
struct proxy_protocol_options
{
    proxy_protocol_version version = proxy_protocol_version::v2;

    /// The addresses that are told, such as `192.0.2.1:4242` or `[2001:db8::1]:443`: both, of one
    /// family, or neither. Empty: those of the connection; where that has none of IP, as a Unix
    /// socket, they are told to be unknown.
    std::string source{};
    std::string destination{}; ///< See `source`.

    /// Whether no addresses are told at all, as of a connection on our own behalf, such as a health
    /// check: LOCAL in version 2, UNKNOWN in version 1.
    bool local = false;

    /// How long sending the header may take. Above zero, at most 9 hours.
    duration timeout = std::chrono::seconds(30);
};

namespace detail
{
std::unique_ptr<const proxy_client> make_proxy_protocol_client(proxy_protocol_options options);
}

/// A server that wants to hear first whom a connection is for (the PROXY protocol of haproxy): the
/// header is the first thing that is sent. Nothing is answered to it; a server that does not want
/// it, or refuses what it says, takes it for what the client says, or hangs up.
///
/// The stream is that of the endpoint below.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
///
/// @par Example
/// @code
/// hf::client_service mail(executor, hf::proxy_protocol_over(hf::tcp("mail.example.com", 25)),
/// ...);
/// @endcode
template <endpoint Endpoint>
class proxy_protocol_over : public detail::proxy_over<Endpoint>
{
public:
    /// A template, so that no conversion to `any_endpoint` is tried where one of these is copied.
    ///
    /// @param below How the server is reached.
    /// @throws std::invalid_argument naming what is wrong
    template <std::same_as<Endpoint> Below>
    explicit proxy_protocol_over(Below below, proxy_protocol_options options = {})
        : detail::proxy_over<Endpoint>(std::move(below),
                                       detail::make_proxy_protocol_client(std::move(options)))
    {
    }
};

template <endpoint Endpoint>
proxy_protocol_over(Endpoint, proxy_protocol_options = {}) -> proxy_protocol_over<Endpoint>;
}

#endif

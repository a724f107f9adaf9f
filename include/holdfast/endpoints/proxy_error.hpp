// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_PROXY_ERROR_HPP
#define HOLDFAST_ENDPOINTS_PROXY_ERROR_HPP

#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>

#include <type_traits>

namespace holdfast
{
/// What a proxy answers, other than yes. Those of SOCKS5 beside those of HTTP CONNECT.
///
/// A proxy that is not reached is none of them: that is an error of the network, in
/// `phase::connect`. One that hangs up gives what the system gives, in `phase::proxy`; one that is
/// silent `errc::proxy_timed_out`. Values are never reused.
enum class proxy_errc
{
    /// What answered does not speak the protocol: it may be no proxy, or one of another kind.
    malformed_answer = 1,

    /// The answer went on for longer than any does.
    answer_too_long = 2,

    /// A user and a password are wanted, and none were given (SOCKS5 method 255; HTTP 407).
    authentication_required = 3,

    /// The user and the password were refused (RFC 1929; HTTP 407 and 401).
    authentication_refused = 4,

    /// Neither no authentication nor a user and a password will do (SOCKS5 method 255).
    no_common_method = 5,

    /// The proxy's rules do not allow it (SOCKS5 reply 2; HTTP 403).
    /// Equals `std::errc::permission_denied`.
    forbidden = 6,

    /// Something went wrong in the proxy, which does not say what (SOCKS5 reply 1; HTTP 500).
    general_failure = 7,

    /// The proxy knows no such command (SOCKS5 reply 7; HTTP 405 and 501).
    command_not_supported = 8,

    /// The proxy takes no address of this kind, such as IPv6 (SOCKS5 reply 8).
    address_not_supported = 9,

    /// The proxy refused with a reply that no standard has, or another status of HTTP.
    refused = 10,

    /// The proxy, or the target, cannot serve at present (HTTP 503): which of them is not said.
    unavailable = 11,

    /// The network of the target is unreachable (SOCKS5 reply 3).
    /// Equals `std::errc::network_unreachable`.
    network_unreachable = 12,

    /// The target is unreachable, or has no address (SOCKS5 reply 4).
    /// Equals `std::errc::host_unreachable`.
    host_unreachable = 13,

    /// The target refused the connection (SOCKS5 reply 5).
    /// Equals `std::errc::connection_refused`.
    target_refused = 14,

    /// The time to live ran out on the way to the target (SOCKS5 reply 6).
    hops_exceeded = 15,

    /// The target was not reached (HTTP 502).
    target_not_reached = 16,

    /// The target was not reached in time (HTTP 504). Equals `std::errc::timed_out`.
    target_timed_out = 17,
};

/// Who is to blame. Compare with `==`. HTTP 503 is neither: it does not say.
enum class proxy_condition
{
    /// The proxy itself would not: its rules, its users, its own failure, or it is no such proxy.
    proxy_refused = 1,

    /// The proxy did what it could, and did not reach the target.
    target_failed = 2,
};

/// The category of `proxy_errc`.
const boost::system::error_category& proxy_category() noexcept;

/// The category of `proxy_condition`.
const boost::system::error_category& proxy_condition_category() noexcept;

/// One plain sentence for an answer of a proxy.
const char* text(proxy_errc e) noexcept;

inline boost::system::error_code make_error_code(proxy_errc e) noexcept
{
    return {static_cast<int>(e), proxy_category()};
}

inline boost::system::error_condition make_error_condition(proxy_condition c) noexcept
{
    return {static_cast<int>(c), proxy_condition_category()};
}
}

template <>
struct boost::system::is_error_code_enum<holdfast::proxy_errc> : std::true_type
{
};

template <>
struct boost::system::is_error_condition_enum<holdfast::proxy_condition> : std::true_type
{
};

#endif

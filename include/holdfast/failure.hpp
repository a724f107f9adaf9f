// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_FAILURE_HPP
#define HOLDFAST_FAILURE_HPP

#include <holdfast/error.hpp>
#include <holdfast/time.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast
{
/// The part of an attempt, or of the connection that came of it, in which something went wrong.
enum class phase : std::uint8_t
{
    lookup,  ///< The name is looked up.
    connect, ///< A socket is connected.
    proxy,   ///< A proxy is asked to go on.
    tls,     ///< The TLS handshake.
    factory, ///< The user's factory makes a protocol.
    prepare, ///< The user's preparation runs.
    session, ///< The connection is made and prepared.
};

/// The name of a phase, as it stands in messages: "lookup", "connect" ...
std::string_view to_string(phase p) noexcept;

/// How one address of a name failed.
struct address_failure
{
    std::string address{}; ///< As text, with the port: `192.0.2.1:80`, `[2001:db8::1]:80`.
    error_code code{};     ///< What the connect to it gave.
    duration took{};       ///< From its first step to its failure.

    bool operator==(const address_failure&) const = default;
};

/// The whole story of one failed attempt, or of one lost connection.
///
/// The same value goes to waiters, observers and logs. It holds nothing secret.
struct failure
{
    /// What happened. Success where a session returned or a peer closed in good order.
    error_code code{};

    /// Where it happened.
    holdfast::phase phase = phase::connect;

    /// The number of the attempt since the service was started, from 1.
    std::uint32_t attempt = 0;

    /// From the begin of the attempt to its failure; from being ready to the loss in `session`.
    duration took{};

    /// Bytes written that the peer's kernel had not acknowledged when the connection was lost.
    std::uint32_t unacknowledged = 0;

    /// Each address that was tried, with its own error; empty where there was only one way to try.
    std::vector<address_failure> addresses{};

    /// What user code threw, if that was the reason.
    std::exception_ptr exception{};

    /// The description of the endpoint, without secrets. May be null.
    std::shared_ptr<const std::string> endpoint{};

    /// What the endpoint has to say beyond the code, such as when a certificate expired. One line;
    /// may be null.
    std::shared_ptr<const std::string> detail{};

    bool operator==(const failure&) const = default;
};

/// One plain sentence that a person can act on, such as
/// `tcp:127.0.0.1:6379: attempt 3 failed in connect after 0.2 ms: Connection refused`.
std::string to_string(const failure& f);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ERROR_HPP
#define HOLDFAST_ERROR_HPP

#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>

#include <type_traits>

namespace holdfast
{
using boost::system::error_code;

/// What this library decides. Errors of the network pass through unchanged.
///
/// Values are never reused.
enum class errc
{
    /// The service is stopped. Equals `std::errc::operation_canceled`.
    stopped = 1,

    /// A connection did not end when asked to; it was cut off and abandoned.
    forced = 2,

    /// The factory refused the connection (it gave no protocol).
    factory_refused = 3,

    /// User code threw something other than a `system_error`.
    exception_thrown = 4,

    /// The name was not looked up in time. Equals `std::errc::timed_out`, as all five do.
    lookup_timed_out = 5,

    /// No connection was made in time.
    connect_timed_out = 6,

    /// The proxy did not do its part in time.
    proxy_timed_out = 7,

    /// The TLS handshake did not end in time.
    tls_timed_out = 8,

    /// The preparation did not end in time.
    prepare_timed_out = 9,

    /// The caller's own limit on a wait ran out. Equals `std::errc::timed_out`.
    wait_timed_out = 10,

    /// The socket was connected to itself: no server listened, and the local port was the same.
    connected_to_itself = 11,

    /// The lock file of a Unix socket is missing or its process is gone: nobody listens.
    no_listener = 12,

    /// Too many lookups are stuck; this one was not begun.
    too_many_lookups = 13,

    /// The name cannot be one: too long, empty, or not valid under IDNA.
    invalid_name = 14,

    /// The name has no address of the family that was asked for.
    no_address = 15,

    /// The server's key is none of those that were pinned. Equals `condition::peer_not_verified`.
    key_not_pinned = 16,

    /// A file with certificates or keys cannot be used any more.
    unusable_files = 17,

    /// The domain says in its DNS that it has no such service.
    no_such_service = 18,

    /// An `event_stream` has one reader at a time, and this is a second one.
    already_reading = 19,
};

/// Groups of errors that are handled alike. Compare with `==`.
enum class condition
{
    /// This machine ran out of descriptors, ports, buffers or memory. The peer is not to blame,
    /// and no policy retries it without a delay.
    local_resource = 1,

    /// The peer is not who it should be, or cannot prove it: its certificate or its key was
    /// refused.
    peer_not_verified = 2,
};

/// The category of `errc`.
const boost::system::error_category& holdfast_category() noexcept;

/// The category of `condition`.
const boost::system::error_category& condition_category() noexcept;

/// One plain sentence for an error of ours.
const char* text(errc e) noexcept;

inline error_code make_error_code(errc e) noexcept
{
    return {static_cast<int>(e), holdfast_category()};
}

inline boost::system::error_condition make_error_condition(condition c) noexcept
{
    return {static_cast<int>(c), condition_category()};
}
}

template <>
struct boost::system::is_error_code_enum<holdfast::errc> : std::true_type
{
};

template <>
struct boost::system::is_error_condition_enum<holdfast::condition> : std::true_type
{
};

#endif

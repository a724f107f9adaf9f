// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_TCP_HPP
#define HOLDFAST_ENDPOINTS_TCP_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace holdfast
{
/// How a `tcp` endpoint connects.
struct tcp_options
{
    /// How long the lookup of the name may take, and after it each address.
    duration timeout = std::chrono::seconds(30);

    /// How long one address of a name is tried before the next one is tried beside it; at least 10
    /// ms.
    duration stagger = std::chrono::milliseconds(250);

    /// The local address to connect from; empty: the system chooses. Restricts the family to its
    /// own.
    std::string bind_address{};

    /// Which addresses of a name are used.
    address_family family = address_family::any;

    /// Whether small writes are sent at once (TCP_NODELAY).
    bool no_delay = true;

    /// How long a peer may be silent that ought to answer, before the connection is taken for lost:
    /// from 4 s up to 9 hours, in whole seconds; none: for ever.
    ///
    /// With D for it: an idle connection is probed after D - 3I and then each I, where I is D / 6
    /// in whole seconds, at least one; it is lost after D of silence (keep-alive). Bytes written
    /// are lost with the connection if none of them is acknowledged within D (TCP_USER_TIMEOUT,
    /// where there is one); so is a peer that lives but takes nothing in for D.
    std::optional<duration> dead_after = std::chrono::seconds(60);
};

/// A TCP server, by name or address.
///
/// A name is looked up anew for each dial and its addresses are raced, as RFC 8305 says: the
/// families take turns, beginning with that of the first address; a new one is tried each
/// `stagger`, or at once when one fails; the first to connect wins. Each failure of an address is
/// told to the report. A literal address is dialled directly.
///
/// A socket that turns out to be connected to itself, as happens on a local port where nobody
/// listens, is closed: `errc::connected_to_itself`.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
class tcp
{
public:
    using stream_type = linked_socket<asio::ip::tcp>;

    /// @param host A name, also an internationalised one in UTF-8, or an address.
    /// @throws std::invalid_argument naming what is wrong
    tcp(std::string host, std::uint16_t port, tcp_options options = {});

    /// The host as it was given.
    const std::string& host() const noexcept;

    /// The host as it is looked up: internationalised labels as `xn--`. What TLS calls the server.
    const std::string& ascii_host() const noexcept;

    std::uint16_t port() const noexcept;
    const tcp_options& options() const noexcept;

    /// Connects. Completes with the error and the connected stream: `errc::lookup_timed_out`,
    /// `too_many_lookups`, `no_address`, `connect_timed_out`, `connected_to_itself`, or what the
    /// system gives; of several addresses, that of the last to fail, and all are in the report.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted` soon, and every socket is closed.
    template <asio::completion_token_for<void(error_code, stream_type)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            start_connect{context.executor}, token, target_, context);
    }

    /// Has the resolver forget the name; see `tell_failed`.
    void failed(const failure& why, resolver& names) const noexcept;

    /// The description: `tcp:host:port`, with the options that differ from the default.
    friend std::string to_string(const tcp& endpoint);

    struct target; // what the endpoints copied from one another share

private:
    struct start_connect
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }
        template <class Handler>
        void operator()(Handler&& done, std::shared_ptr<const target> target,
                        const dial_context& context) const
        {
            start(detail::plain_handler(std::forward<Handler>(done), context.executor),
                  std::move(target), context);
        }
        static void start(asio::any_completion_handler<void(error_code, stream_type&&)> done,
                          std::shared_ptr<const target> target, const dial_context& context);
    };

    std::shared_ptr<const target> target_;
};
}

#endif

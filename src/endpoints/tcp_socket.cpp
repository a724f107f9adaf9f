// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/stream_layers.hpp>

#include "dial_tcp.hpp"
#include "sockets.hpp"

#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace holdfast::detail
{
namespace
{
template <int Name>
using tcp_option = asio::detail::socket_option::integer<IPPROTO_TCP, Name>;

// See tcp_options::dead_after. Nothing is set that the default of the system does as well.
error_code detect_death(tcp_stream& socket, duration dead_after)
{
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    const auto whole = std::chrono::duration_cast<seconds>(dead_after);
    const auto interval = std::max(seconds(1), whole / 6);
    const auto idle = whole - 3 * interval;
    error_code ec;
    const auto set = [&](const auto& option)
    {
        if (!ec)
            socket.set_option(option, ec);
    };
#if defined(TCP_KEEPIDLE)
    set(tcp_option<TCP_KEEPIDLE>(static_cast<int>(idle.count())));
#elif defined(TCP_KEEPALIVE)
    set(tcp_option<TCP_KEEPALIVE>(static_cast<int>(idle.count())));
#endif
    set(tcp_option<TCP_KEEPINTVL>(static_cast<int>(interval.count())));
#if defined(TCP_USER_TIMEOUT)
    // It also takes the place of the number of probes. A little less than the whole, so that it has
    // passed for certain when the third probe is due for an answer, at the whole.
    set(tcp_option<TCP_USER_TIMEOUT>(
        static_cast<int>((whole - milliseconds(interval) / 2).count())));
#else
    set(tcp_option<TCP_KEEPCNT>(3));
#endif
    set(asio::socket_base::keep_alive(true));
    return ec;
}
}

void tell_connect(dial_trace& to, const asio::ip::tcp::endpoint& peer, time_point began,
                  time_point ended, error_code ec, std::string detail)
{
    to.step({.phase = phase::connect,
             .what = "connect to " + address_text(peer),
             .began = began,
             .ended = ended,
             .code = ec,
             .detail = std::move(detail)});
}

error_code prepare_socket(tcp_stream& socket, const tcp::target& target,
                          const asio::ip::address& address)
{
    error_code ec = open(socket, address.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4());
    if (ec || !target.local)
        return ec;
#if defined(IP_BIND_ADDRESS_NO_PORT)
    // The port is chosen when the peer is known: the ports of one address serve many peers each.
    ec = socket.set_option(
        asio::detail::socket_option::boolean<IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT>(true), ec);
    if (!ec)
#endif
        ec = socket.bind({*target.local, 0}, ec);
    return ec;
}

// Only now: a socket that does not connect costs nothing more.
error_code finish_socket(tcp_stream& socket, const tcp::target& target,
                         const asio::ip::tcp::endpoint& peer)
{
    error_code ec;
    const auto local = socket.local_endpoint(ec);
    if (ec)
        return ec;
    if (local.port() == peer.port() && local.address() == peer.address())
        return errc::connected_to_itself;
    if (target.options.no_delay)
        ec = socket.set_option(asio::ip::tcp::no_delay(true), ec);
    if (!ec && target.options.dead_after)
        ec = detect_death(socket, *target.options.dead_after);
    return ec;
}
}

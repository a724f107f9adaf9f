// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_DIAL_TCP_HPP
#define HOLDFAST_SRC_ENDPOINTS_DIAL_TCP_HPP

#include <holdfast/detail/dial_op.hpp>
#include <holdfast/endpoints/tcp.hpp>

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>

namespace holdfast
{
struct tcp::target
{
    std::string host;
    std::string ascii_host;
    std::uint16_t port;
    tcp_options options;
    std::optional<asio::ip::address> literal{};
    std::optional<asio::ip::address> local{};
};

namespace detail
{
using tcp_stream = tcp::stream_type;
using tcp_dial = dial_op<tcp_stream>;

/// Opens a socket for `address`, bound as the target wishes.
error_code prepare_socket(tcp_stream& socket, const tcp::target& target,
                          const asio::ip::address& address);

/// Checks a socket that has connected to `peer`, and gives it its options.
error_code finish_socket(tcp_stream& socket, const tcp::target& target,
                         const asio::ip::tcp::endpoint& peer);

/// Tells of the connect to `peer`, which has ended, where somebody asks.
void tell_connect(dial_trace& to, const asio::ip::tcp::endpoint& peer, time_point began,
                  time_point ended, error_code ec, std::string detail = {});

/// One address, known beforehand.
void dial_literal(tcp_dial::handler done, const dial_context& context,
                  std::shared_ptr<const tcp::target> target);

/// A name: looked up, then raced.
void dial_name(tcp_dial::handler done, const dial_context& context,
               std::shared_ptr<const tcp::target> target);
}
}

#endif

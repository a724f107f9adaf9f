// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_PROXY_HEADER_HPP
#define HOLDFAST_SRC_ENDPOINTS_PROXY_HEADER_HPP

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>

namespace holdfast::detail
{
/// The two ends of a connection, both of one family.
struct proxied_connection
{
    boost::asio::ip::tcp::endpoint source;
    boost::asio::ip::tcp::endpoint destination;
};

/// An address and a port, as `address_text` writes them.
std::optional<boost::asio::ip::tcp::endpoint> parse_address(const std::string& text);

/// The header of version 1; UNKNOWN without a connection.
std::string proxy_header_v1(const std::optional<proxied_connection>& c);

/// The header of version 2: PROXY, its addresses unspecified without a connection; or LOCAL.
std::string proxy_header_v2(const std::optional<proxied_connection>& c, bool local);
}

#endif

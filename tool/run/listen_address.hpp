// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_LISTEN_ADDRESS_HPP
#define HOLDFAST_TOOL_RUN_LISTEN_ADDRESS_HPP

#include <boost/asio/generic/stream_protocol.hpp>

#include <string>

namespace tool
{
namespace asio = boost::asio;

/// Reads where to listen: `127.0.0.1:5000`, `[::1]:5000` or `unix:PATH`.
///
/// @throws std::invalid_argument with one line, also for what others could reach
asio::generic::stream_protocol::endpoint listen_address(const std::string& text);
}

#endif

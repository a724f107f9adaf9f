// SPDX-License-Identifier: BSL-1.0
#include <holdfast/any_stream.hpp>

namespace holdfast::detail
{
std::string peer_text(const asio::ip::tcp::endpoint& peer)
{
    const auto address = peer.address().to_string();
    return (peer.address().is_v6() ? '[' + address + ']' : address) + ':' +
           std::to_string(peer.port());
}

std::string peer_text(const asio::local::stream_protocol::endpoint& peer)
{
    return peer.path();
}
}

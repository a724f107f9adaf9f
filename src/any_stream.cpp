// SPDX-License-Identifier: BSL-1.0
#include <holdfast/any_stream.hpp>

namespace holdfast::detail
{
std::string address_text(const asio::ip::address& address, unsigned port)
{
    const auto text = address.to_string();
    return (address.is_v6() ? '[' + text + ']' : text) + ':' + std::to_string(port);
}
}

// SPDX-License-Identifier: BSL-1.0
#include "run/listen_address.hpp"

#include "error.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <charconv>

namespace tool
{
asio::generic::stream_protocol::endpoint listen_address(const std::string& text)
{
    const auto wrong = [&](std::string_view why)
    {
        return std::invalid_argument(quoted(text) + " " + std::string(why) +
                                     "; it must be like 127.0.0.1:5000, [::1]:5000 or unix:PATH");
    };
    if (text.starts_with("unix:"))
    {
        const auto path = text.substr(5);
        if (path.empty() || path.size() > 107)
            throw wrong("has no path of 1 to 107 bytes");
        return asio::local::stream_protocol::endpoint(path);
    }
    const auto colon = text.rfind(':');
    if (colon == text.npos)
        throw wrong("has no port");
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    unsigned port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
    if (error != std::errc() || stop != end || port > 65'535)
        throw wrong("has no port from 0 to 65535");
    error_code ec;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, ec);
    if (ec)
        throw wrong("has no address");
    if (!address.is_loopback())
        throw wrong("could be reached from elsewhere");
    return asio::ip::tcp::endpoint(address, static_cast<unsigned short>(port));
}
}

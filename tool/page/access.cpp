// SPDX-License-Identifier: BSL-1.0
#include "access.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tool
{
namespace
{
/// The bytes that base64 stands for; nothing where it is none.
std::optional<std::string> from_base64(std::string_view text)
{
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (text.ends_with('='))
        text.remove_suffix(1);
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text)
    {
        const auto digit = digits.find(c);
        if (digit == digits.npos)
            return std::nullopt;
        bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xFFFF;
        count += 6;
        if (count >= 8)
        {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return bytes;
}

/// Whether they are equal. How long it takes tells no more than the length of `given`.
bool equal(std::string_view given, std::string_view secret)
{
    unsigned char difference = given.size() == secret.size() ? 0 : 1;
    for (std::size_t at = 0; at < given.size(); ++at)
        difference |= static_cast<unsigned char>(given[at] ^ secret[at % secret.size()]);
    return difference == 0;
}

/// Takes `scheme` and the spaces after it from the front of `field`.
bool take_scheme(std::string_view& field, std::string_view scheme)
{
    if (!boost::algorithm::istarts_with(field, scheme))
        return false;
    field.remove_prefix(scheme.size());
    const auto spaces = std::min(field.find_first_not_of(' '), field.size());
    field.remove_prefix(spaces);
    return spaces != 0;
}
}

access::access(std::string token, bool local) : token_(std::move(token)), local_(local)
{
    if (token_.empty())
        return;
    if (token_.size() < token_min)
        throw std::invalid_argument("status_token: has " + std::to_string(token_.size()) +
                                    " characters, at least 16 are expected; make one with "
                                    "`openssl rand -hex 16`");
    const auto fits = [](char c) { return c > ' ' && c < '\x7f'; };
    if (!std::all_of(token_.begin(), token_.end(), fits))
        throw std::invalid_argument("status_token: has a space, a control character or one that is "
                                    "not ASCII; make one with `openssl rand -hex 16`");
}

bool access::admits(std::string_view authorization) const
{
    if (token_.empty())
        return true;
    if (take_scheme(authorization, "Bearer"))
        return equal(authorization, token_);
    if (!take_scheme(authorization, "Basic"))
        return false;
    const auto pair = from_base64(authorization);
    const auto colon = pair ? pair->find(':') : std::string::npos;
    return colon != std::string::npos && equal(std::string_view(*pair).substr(colon + 1), token_);
}

bool access::knows_host(std::string_view host) const
{
    if (!local_)
        return true;
    const auto colon = std::min(host.rfind(':'), host.size());
    if (host.find_first_not_of("0123456789", colon + 1) == host.npos)
        host = host.substr(0, colon); // without its port
    if (boost::algorithm::iequals(host, "localhost"))
        return true;
    boost::system::error_code none;
    if (host.starts_with('[') && host.ends_with(']'))
    {
        const std::string inside(host.substr(1, host.size() - 2));
        return boost::asio::ip::make_address_v6(inside, none).is_loopback();
    }
    return boost::asio::ip::make_address_v4(std::string(host), none).is_loopback();
}
}

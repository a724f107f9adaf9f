// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/proxy_protocol.hpp>

#include <holdfast/duration.hpp>
#include <holdfast/endpoints/description.hpp>

#include "description_parts.hpp"
#include "proxy_header.hpp"
#include "tunnel.hpp"

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace holdfast::detail
{
namespace
{
using namespace std::chrono_literals;
using endpoint_type = asio::ip::tcp::endpoint;

[[noreturn]] void refuse(const std::string& what)
{
    throw std::invalid_argument("proxy-protocol: " + what);
}

endpoint_type required_address(const char* name, const std::string& text)
{
    const auto address = parse_address(text);
    if (!address)
        refuse(std::string(name) + ' ' + shown(text) +
               " is not an address with a port, such as 192.0.2.1:80 or [2001:db8::1]:80");
    return *address;
}

std::optional<proxied_connection> connection(const std::optional<endpoint_type>& source,
                                             const std::optional<endpoint_type>& destination)
{
    if (!source || !destination || source->protocol() != destination->protocol())
        return std::nullopt;
    return proxied_connection{*source, *destination};
}

void append_number(std::string& bytes, std::size_t number)
{
    bytes += static_cast<char>(number >> 8 & 0xff);
    bytes += static_cast<char>(number & 0xff);
}

void append_address(std::string& bytes, const asio::ip::address& address)
{
    const auto append = [&](const auto& b) { bytes.append(b.begin(), b.end()); };
    address.is_v6() ? append(address.to_v6().to_bytes()) : append(address.to_v4().to_bytes());
}

/// Sends the header, and that is all.
class header_dialogue final : public proxy_dialogue
{
public:
    explicit header_dialogue(std::string header) : header_(std::move(header)) {}

    proxy_step begin() override { return {.write = std::move(header_)}; }
    proxy_step received(std::string_view) override { return {}; } // nothing is asked for

private:
    std::string header_;
};

class proxy_protocol_client final : public proxy_client
{
public:
    explicit proxy_protocol_client(proxy_protocol_options o) : options_(std::move(o))
    {
        if (options_.timeout <= 0s || options_.timeout > 9h)
            refuse("timeout " + to_string(options_.timeout) + " is not between zero and 9 hours");
        const bool source = !options_.source.empty();
        if (source != !options_.destination.empty())
            refuse(source ? "source is given, and so destination must be"
                          : "destination is given, and so source must be");
        if (!source)
            return;
        const auto from = required_address("source", options_.source);
        given_ = connection(from, required_address("destination", options_.destination));
        if (!given_)
            refuse("destination is not of the family of source");
        if (options_.local)
            refuse("local means that no addresses are told, and source is given");
    }

    bool wants_addresses() const noexcept override { return !given_ && !options_.local; }
    duration timeout() const noexcept override { return options_.timeout; }
    std::string act() const override { return "send the header of the PROXY protocol"; }

    std::unique_ptr<proxy_dialogue> begin(const proxy_occasion& occasion) const override
    {
        auto c = given_;
        if (wants_addresses())
            c = connection(parse_address(occasion.local), parse_address(occasion.remote));
        return std::make_unique<header_dialogue>(options_.version == proxy_protocol_version::v1
                                                     ? proxy_header_v1(c)
                                                     : proxy_header_v2(c, options_.local));
    }

    std::string describe(const std::string& below) const override
    {
        const proxy_protocol_options usual;
        std::string text = "proxy-protocol:";
        if (plain_tcp(below))
            text += below.substr(std::string_view("tcp:").size());
        else
            text += "endpoint=" + quote(below);
        if (options_.version != usual.version)
            text += ":version=1";
        if (!options_.source.empty())
            text +=
                ":source=" + quote(options_.source) + ":destination=" + quote(options_.destination);
        if (options_.local)
            text += ":local=1";
        if (options_.timeout != usual.timeout)
            text += ":timeout=" + to_string(options_.timeout);
        return text;
    }

private:
    const proxy_protocol_options options_;
    std::optional<proxied_connection> given_;
};
}

std::optional<endpoint_type> parse_address(const std::string& text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || text.find('\0') != std::string::npos)
        return std::nullopt;
    auto host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data() + colon + 1, end, port);
    if (not_an_address || address.is_v6() != bracketed || failure != std::errc() || rest != end)
        return std::nullopt;
    if (address.is_v6()) // the zone is of this machine only
        return endpoint_type(asio::ip::address_v6(address.to_v6().to_bytes()), port);
    return endpoint_type(address, port);
}

std::string proxy_header_v1(const std::optional<proxied_connection>& c)
{
    if (!c)
        return "PROXY UNKNOWN\r\n";
    return std::string("PROXY ") + (c->source.address().is_v6() ? "TCP6 " : "TCP4 ") +
           c->source.address().to_string() + ' ' + c->destination.address().to_string() + ' ' +
           std::to_string(c->source.port()) + ' ' + std::to_string(c->destination.port()) + "\r\n";
}

std::string proxy_header_v2(const std::optional<proxied_connection>& c, bool local)
{
    constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
    constexpr char version_local = 0x20, version_proxy = 0x21;
    constexpr char unspecified = 0x00, tcp4 = 0x11, tcp6 = 0x21;
    std::string addresses;
    char family = unspecified;
    if (c && !local)
    {
        family = c->source.address().is_v6() ? tcp6 : tcp4;
        append_address(addresses, c->source.address());
        append_address(addresses, c->destination.address());
        append_number(addresses, c->source.port());
        append_number(addresses, c->destination.port());
    }
    std::string header(signature);
    header += local ? version_local : version_proxy;
    header += family;
    append_number(header, addresses.size());
    return header + addresses;
}

std::unique_ptr<const proxy_client> make_proxy_protocol_client(proxy_protocol_options options)
{
    return std::make_unique<const proxy_protocol_client>(std::move(options));
}
}

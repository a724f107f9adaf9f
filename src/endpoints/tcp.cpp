// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/tcp.hpp>

#include <holdfast/duration.hpp>
#include <holdfast/endpoints/description.hpp>

#include "../host_name.hpp"
#include "description_parts.hpp"
#include "dial_tcp.hpp"

#include <algorithm>
#include <stdexcept>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;

constexpr duration length_max = 9h; // what the kernel takes for keep-alive, with room to spare

[[noreturn]] void refuse(const std::string& what)
{
    throw std::invalid_argument("tcp: " + what);
}

std::optional<asio::ip::address> literal(const std::string& text)
{
    if (text.find('\0') != std::string::npos) // Asio would read up to there
        return std::nullopt;
    error_code not_an_address;
    const auto address = asio::ip::make_address(text, not_an_address);
    return not_an_address ? std::nullopt : std::optional(address);
}

bool is_of(const asio::ip::address& address, address_family family)
{
    return family == address_family::any || address.is_v6() == (family == address_family::ipv6);
}

void check(const tcp_options& o)
{
    if (o.timeout <= 0s)
        refuse("timeout " + to_string(o.timeout) + " is not above zero");
    if (o.timeout > length_max)
        refuse("timeout " + to_string(o.timeout) + " is above 9 hours");
    if (o.stagger < 10ms)
        refuse("stagger " + to_string(o.stagger) + " is below 10 ms");
    if (o.stagger > length_max)
        refuse("stagger " + to_string(o.stagger) + " is above 9 hours");
    if (o.dead_after && (*o.dead_after < 4s || *o.dead_after > length_max))
        refuse("dead_after " + to_string(*o.dead_after) + " is not between 4 s and 9 hours");
}

/// A host as one argument. Brackets are easier to read than escapes, but a zone may hold what ends
/// them: it is whatever follows the `%`.
std::string in_brackets(const std::string& host)
{
    const auto zone = std::min(host.find('%'), host.size());
    const bool plain = host.find_first_of("[]:=\\", zone) == std::string::npos;
    return host.find(':') != std::string::npos && plain ? '[' + host + ']' : quote(host);
}
}

tcp::tcp(std::string host, std::uint16_t port, tcp_options options)
{
    auto t = std::make_shared<target>();
    t->port = port;
    if (port == 0)
        refuse("port 0 cannot be connected to");
    check(options);
    if (!options.bind_address.empty())
    {
        t->local = literal(options.bind_address);
        if (!t->local)
            refuse("bind_address " + detail::shown(options.bind_address) + " is not an IP address");
        if (!is_of(*t->local, options.family))
            refuse("bind_address " + detail::shown(options.bind_address) + " is not of the family");
        options.family = t->local->is_v6() ? address_family::ipv6 : address_family::ipv4;
    }
    t->literal = literal(host);
    if (t->literal)
    {
        if (!is_of(*t->literal, options.family))
            refuse("host " + detail::shown(host) + " is not of the family of the other options");
        t->ascii_host = host;
    }
    else
    {
        detail::ascii_name name = detail::to_ascii_name(host);
        if (name.problem != nullptr)
            refuse("host " + detail::shown(host) + " is not valid: " + name.problem);
        t->ascii_host = std::move(name.text);
    }
    t->host = std::move(host);
    t->options = std::move(options);
    target_ = std::move(t);
}

const std::string& tcp::host() const noexcept
{
    return target_->host;
}

const std::string& tcp::ascii_host() const noexcept
{
    return target_->ascii_host;
}

std::uint16_t tcp::port() const noexcept
{
    return target_->port;
}

const tcp_options& tcp::options() const noexcept
{
    return target_->options;
}

void tcp::failed(const failure&, resolver& names) const noexcept
{
    if (!target_->literal)
        names.forget(target_->ascii_host);
}

void tcp::start_connect::start(asio::any_completion_handler<void(error_code, stream_type&&)> done,
                               std::shared_ptr<const target> target, const dial_context& context)
{
    if (target->literal)
        detail::dial_literal(std::move(done), context, std::move(target));
    else
        detail::dial_name(std::move(done), context, std::move(target));
}

std::string to_string(const tcp& endpoint)
{
    const tcp_options usual;
    const tcp_options& o = endpoint.options();
    std::string text =
        "tcp:" + in_brackets(endpoint.host()) + ':' + std::to_string(endpoint.port());
    if (o.timeout != usual.timeout)
        text += ":timeout=" + to_string(o.timeout);
    if (o.stagger != usual.stagger)
        text += ":stagger=" + to_string(o.stagger);
    if (!o.bind_address.empty())
        text += ":bindAddress=" + quote(o.bind_address);
    else if (o.family != usual.family) // a local address says it already
        text += o.family == address_family::ipv4 ? ":family=ipv4" : ":family=ipv6";
    if (o.no_delay != usual.no_delay)
        text += ":noDelay=0";
    if (o.dead_after != usual.dead_after)
        text += ":deadAfter=" + (o.dead_after ? to_string(*o.dead_after) : std::string("never"));
    return text;
}
}

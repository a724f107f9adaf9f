// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/http_connect.hpp>
#include <holdfast/endpoints/proxy_protocol.hpp>
#include <holdfast/endpoints/socks5.hpp>

#include "description_parts.hpp"
#include "standard_endpoints.hpp"
#include "tunnel.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace holdfast::detail
{
namespace
{
/// Makes the endpoint; what that refuses, `socks5: user ...`, is told of the argument of that name.
template <class Make>
any_endpoint checked(const argument_reader& arguments, Make make)
{
    try
    {
        return make();
    }
    catch (const std::invalid_argument& refusal)
    {
        std::string reason = refusal.what();
        reason.erase(0, reason.find(": ") + 2);
        arguments.refuse_because(reason.substr(0, reason.find_first_of(" :")), reason);
    }
}

/// `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`.
std::optional<std::pair<std::string, std::uint16_t>> host_and_port(std::string_view text)
{
    std::string_view host = text.substr(0, text.find(':'));
    if (text.starts_with('['))
    {
        const auto end = text.rfind(']'); // a zone may hold any other
        if (end == text.npos)
            return std::nullopt;
        host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
    }
    else
        text.remove_prefix(host.size());
    std::uint16_t port = proxy_port;
    if (!text.empty())
    {
        const auto* const end = text.data() + text.size();
        const auto [rest, failure] = std::from_chars(text.data() + 1, end, port);
        if (text.front() != ':' || failure != std::errc() || rest != end || port == 0)
            return std::nullopt;
    }
    return std::pair(std::string(host), port);
}

tcp read_proxy(const argument_reader& arguments)
{
    const auto& text = arguments.text("proxy");
    const auto proxy = host_and_port(text);
    if (!proxy)
        arguments.refuse("proxy",
                         R"(HOST\:PORT; an IPv6 address stands in brackets: [\:\:1]\:1080)");
    try
    {
        return {proxy->first, proxy->second};
    }
    catch (const std::invalid_argument& refusal) // it begins with `tcp: `
    {
        arguments.refuse_because("proxy", "the proxy's " + std::string(refusal.what()).substr(5));
    }
}

proxy_options read_options(const argument_reader& arguments)
{
    proxy_options o;
    if (arguments.find("user") != nullptr)
        o.user = arguments.text("user");
    if (const auto* const password = arguments.find("password"))
        o.password = password->value;
    if (const auto where = arguments.choice("resolve", {"proxy", "here"}))
        o.resolve_here = *where == 1;
    if (const auto timeout = arguments.length_of_time("timeout"))
        o.timeout = *timeout;
    return o;
}

/// A colon that has no backslash makes of `proxy=HOST:PORT` two arguments.
void refuse_unescaped_port(const description& d)
{
    if (d.positional.size() <= 2) // the host and the port of the target
        return;
    const auto& last = d.positional.back();
    for (const auto& k : d.keywords)
        if (k.key == "proxy" && k.value.column < last.column)
            throw description_error(d.text, last.column,
                                    "a colon within proxy= has a backslash before it: "
                                    "proxy=HOST\\:PORT");
}

template <class OverTcp, class OverAny>
any_endpoint make_tunnel(const description& d, const registry& known, OverTcp over_tcp,
                         OverAny over_any)
{
    refuse_unescaped_port(d);
    const argument_reader arguments(
        d, {"host", "port"}, {"proxy", "endpoint", "user", "password", "resolve", "timeout"});
    const auto& host = arguments.text("host");
    const auto port = arguments.port("port");
    const auto options = read_options(arguments);
    const auto* const inner = arguments.find("endpoint");
    const bool proxy = arguments.find("proxy") != nullptr;
    if (proxy && inner != nullptr)
        arguments.refuse_because("endpoint", "endpoint= says how to reach the proxy, and so does "
                                             "proxy=; give one of them");
    if (inner != nullptr)
    {
        auto below = known.make_within(d, *inner);
        return checked(arguments, [&] { return over_any(std::move(below), host, port, options); });
    }
    if (!proxy)
        arguments.refuse_because("proxy",
                                 R"(proxy is missing; expected proxy=HOST\:PORT, or endpoint= )"
                                 "with a description of how to reach it");
    auto below = read_proxy(arguments);
    return checked(arguments, [&] { return over_tcp(host, port, std::move(below), options); });
}
}

any_endpoint make_socks5(const description& d, const registry& known)
{
    return make_tunnel(
        d, known, [](const auto& host, auto port, tcp below, const auto& options) -> any_endpoint
        { return socks5(host, port, std::move(below), options); },
        [](any_endpoint below, const auto& host, auto port, const auto& options) -> any_endpoint
        { return socks5_over(std::move(below), host, port, options); });
}

any_endpoint make_http_connect(const description& d, const registry& known)
{
    return make_tunnel(
        d, known, [](const auto& host, auto port, tcp below, const auto& options) -> any_endpoint
        { return http_connect(host, port, std::move(below), options); },
        [](any_endpoint below, const auto& host, auto port, const auto& options) -> any_endpoint
        { return http_connect_over(std::move(below), host, port, options); });
}

any_endpoint make_proxy_protocol(const description& d, const registry& known)
{
    const argument_reader arguments(
        d, {"host", "port"}, {"endpoint", "version", "source", "destination", "local", "timeout"});
    proxy_protocol_options o;
    if (const auto version = arguments.choice("version", {"1", "2"}))
        o.version = *version == 0 ? proxy_protocol_version::v1 : proxy_protocol_version::v2;
    if (arguments.find("source") != nullptr)
        o.source = arguments.text("source");
    if (arguments.find("destination") != nullptr)
        o.destination = arguments.text("destination");
    o.local = arguments.flag("local").value_or(false);
    if (const auto timeout = arguments.length_of_time("timeout"))
        o.timeout = *timeout;

    const auto* const inner = arguments.find("endpoint");
    if (inner == nullptr)
    {
        const tcp below = read_tcp(arguments);
        return checked(arguments, [&]() -> any_endpoint { return proxy_protocol_over(below, o); });
    }
    for (const auto* const name : {"host", "port"})
        if (arguments.find(name) != nullptr)
            arguments.refuse_because(name, std::string(name) + " is for tcp; it belongs into the "
                                                               "description after endpoint=");
    const auto below = known.make_within(d, *inner);
    return checked(arguments, [&]() -> any_endpoint { return proxy_protocol_over(below, o); });
}
}

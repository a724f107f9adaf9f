// SPDX-License-Identifier: BSL-1.0
#include "tunnel.hpp"

#include <holdfast/duration.hpp>
#include <holdfast/endpoints/description.hpp>
#include <holdfast/endpoints/http_connect.hpp>
#include <holdfast/endpoints/socks5.hpp>

#include "../host_name.hpp"
#include "description_parts.hpp"
#include "http_connect_dialogue.hpp"
#include "socks5_dialogue.hpp"

#include <algorithm>
#include <stdexcept>

namespace holdfast::detail
{
namespace
{
using namespace std::chrono_literals;

constexpr std::size_t secret_max = 255; // what SOCKS5 has room for

std::optional<asio::ip::address> address_of(const std::string& text)
{
    if (text.find('\0') != std::string::npos) // Asio would read up to there
        return std::nullopt;
    error_code not_an_address;
    const auto address = asio::ip::make_address(text, not_an_address);
    return not_an_address ? std::nullopt : std::optional(address);
}

std::string in_brackets(const std::string& host)
{
    return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

std::string with_port(const std::string& host, std::uint16_t port)
{
    return in_brackets(host) + ':' + std::to_string(port);
}

class socks5_client final : public tunnel_client
{
public:
    socks5_client(const std::string& proxy, std::string host, std::uint16_t port, proxy_options o)
        : tunnel_client("socks5", "SOCKS5", proxy, std::move(host), port, std::move(o))
    {
    }

    std::unique_ptr<proxy_dialogue> begin(const proxy_occasion& occasion) const override
    {
        socks5_dialogue::question q{
            .port = port(), .user = options().user, .password = options().password};
        if (literal())
            q.host = *literal();
        else if (occasion.target)
            q.host = *occasion.target;
        else
            q.host = host();
        return std::make_unique<socks5_dialogue>(std::move(q));
    }
};

class http_connect_client final : public tunnel_client
{
public:
    http_connect_client(const std::string& proxy, std::string host, std::uint16_t port,
                        proxy_options o)
        : tunnel_client("http-connect", "HTTP", proxy, std::move(host), port, std::move(o))
    {
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
        if (options().user.find(':') != std::string::npos)
            refuse("user has a colon, which Basic has no way to tell");
        if (std::ranges::any_of(options().user + options().password, is_control))
            refuse("user and password: Basic has no control characters");
    }

    std::unique_ptr<proxy_dialogue> begin(const proxy_occasion& occasion) const override
    {
        return std::make_unique<http_connect_dialogue>(http_connect_dialogue::question{
            .target = with_port(occasion.target ? occasion.target->to_string() : host(), port()),
            .user = options().user,
            .password = options().password});
    }
};
}

std::optional<std::string> plain_tcp(const std::string& below)
{
    if (!below.starts_with("tcp:"))
        return std::nullopt;
    try
    {
        const auto d = parse_description(below);
        if (d.positional.size() == 2 && d.keywords.empty())
            return in_brackets(d.positional[0].value) + ':' + d.positional[1].value;
    }
    catch (const description_error&) // of an endpoint of somebody else's
    {
    }
    return std::nullopt;
}

tunnel_client::tunnel_client(const char* kind, const char* name, const std::string& proxy,
                             std::string host, std::uint16_t port, proxy_options options)
    : kind_(kind)
    , name_(name)
    , host_(std::move(host))
    , port_(port)
    , options_(std::move(options))
    , literal_(address_of(host_))
    , ascii_host_(host_)
{
    if (port_ == 0)
        refuse("port 0 cannot be connected to");
    if (literal_ && host_.find('%') != std::string::npos)
        refuse("host " + shown(host_) + " has a zone, which means nothing to a proxy");
    if (!literal_)
    {
        ascii_name as = to_ascii_name(host_);
        if (as.problem != nullptr)
            refuse("host " + shown(host_) + " is not valid: " + as.problem);
        ascii_host_ = std::move(as.text);
    }
    if (options_.timeout <= 0s || options_.timeout > 9h)
        refuse("timeout " + to_string(options_.timeout) + " is not between zero and 9 hours");
    if (options_.user.empty() && !options_.password.empty())
        refuse("password: there is no user that it is of");
    if (options_.user.size() > secret_max)
        refuse("user has more than 255 bytes");
    if (options_.password.size() > secret_max)
        refuse("password has more than 255 bytes");
    not_reached_ = std::make_shared<const std::string>("the proxy " + proxy + " was not reached");
    asked_ = std::make_shared<const std::string>("the proxy was asked for " +
                                                 with_port(ascii_host_, port_));
}

void tunnel_client::refuse(const std::string& what) const
{
    throw std::invalid_argument(std::string(kind_) + ": " + what);
}

std::string tunnel_client::lookup_name() const
{
    return options_.resolve_here && !literal_ ? ascii_host_ : std::string();
}

std::string tunnel_client::act() const
{
    return "ask the " + std::string(name_) + " proxy for " + with_port(ascii_host_, port_);
}

std::string tunnel_client::describe(const std::string& below) const
{
    const proxy_options usual;
    const auto host = literal_ ? in_brackets(host_) : quote(host_);
    std::string text = kind_ + (':' + host) + ':' + std::to_string(port_);
    if (const auto proxy = plain_tcp(below))
        text += ":proxy=" + quote(*proxy);
    else
        text += ":endpoint=" + quote(below);
    if (options_.resolve_here)
        text += ":resolve=here";
    if (options_.timeout != usual.timeout)
        text += ":timeout=" + to_string(options_.timeout);
    if (!options_.user.empty())
        text += ":user=" + quote(options_.user);
    if (!options_.password.empty())
        text += ":password=***";
    return text;
}

std::unique_ptr<const proxy_client> make_socks5_client(const std::string& proxy, std::string host,
                                                       std::uint16_t port, proxy_options options)
{
    return std::make_unique<const socks5_client>(proxy, std::move(host), port, std::move(options));
}

std::unique_ptr<const proxy_client> make_http_connect_client(const std::string& proxy,
                                                             std::string host, std::uint16_t port,
                                                             proxy_options options)
{
    return std::make_unique<const http_connect_client>(proxy, std::move(host), port,
                                                       std::move(options));
}
}

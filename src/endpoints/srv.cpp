// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/srv.hpp>

#include <holdfast/duration.hpp>
#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/description.hpp>

#include "../cares/dns_query.hpp"
#include "../host_name.hpp"
#include "description_parts.hpp"
#include "dial_srv.hpp"
#include "standard_endpoints.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>
#include <string_view>

namespace holdfast
{
namespace
{
constexpr std::array tcp_keys{"timeout", "bindAddress", "stagger",
                              "family",  "noDelay",     "deadAfter"};

[[noreturn]] void refuse(const std::string& what)
{
    throw std::invalid_argument("srv: " + what);
}

std::uint64_t entropy()
{
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

/// The name as it is looked up.
std::string checked_name(const std::string& name)
{
    detail::ascii_name ascii = detail::to_ascii_name(name);
    if (ascii.problem != nullptr)
        refuse("name " + detail::shown(name) + " is not valid: " + ascii.problem);
    const auto dot = ascii.text.find('.');
    if (!ascii.text.starts_with('_') || dot == std::string::npos ||
        ascii.text.find('.', dot + 1) == std::string::npos || ascii.text[dot + 1] != '_')
        refuse("name " + detail::shown(name) +
               " is not one of a service, such as _xmpp-client._tcp.example.org");
    return std::move(ascii.text);
}

std::string joined(const std::vector<std::string>& parts)
{
    std::string text;
    for (const auto& part : parts)
        text += (text.empty() ? "" : ",") + part;
    return text;
}

std::vector<std::string> split(const std::string& text)
{
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();)
    {
        const auto end = std::min(text.find(',', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}
}

srv::target::target(std::string given, std::string ascii, srv_options o)
    : name(std::move(given))
    , ascii_name(std::move(ascii))
    , options(std::move(o))
    , dns(std::make_shared<const detail::dns_settings>(options.dns))
    , memory(entropy())
{
}

srv::srv(std::string name, srv_options options)
{
    auto ascii = checked_name(name);
    const tcp checked("server.invalid", 1,
                      options.tcp); // refuses what no server can be dialled with
    target_ = std::make_shared<const target>(std::move(name), std::move(ascii), std::move(options));
}

const std::string& srv::name() const noexcept
{
    return target_->name;
}

const srv_options& srv::options() const noexcept
{
    return target_->options;
}

void srv::failed(const failure&, resolver& names) const noexcept
{
    for (const auto& r : target_->memory.forget())
        names.forget(r.target);
}

void srv::start_connect::start(asio::any_completion_handler<void(error_code, stream_type&&)> done,
                               std::shared_ptr<const target> target, const dial_context& context)
{
    detail::dial_srv(std::move(done), context, std::move(target));
}

std::string to_string(const srv& endpoint)
{
    const auto& o = endpoint.options();
    std::string text = "srv:" + quote(endpoint.name());
    // The options of TCP are printed as TCP prints them.
    const auto as_tcp = to_string(tcp("h", 1, o.tcp));
    text += as_tcp.substr(std::string_view("tcp:h:1").size());
    if (!o.dns.servers.empty())
        text += ":servers=" + quote(joined(o.dns.servers));
    return text;
}

namespace
{
/// The options of TCP among the arguments, read as TCP reads them.
tcp_options read_tcp_options(const description& d)
{
    description as_tcp{.prefix = d.prefix,
                       .positional = {{"server.invalid"}, {"1"}},
                       .text = d.text.empty() ? to_string(d) : d.text};
    for (const auto& k : d.keywords)
        if (std::ranges::find(tcp_keys, k.key) != tcp_keys.end())
            as_tcp.keywords.push_back(k);
    return detail::read_tcp(argument_reader(as_tcp, {"host", "port"},
                                            {"timeout", "bindAddress", "stagger", "family",
                                             "noDelay", "deadAfter"}))
        .options();
}

any_endpoint make_srv(const description& d, const registry&)
{
    const argument_reader arguments(
        d, {"name"},
        {"timeout", "bindAddress", "stagger", "family", "noDelay", "deadAfter", "servers"});
    const auto& name = arguments.text("name");
    srv_options o{.tcp = read_tcp_options(d)};
    if (arguments.find("servers") != nullptr)
    {
        o.dns.servers = split(arguments.text("servers"));
        try
        {
            const detail::dns_settings checked(o.dns);
        }
        catch (const std::invalid_argument& refusal) // "dns_options: server ..."
        {
            arguments.refuse_because(
                "servers",
                std::string(refusal.what()).substr(std::string_view("dns_options: ").size()));
        }
    }
    try
    {
        return srv(name, o);
    }
    catch (const description_error&)
    {
        throw;
    }
    catch (const std::invalid_argument& refusal) // "srv: name ..."
    {
        arguments.refuse_because(
            "name", std::string(refusal.what()).substr(std::string_view("srv: ").size()));
    }
}
}

void srv::register_endpoints(registry& known)
{
    known.add("srv", make_srv);
}
}

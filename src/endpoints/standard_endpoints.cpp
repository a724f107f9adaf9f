// SPDX-License-Identifier: BSL-1.0
#include "standard_endpoints.hpp"

#include <holdfast/endpoints/unix.hpp>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>

namespace holdfast::detail
{
namespace
{
/// What a constructor says, such as `tcp: bind_address "x" is ...`, with the key of the description
/// in place of its own name of the option: `bindAddress "x" is ...`.
std::string with_key(std::string_view reason, std::string_view key)
{
    std::string option;
    for (const char c : key)
    {
        const bool capital = c >= 'A' && c <= 'Z';
        option += capital ? "_" : "";
        option += capital ? static_cast<char>(c - 'A' + 'a') : c;
    }
    const auto colon = reason.find(": ");
    if (colon != reason.npos && reason.substr(0, colon).find(' ') == reason.npos)
        reason.remove_prefix(colon + 2);
    if (!reason.starts_with(option))
        return std::string(reason);
    return std::string(key) + std::string(reason.substr(option.size()));
}

/// Makes an endpoint of the options so far. What its constructor refuses is told of the argument
/// `name`, the only one that was added since the last time.
template <class Make>
auto checked(const argument_reader& arguments, std::string_view name, Make make)
{
    try
    {
        return make();
    }
    catch (const std::invalid_argument& refusal)
    {
        arguments.refuse_because(name, with_key(refusal.what(), name));
    }
}

void read_dead_after(const argument_reader& arguments, tcp_options& options)
{
    if (arguments.find("deadAfter")->value == "never")
        options.dead_after = std::nullopt;
    else
        options.dead_after = arguments.length_of_time("deadAfter");
}

void read_family(const argument_reader& arguments, tcp_options& options)
{
    constexpr std::array families{address_family::any, address_family::ipv4, address_family::ipv6,
                                  address_family::ipv4, address_family::ipv6};
    options.family = families[*arguments.choice("family", {"any", "4", "6", "ipv4", "ipv6"})];
}
}

any_endpoint make_tcp(const description& d, const registry&)
{
    return read_tcp(
        argument_reader(d, {"host", "port"},
                        {"timeout", "bindAddress", "stagger", "family", "noDelay", "deadAfter"}));
}

tcp read_tcp(const argument_reader& arguments)
{
    const auto& host = arguments.text("host");
    const auto port = arguments.port("port");

    tcp_options options;
    const auto make = [&] { return tcp(host, port, options); };
    auto endpoint = checked(arguments, "host", make);
    const auto add = [&](std::string_view name, auto read)
    {
        if (arguments.find(name) == nullptr)
            return;
        read();
        endpoint = checked(arguments, name, make);
    };
    add("timeout", [&] { options.timeout = *arguments.length_of_time("timeout"); });
    add("bindAddress", [&] { options.bind_address = arguments.text("bindAddress"); });
    add("stagger", [&] { options.stagger = *arguments.length_of_time("stagger"); });
    add("family", [&] { read_family(arguments, options); });
    add("noDelay", [&] { options.no_delay = *arguments.flag("noDelay"); });
    add("deadAfter", [&] { read_dead_after(arguments, options); });
    return endpoint;
}

any_endpoint make_unix(const description& d, const registry&)
{
    const argument_reader arguments(d, {"path"}, {"timeout", "lockfile"});
    const auto& path = arguments.text("path");

    unix_options options;
    const auto make = [&] { return unix_socket(path, options); };
    auto endpoint = checked(arguments, "path", make);
    if (const auto timeout = arguments.length_of_time("timeout"))
    {
        options.timeout = *timeout;
        endpoint = checked(arguments, "timeout", make);
    }
    if (const auto lockfile = arguments.flag("lockfile"))
    {
        options.lockfile = *lockfile;
        endpoint = checked(arguments, "lockfile", make);
    }
    return endpoint;
}
}

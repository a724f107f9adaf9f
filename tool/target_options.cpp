// SPDX-License-Identifier: BSL-1.0
#include "target_options.hpp"

#include "error.hpp"
#include "option_values.hpp"

#include <holdfast/endpoints/description.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tool
{
void describe_target(CLI::App& command, target_arguments& a)
{
    command
        .add_option("DESCRIPTION", a.description,
                    "What to connect to: tcp:HOST:PORT, tls:HOST:PORT, unix:PATH, "
                    "srv:_SERVICE._tcp.DOMAIN, "
                    "exec:PROGRAM:ARGUMENT..., or failover: of several; by way of a proxy "
                    "tls://HOST:PORT?via=socks5://PROXY:PORT or via=http-connect://PROXY:PORT")
        ->type_name("")
        ->required();
    const auto* ipv4 = command.add_flag("-4", a.ipv4, "Use IPv4 only");
    command.add_flag("-6", a.ipv6, "Use IPv6 only")->excludes(const_cast<CLI::Option*>(ipv4));
    add_repeatable(command, "--resolve", a.resolves, "HOST:PORT:ADDR[,ADDR]...",
                   "Take these addresses for that name (or *, any) and port; may be repeated");
}

hf::any_endpoint endpoint_of(const target_arguments& a)
{
    auto d = hf::parse_description(a.description);
    if (a.ipv4 || a.ipv6)
    {
        const auto nested = [](const auto& k) { return k.key == "endpoint"; };
        constexpr std::array kinds{"tcp", "tls", "ssl", "srv"};
        if (std::ranges::find(kinds, d.prefix) == kinds.end() ||
            std::ranges::any_of(d.keywords, nested))
            throw usage_error(
                fmt::format("{} goes with tcp:HOST:PORT, tls:HOST:PORT and srv:NAME only; anywhere "
                            "else write family=4 or family=6 where the host is",
                            a.ipv4 ? "-4" : "-6"));
        std::erase_if(d.keywords, [](const auto& k) { return k.key == "family"; });
        d.keywords.push_back({.key = "family", .value = {.value = a.ipv4 ? "4" : "6"}});
    }
    return known_endpoints().make(d);
}

std::vector<hf::fixed_address> names_of(const target_arguments& a)
{
    std::vector<hf::fixed_address> names;
    names.reserve(a.resolves.size());
    for (const auto& text : a.resolves)
        names.push_back(of_option("--resolve", [&] { return hf::parse_fixed_address(text); }));
    return names;
}

void add_repeatable(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                    const std::string& type, const std::string& help)
{
    command.add_option(name, values, help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
}
}

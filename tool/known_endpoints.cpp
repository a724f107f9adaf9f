// SPDX-License-Identifier: BSL-1.0
#include "known_endpoints.hpp"

#include "error.hpp"

#include <holdfast/endpoints/description.hpp>
#include <holdfast/endpoints/process.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

#if defined(HOLDFAST_CARES)
#include <holdfast/endpoints/srv.hpp>
#endif
#if defined(HOLDFAST_TLS)
#include <holdfast/endpoints/tls.hpp>
#endif

namespace tool
{
const hf::registry& known_endpoints()
{
    static const hf::registry known = []
    {
        hf::registry r = hf::registry::standard();
        hf::process::register_endpoints(r);
#if defined(HOLDFAST_CARES)
        hf::srv::register_endpoints(r);
#endif
#if defined(HOLDFAST_TLS)
        hf::tls::register_endpoints(r);
#endif
        return r;
    }();
    return known;
}

hf::any_endpoint endpoint_of(const std::string& description, bool ipv4, bool ipv6)
{
    auto d = hf::parse_description(description);
    if (ipv4 || ipv6)
    {
        const auto nested = [](const auto& k) { return k.key == "endpoint"; };
        constexpr std::array kinds{"tcp", "tls", "ssl", "srv"};
        if (std::ranges::find(kinds, d.prefix) == kinds.end() ||
            std::ranges::any_of(d.keywords, nested))
            throw usage_error(
                fmt::format("{} goes with tcp:HOST:PORT, tls:HOST:PORT and srv:NAME only; anywhere "
                            "else write family=4 or family=6 where the host is",
                            ipv4 ? "-4" : "-6"));
        std::erase_if(d.keywords, [](const auto& k) { return k.key == "family"; });
        d.keywords.push_back({.key = "family", .value = {.value = ipv4 ? "4" : "6"}});
    }
    return known_endpoints().make(d);
}
}

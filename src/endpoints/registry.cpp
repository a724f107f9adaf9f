// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/registry.hpp>

#include "../quoted.hpp"
#include "description_parts.hpp"
#include "nearest.hpp"
#include "standard_endpoints.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

namespace holdfast
{
const registry& registry::standard()
{
    static const registry known = []
    {
        registry r;
        r.add("failover", detail::make_failover);
        r.add("http-connect", detail::make_http_connect);
        r.add("proxy-protocol", detail::make_proxy_protocol);
        r.add("socks5", detail::make_socks5);
        r.add("tcp", detail::make_tcp);
        r.add("unix", detail::make_unix);
        return r;
    }();
    return known;
}

void registry::add(std::string prefix, factory make)
{
    if (!detail::is_prefix(prefix))
        throw std::invalid_argument("prefix " + detail::quoted(prefix) +
                                    " is not a small letter followed by small letters, digits, +, "
                                    "-, . or _");
    if (!make)
        throw std::invalid_argument("prefix " + detail::quoted(prefix) + " has no factory");
    if (factories_.contains(prefix))
        throw std::invalid_argument("prefix " + detail::quoted(prefix) + " is known already");
    factories_.emplace(std::move(prefix), std::move(make));
}

any_endpoint registry::make(const description& d) const
{
    const auto found = factories_.find(d.prefix);
    if (found != factories_.end())
        return found->second(d, *this);

    std::vector<std::string_view> known;
    known.reserve(factories_.size());
    for (const auto& [prefix, make] : factories_)
        known.push_back(prefix);
    auto problem = "unknown kind of endpoint " + detail::shown(d.prefix) +
                   detail::did_you_mean(d.prefix, known) + "; known are " + detail::listed(known);
    const bool port = d.positional.size() == 1 && !d.positional[0].value.empty() &&
                      d.positional[0].value.find_first_not_of("0123456789") == std::string::npos;
    if (port && factories_.contains("tcp"))
        problem += "; a host is reached by tcp:HOST:PORT";
    throw description_error(d.text.empty() ? to_string(d) : d.text, d.text.empty() ? 0 : d.column,
                            problem);
}

any_endpoint registry::make_within(const description& d, const description::argument& inner) const
{
    try
    {
        return make(parse_description(inner.value));
    }
    catch (const description_error& refusal)
    {
        throw description_error(d.text.empty() ? to_string(d) : d.text,
                                detail::column_within(d, inner, refusal.column()),
                                refusal.problem());
    }
}

any_endpoint parse_endpoint(std::string_view text, const registry& known)
{
    return known.make(parse_description(text));
}
}

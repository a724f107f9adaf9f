// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/failover.hpp>

#include <holdfast/duration.hpp>

#include "standard_endpoints.hpp"

#include <stdexcept>
#include <string_view>

namespace holdfast
{
std::string detail::describe_failover(const std::vector<std::string>& endpoints,
                                      const failover_options& o)
{
    const failover_options usual;
    std::string text = "failover";
    for (const auto& e : endpoints)
        text += ':' + quote(e);
    const auto add = [&](const char* key, duration value, duration default_value)
    {
        if (value != default_value)
            text += std::string(":") + key + '=' + to_string(value);
    };
    if (o.order == failover_order::shuffled)
        text += ":order=shuffled";
    add("timeout", o.timeout, usual.timeout);
    add("remember", o.remember, usual.remember);
    add("stableAfter", o.stable_after, usual.stable_after);
    return text;
}

namespace detail
{
namespace
{
[[noreturn]] void refuse(const description& d, std::size_t column, const std::string& problem)
{
    throw description_error(d.text.empty() ? to_string(d) : d.text, column, problem);
}

/// One that may be zero.
duration read_length(const argument_reader& arguments, std::string_view key, duration otherwise)
{
    const auto* const argument = arguments.find(key);
    if (argument == nullptr)
        return otherwise;
    if (argument->value == "0" || argument->value == "0s")
        return duration::zero();
    return *arguments.length_of_time(key);
}

failover_options read_failover(const argument_reader& arguments)
{
    failover_options o;
    if (arguments.choice("order", {"listed", "shuffled"}) == 1U)
        o.order = failover_order::shuffled;
    o.timeout = arguments.length_of_time("timeout").value_or(o.timeout);
    o.remember = read_length(arguments, "remember", o.remember);
    o.stable_after = read_length(arguments, "stableAfter", o.stable_after);
    return o;
}
}

any_endpoint make_failover(const description& d, const registry& known)
{
    constexpr auto escapes =
        "a description within this one has its colons as \\: and its = as \\=, "
        "such as failover:tcp\\:HOST\\:PORT:tcp\\:HOST\\:PORT";
    for (const auto& k : d.keywords)
        if (k.key.find(':') != std::string::npos)
            refuse(d, k.column, escapes);
    auto keys = d; // the arguments that have a position are as many as there are endpoints
    keys.positional.clear();
    const argument_reader arguments(keys, {}, {"order", "timeout", "remember", "stableAfter"});
    if (d.positional.empty())
        refuse(d, 0,
               "no endpoint is given; expected failover:ENDPOINT:ENDPOINT, each with its colons as "
               "\\:");
    std::vector<any_endpoint> endpoints;
    for (const auto& inner : d.positional)
    {
        if (inner.value.find(':') == std::string::npos)
            refuse(d, inner.column, escapes);
        endpoints.push_back(known.make_within(d, inner));
    }
    try
    {
        return failover(std::move(endpoints), read_failover(arguments));
    }
    catch (const description_error&)
    {
        throw;
    }
    catch (const std::invalid_argument& refusal) // "failover: ..."
    {
        refuse(d, 0, std::string(refusal.what()).substr(std::string_view("failover: ").size()));
    }
}
}
}

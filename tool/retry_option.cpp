// SPDX-License-Identifier: BSL-1.0
#include "retry_option.hpp"

#include "error.hpp"

#include <holdfast/duration.hpp>
#include <holdfast/retry/backoff.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>
#include <holdfast/retry/limit.hpp>
#include <holdfast/retry/twisted_backoff.hpp>

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace tool
{
namespace
{
struct part
{
    std::string_view key;
    std::string_view value; // empty without `=`
};

[[noreturn]] void refuse(std::string_view key, std::string_view problem)
{
    throw usage_error(fmt::format("{}: {}", key, problem));
}

std::vector<part> take_apart(std::string_view text)
{
    std::vector<part> parts;
    for (;;)
    {
        const auto comma = text.find(',');
        const auto one = text.substr(0, comma);
        const auto equals = one.find('=');
        parts.push_back({one.substr(0, equals),
                         equals == one.npos ? std::string_view() : one.substr(equals + 1)});
        if (comma == text.npos)
            return parts;
        text.remove_prefix(comma + 1);
    }
}

hf::duration length_of_time(const part& p)
{
    try
    {
        return hf::parse_duration(p.value);
    }
    catch (const std::invalid_argument& e)
    {
        refuse(p.key, e.what());
    }
}

double number(const part& p)
{
    double value = 0;
    const auto* end = p.value.data() + p.value.size();
    const auto result = std::from_chars(p.value.data(), end, value);
    if (result.ec != std::errc() || result.ptr != end)
        refuse(p.key, quoted(p.value) + " is not a number such as 1.5");
    return value;
}

hf::retry::jitter jitter(const part& p)
{
    for (const auto& [name, value] :
         {std::pair("full", hf::retry::jitter::full), std::pair("equal", hf::retry::jitter::equal),
          std::pair("none", hf::retry::jitter::none),
          std::pair("decorrelated", hf::retry::jitter::decorrelated)})
        if (p.value == name)
            return value;
    refuse("jitter", quoted(p.value) + " is not one of full, equal, none, decorrelated");
}

hf::duration jitter(const part& p, const hf::retry::twisted_backoff&)
{
    return length_of_time(p);
}

hf::retry::jitter jitter(const part& p, const hf::retry::backoff&)
{
    return jitter(p);
}

template <class Policy>
Policy growing(const std::vector<part>& parts, std::size_t first)
{
    Policy policy;
    for (auto i = first; i < parts.size(); ++i)
    {
        const auto& p = parts[i];
        if (p.key == "initial")
            policy.initial = length_of_time(p);
        else if (p.key == "max")
            policy.max = length_of_time(p);
        else if (p.key == "factor")
            policy.factor = number(p);
        else if (p.key == "jitter")
            policy.jitter = jitter(p, policy);
        else
            refuse(quoted(p.key),
                   "is not one of initial, max, factor, jitter, nor is it the first word backoff, "
                   "twisted, fixed or immediately");
    }
    return policy;
}

template <class Inner>
hf::retry::policy limited(Inner inner, std::optional<unsigned> fail_after)
{
    if (fail_after)
        return hf::retry::max_attempts(*fail_after, std::move(inner));
    return inner;
}
}

hf::retry::policy parse_retry(std::string_view text, std::optional<unsigned> fail_after)
{
    const auto parts = text.empty() ? std::vector<part>() : take_apart(text);
    const auto first = parts.empty() ? std::string_view() : parts.front().key;
    const auto alone = [&]
    {
        if (parts.size() > 1)
            refuse(first, "stands alone");
    };
    try
    {
        if (first == "immediately")
            return alone(), limited(hf::retry::immediately{}, fail_after);
        if (first == "fixed")
            return alone(), limited(hf::retry::fixed{length_of_time(parts.front())}, fail_after);
        if (first == "twisted")
            return limited(growing<hf::retry::twisted_backoff>(parts, 1), fail_after);
        return limited(growing<hf::retry::backoff>(parts, first == "backoff" ? 1 : 0), fail_after);
    }
    catch (const usage_error&)
    {
        throw;
    }
    catch (const std::invalid_argument& e) // what the policy says of its fields
    {
        throw usage_error(e.what());
    }
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/saving/record.hpp>

#include <holdfast/retry/limit.hpp>
#include <holdfast/retry/schedule.hpp>

namespace holdfast
{
namespace
{
bool equal(const retry::backoff& a, const retry::backoff& b)
{
    return a.initial == b.initial && a.factor == b.factor && a.max == b.max && a.jitter == b.jitter;
}

bool equal(const retry::fixed& a, const retry::fixed& b)
{
    return a.delay == b.delay;
}

bool equal(const retry_record::schedule& a, const retry_record::schedule& b)
{
    return a == b;
}

bool equal(const retry::immediately&, const retry::immediately&)
{
    return true;
}

bool equal(const retry::twisted_backoff& a, const retry::twisted_backoff& b)
{
    return a.initial == b.initial && a.factor == b.factor && a.max == b.max && a.jitter == b.jitter;
}

struct made_policy
{
    retry::policy operator()(const retry_record::schedule& delays) const
    {
        return retry::schedule(delays);
    }

    template <class Policy>
    retry::policy operator()(const Policy& p) const
    {
        return p;
    }
};
}

bool retry_record::operator==(const retry_record& other) const
{
    return policy.index() == other.policy.index() && min_delay == other.min_delay &&
           max_attempts == other.max_attempts && max_elapsed == other.max_elapsed &&
           std::visit(
               [&](const auto& mine)
               {
                   using type = std::decay_t<decltype(mine)>;
                   return equal(mine, std::get<type>(other.policy));
               },
               policy);
}

retry::policy to_policy(const retry_record& r)
{
    auto p = std::visit(made_policy(), r.policy);
    if (r.min_delay)
        p = retry::min_delay(*r.min_delay, p);
    if (r.max_attempts)
        p = retry::max_attempts(*r.max_attempts, p);
    if (r.max_elapsed)
        p = retry::max_elapsed(*r.max_elapsed, p);
    return p;
}

bool tree_record::operator==(const tree_record&) const = default;
}

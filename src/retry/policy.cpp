// SPDX-License-Identifier: BSL-1.0
#include <holdfast/retry/policy.hpp>

#include <holdfast/error.hpp>
#include <holdfast/retry/backoff.hpp>

#include <algorithm>

namespace holdfast::retry
{
policy::base::~base() = default;

std::optional<duration> policy::operator()(const context& c, duration floor) const
{
    auto delay = held_ ? held_->ask(c) : backoff{}(c);
    const bool scarce = c.last && c.last->code == condition::local_resource;
    if (delay && (floored() || scarce))
        delay = std::min(std::max(*delay, floor), longest_delay);
    return delay;
}

choice choose(const policy& p, const context& c, duration floor) noexcept
{
    try
    {
        return {p(c, floor), nullptr};
    }
    catch (...)
    {
        return {policy{}(c, floor), std::current_exception()};
    }
}
}

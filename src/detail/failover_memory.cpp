// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/failover_memory.hpp>

#include <holdfast/duration.hpp>

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>

namespace holdfast::detail
{
namespace
{
using namespace std::chrono_literals;

constexpr std::size_t endpoints_max = 64;
constexpr duration length_max = 24h;
constexpr duration share_min = 1s;

std::uint64_t entropy()
{
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

void check(const char* name, duration d, duration least)
{
    if (d < least || d > length_max)
        throw std::invalid_argument("failover: " + std::string(name) + " " + to_string(d) +
                                    " is not between zero and 24 hours");
}
}

failover_memory::failover_memory(std::size_t count, const failover_options& o)
    : options_(o)
    , count_(count)
    , random_(o.seed ? *o.seed : entropy())
{
    if (count == 0 || count > endpoints_max)
        throw std::invalid_argument("failover: " + std::to_string(count) +
                                    " endpoints are not from 1 to " +
                                    std::to_string(endpoints_max));
    check("timeout", o.timeout, duration(1));
    check("remember", o.remember, 0s);
    check("stable_after", o.stable_after, 0s);
}

std::vector<std::size_t> failover_memory::line_up(time_point now)
{
    std::vector<std::size_t> order(count_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::lock_guard lock(mutex_);
    if (options_.order == failover_order::shuffled)
        for (std::size_t left = count_; left > 1; --left)
            std::swap(
                order[left - 1],
                order[static_cast<std::size_t>(random_.uniform() * static_cast<double>(left))]);
    if (beginning_ && beginning_->until <= now)
        beginning_.reset();
    if (beginning_)
    {
        const auto first = std::ranges::find(order, beginning_->index);
        std::rotate(order.begin(), first, first + 1);
    }
    return order;
}

duration failover_memory::share(time_point now, time_point deadline,
                                std::size_t left) const noexcept
{
    if (deadline == time_point::max())
        return options_.timeout;
    const auto equal = (deadline - now) / static_cast<duration::rep>(left);
    return std::min(options_.timeout, std::max(equal, share_min));
}

void failover_memory::worked(std::size_t index, time_point now) noexcept
{
    const std::lock_guard lock(mutex_);
    beginning_ = {index, now + options_.remember, true};
}

void failover_memory::none_worked() noexcept
{
    const std::lock_guard lock(mutex_);
    beginning_.reset();
}

void failover_memory::ran_out_before(std::size_t index, time_point now) noexcept
{
    const std::lock_guard lock(mutex_);
    beginning_ = {index, now + options_.remember, false};
}

void failover_memory::failed(const failure& why) noexcept
{
    if (why.phase == phase::session && why.took >= options_.stable_after)
        return;
    const std::lock_guard lock(mutex_);
    if (!beginning_ || !beginning_->worked)
        return; // the dial has failed, and has said so
    beginning_->index = (beginning_->index + 1) % count_;
    beginning_->worked = false;
}
}

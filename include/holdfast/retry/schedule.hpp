// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_SCHEDULE_HPP
#define HOLDFAST_RETRY_SCHEDULE_HPP

#include <holdfast/retry/context.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <utility>
#include <vector>

namespace holdfast::retry
{
/// A list of delays, one per setback (see `context::setbacks`); the last one repeats for ever:
/// `retry::schedule{0s, 1s, 5s, 30s}`.
///
/// To give up at its end instead, wrap it: `max_attempts(list.size() + 1, schedule(list))`.
class schedule
{
public:
    schedule(std::initializer_list<duration> delays) : delays_(delays) {}
    explicit schedule(std::vector<duration> delays) noexcept : delays_(std::move(delays)) {}

    duration operator()(const context& c) const
    {
        const std::size_t n = std::max(c.setbacks, 1U) - 1U;
        return n < delays_.size() ? delays_[n] : delays_.back();
    }

    /// Throws `std::invalid_argument` if there are no delays, or one of them is negative. One of
    /// zero is well: it is raised to the floor.
    void validate() const
    {
        if (delays_.empty())
            throw std::invalid_argument("retry::schedule: delays must not be empty");
        if (std::ranges::min(delays_) < duration::zero())
            throw std::invalid_argument("retry::schedule: delays must not be negative");
    }

private:
    std::vector<duration> delays_;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_WAIT_LIMIT_HPP
#define HOLDFAST_WAIT_LIMIT_HPP

#include <holdfast/time.hpp>

#include <cstdint>
#include <stdexcept>

namespace holdfast
{
/// The wait fails at the n-th failure after it was begun, with that failure's error. From 1: the
/// very next failure. 0 is refused with `std::invalid_argument`.
struct fail_after
{
    explicit fail_after(std::uint32_t n) : failures(n)
    {
        if (n == 0)
            throw std::invalid_argument("fail_after: 0 failures, expected at least 1");
    }

    std::uint32_t failures;
};

/// The wait fails after this time with `errc::wait_timed_out`.
struct within
{
    explicit within(duration d) : time(d)
    {
        if (d < duration::zero())
            throw std::invalid_argument("within: a negative time");
    }

    duration time;
};

/// How much somebody who waits for a connection is willing to bear: nothing said, everything.
struct wait_limit
{
    wait_limit() = default;
    wait_limit(fail_after n) : failures(n.failures) {}
    wait_limit(within d) : time(d.time) {}
    wait_limit(fail_after n, within d) : failures(n.failures), time(d.time) {}

    std::uint32_t failures = 0; // 0: any number
    duration time = duration::max();
};
}

#endif

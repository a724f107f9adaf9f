// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_FIXED_HPP
#define HOLDFAST_RETRY_FIXED_HPP

#include <holdfast/retry/context.hpp>

#include <stdexcept>

namespace holdfast::retry
{
/// The same delay always: `retry::fixed{5s}`. Without jitter, so not for many clients of one
/// server.
struct fixed
{
    duration delay{}; ///< More than zero.

    constexpr duration operator()(const context&) const noexcept { return delay; }

    /// Throws `std::invalid_argument` if the delay is not more than zero.
    constexpr void validate() const
    {
        if (delay <= duration::zero())
            throw std::invalid_argument("retry::fixed: delay must be more than zero; to have none "
                                        "ask for retry::immediately");
    }
};
}

#endif

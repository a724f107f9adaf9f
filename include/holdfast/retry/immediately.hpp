// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_IMMEDIATELY_HPP
#define HOLDFAST_RETRY_IMMEDIATELY_HPP

#include <holdfast/retry/context.hpp>

namespace holdfast::retry
{
/// No delay at all, and no floor under it: for a peer of one's own that may be dialled without end.
///
/// Where this machine has run out of a resource there is a floor all the same.
struct immediately
{
    constexpr duration operator()(const context&) const noexcept { return duration::zero(); }

    static constexpr bool floored() noexcept { return false; }
};
}

#endif

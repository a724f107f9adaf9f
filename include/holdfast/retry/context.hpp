// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_CONTEXT_HPP
#define HOLDFAST_RETRY_CONTEXT_HPP

#include <holdfast/failure.hpp>
#include <holdfast/retry/random.hpp>
#include <holdfast/time.hpp>

namespace holdfast::retry
{
/// All that a policy is told when it is asked for a delay. Policies keep no state: it is all here,
/// so that any number of services can share one.
struct context
{
    /// Failures in a row, from 1. The loss of a connection counts as the first.
    unsigned failures = 1;

    /// Failures, and connections lost within `stable_after` of being ready, since the last
    /// connection that was stable; from 1. The policies of this library grow on it, so that a peer
    /// which accepts and closes at once is not dialled ever again without a growing delay.
    unsigned setbacks = 1;

    /// The last failure or loss. May be null.
    const failure* last = nullptr;

    /// The delay before this one; zero if there was none.
    duration previous{};

    /// The time since there was a connection, or since the start if there never was one.
    duration disconnected{};

    /// The service's own source of randomness.
    retry::random& random;
};
}

#endif

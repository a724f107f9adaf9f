// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_TWISTED_BACKOFF_HPP
#define HOLDFAST_RETRY_TWISTED_BACKOFF_HPP

#include <holdfast/retry/context.hpp>

#include <chrono>

namespace holdfast::retry
{
/// The back-off of Twisted's `ClientService`, to the letter, for those who come from there.
///
/// After n failures in a row the delay is `min(initial * factor^min(100, n), max)`, and then the
/// jitter on top. So the first delay is not `initial`, no delay keeps to `max`, and a peer that
/// accepts and closes at once is dialled at the same short delay for ever: `backoff` knows better.
struct twisted_backoff
{
    duration initial = std::chrono::seconds(1); ///< More than zero.
    double factor = 1.5;                        ///< Finite, and at least 1.
    duration max = std::chrono::seconds(60);    ///< At least `initial`. The jitter comes on top.
    duration jitter = std::chrono::seconds(1);  ///< What is added is from nothing up to this.

    duration operator()(const context& c) const noexcept;

    /// Throws `std::invalid_argument` naming the field that is out of range.
    void validate() const;
};
}

#endif

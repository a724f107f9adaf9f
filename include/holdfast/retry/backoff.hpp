// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_BACKOFF_HPP
#define HOLDFAST_RETRY_BACKOFF_HPP

#include <holdfast/retry/context.hpp>

#include <chrono>
#include <cstdint>

namespace holdfast::retry
{
/// How a delay is drawn. All but `none` keep clients that lost one server from returning in step.
enum class jitter : std::uint8_t
{
    full,  ///< Anything from nothing to the grown delay.
    equal, ///< Anything from half of the grown delay to all of it.
    none,  ///< The grown delay itself.

    /// Anything from `initial` to three times the delay before; `factor` is not used. After
    /// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ but drawn below
    /// `max`, where the original cuts what it has drawn to it and so has most clients wait `max`
    /// exactly.
    decorrelated,
};

/// The default policy: delays that grow by a factor, up to a limit, with jitter inside it.
///
/// After the n-th setback (see `context::setbacks`) the grown delay is `initial * factor^(n-1)`, or
/// `max` if that is less. No delay exceeds `max`.
struct backoff
{
    duration initial = std::chrono::seconds(1); ///< The first grown delay; more than zero.
    double factor = 2;                          ///< Finite, and at least 1.
    duration max = std::chrono::seconds(60);    ///< At least `initial`.
    retry::jitter jitter = retry::jitter::full;

    duration operator()(const context& c) const noexcept;

    /// Throws `std::invalid_argument` naming the field that is out of range.
    void validate() const;
};
}

#endif

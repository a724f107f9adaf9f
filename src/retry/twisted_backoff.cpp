// SPDX-License-Identifier: BSL-1.0
#include <holdfast/retry/twisted_backoff.hpp>

#include <holdfast/retry/ask.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace holdfast::retry
{
duration twisted_backoff::operator()(const context& c) const noexcept
{
    using real = std::chrono::duration<double, std::nano>;
    const real grown = real(initial) * std::pow(factor, std::min(100U, c.failures));
    // The comparison is false of what is no number, so that this gives the maximum as well.
    return to_delay((grown < real(max) ? grown : real(max)) + real(jitter) * c.random.uniform());
}

void twisted_backoff::validate() const
{
    if (initial <= duration::zero())
        throw std::invalid_argument("retry::twisted_backoff: initial must be more than zero");
    if (!std::isfinite(factor) || factor < 1)
        throw std::invalid_argument("retry::twisted_backoff: factor must be finite and at least 1");
    if (max < initial)
        throw std::invalid_argument("retry::twisted_backoff: max must be at least initial");
    if (jitter < duration::zero())
        throw std::invalid_argument("retry::twisted_backoff: jitter must not be negative");
}
}

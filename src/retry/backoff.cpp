// SPDX-License-Identifier: BSL-1.0
#include <holdfast/retry/backoff.hpp>

#include <holdfast/retry/ask.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace holdfast::retry
{
namespace
{
using real = std::chrono::duration<double, std::nano>;

/// What no delay exceeds. To cut later, after the draw, would make most delays equal.
duration cap(const backoff& b) noexcept
{
    return std::min(b.max, longest_delay);
}

/// `initial * factor^(setbacks-1)`, at most the cap: also where that overflows or is not a number.
real grown(const backoff& b, unsigned setbacks) noexcept
{
    const real delay = real(b.initial) * std::pow(b.factor, setbacks < 2 ? 0.0 : setbacks - 1.0);
    return delay < real(cap(b)) ? delay : real(cap(b));
}

/// Three times the delay before, at most the cap. The delay before the first is `initial`.
real tripled(const backoff& b, const context& c) noexcept
{
    const real previous = c.setbacks < 2 ? b.initial : std::max(c.previous, b.initial);
    return std::min(previous * 3.0, real(cap(b)));
}

real between(real low, real high, random& r) noexcept
{
    return low + (high - low) * r.uniform();
}
}

duration backoff::operator()(const context& c) const noexcept
{
    switch (jitter)
    {
    case retry::jitter::full:
        return to_delay(between(real::zero(), grown(*this, c.setbacks), c.random));
    case retry::jitter::equal:
    {
        const auto all = grown(*this, c.setbacks);
        return to_delay(between(all / 2, all, c.random));
    }
    case retry::jitter::none:
        return to_delay(grown(*this, c.setbacks));
    case retry::jitter::decorrelated:
        return to_delay(between(initial, tripled(*this, c), c.random));
    }
    return cap(*this); // a value that is no enumerator
}

void backoff::validate() const
{
    if (initial <= duration::zero())
        throw std::invalid_argument("retry::backoff: initial must be more than zero");
    if (!std::isfinite(factor) || factor < 1)
        throw std::invalid_argument("retry::backoff: factor must be finite and at least 1");
    if (max < initial)
        throw std::invalid_argument("retry::backoff: max must be at least initial");
}
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_ASK_HPP
#define HOLDFAST_RETRY_ASK_HPP

#include <holdfast/retry/context.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>

// What policy.hpp and policies that wrap others are made of.

namespace holdfast::retry
{
/// No delay is longer. A longer or infinite answer of a policy is cut to this.
inline constexpr duration longest_delay = std::chrono::hours(24);

/// Any length of time as a delay: rounded to a nanosecond, cut to `longest_delay`, and nothing
/// where it is negative or not a number. Cannot overflow.
template <class Rep, class Period>
constexpr duration to_delay(std::chrono::duration<Rep, Period> d) noexcept
{
    // Floating, since no value and no period overflows it; it is exact up to the longest delay and
    // beyond. `duration_cast` would refuse the longest periods.
    constexpr long double unit = 1e9L * Period::num / Period::den;
    const long double count = static_cast<long double>(d.count()) * unit;
    if (!(count > 0)) // also true of a NaN
        return duration::zero();
    if (count >= static_cast<long double>(longest_delay.count()))
        return longest_delay;
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): it is not negative; llround is no constexpr
    return duration(static_cast<duration::rep>(count + 0.5L));
}

/// The answer of a policy, likewise.
constexpr std::optional<duration> to_delay(std::nullopt_t) noexcept
{
    return std::nullopt;
}

template <class Rep, class Period>
constexpr std::optional<duration>
to_delay(const std::optional<std::chrono::duration<Rep, Period>>& d) noexcept
{
    return d ? std::optional(to_delay(*d)) : std::nullopt;
}

namespace detail
{
template <class F, class Argument>
concept answers = requires(const F& f, Argument argument) {
    { retry::to_delay(std::invoke(f, argument)) } -> std::convertible_to<std::optional<duration>>;
};
}

/// Whatever can be asked for a delay: something const that is called with the `context`, or with
/// the number of failures in a row, and returns any `std::chrono::duration`, or a `std::optional`
/// of one, or `std::nullopt`. No delay means to give up.
///
/// Spell the type of the parameter out: a generic lambda is called with the context.
template <class F>
concept askable = detail::answers<F, const context&> || detail::answers<F, unsigned>;

/// Asks `f` for a delay. The answer is one from `to_delay`: it may be nothing at all.
template <askable F>
constexpr std::optional<duration> ask(const F& f, const context& c)
{
    if constexpr (detail::answers<F, const context&>)
        return to_delay(std::invoke(f, c));
    else
    {
        // Not more than an int can hold, since that is what many will take it as.
        constexpr unsigned most = std::numeric_limits<int>::max();
        return to_delay(std::invoke(f, c.failures < most ? c.failures : most));
    }
}

/// Refuses a policy with bad parameters: calls its `validate()`, if it has one, which throws
/// `std::invalid_argument` naming the field. An empty `std::function` or null pointer is refused
/// too.
template <askable F>
constexpr void validate(const F& f)
{
    if constexpr (std::is_constructible_v<F, std::nullptr_t>)
        if (f == nullptr)
            throw std::invalid_argument("retry: the function is empty");
    if constexpr (requires { f.validate(); })
        f.validate();
}

/// True unless the policy has a `floored()` that says no, as only `immediately` and what wraps it
/// do.
template <askable F>
constexpr bool floored(const F& f) noexcept
{
    if constexpr (requires { f.floored(); })
        return f.floored();
    else
        return true;
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_LIMIT_HPP
#define HOLDFAST_RETRY_LIMIT_HPP

#include <holdfast/retry/ask.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

// Policies that bound another one. They nest:
// `max_elapsed(1h, max_attempts(100, min_delay(250ms, backoff{})))`.

namespace holdfast::retry
{
/// Asks `inner`, but gives up after so many failures in a row.
///
/// The loss of a connection counts as the first failure, so 1 means never to try again.
template <askable Inner>
class max_attempts
{
public:
    constexpr max_attempts(unsigned attempts, Inner inner)
        : attempts_(attempts)
        , inner_(std::move(inner))
    {
    }

    constexpr std::optional<duration> operator()(const context& c) const
    {
        return c.failures < attempts_ ? ask(inner_, c) : std::nullopt;
    }

    constexpr bool floored() const noexcept { return retry::floored(inner_); }

    /// Throws `std::invalid_argument` if the number is 0, or `inner` refuses.
    constexpr void validate() const
    {
        if (attempts_ == 0)
            throw std::invalid_argument("retry::max_attempts: attempts must be at least 1");
        retry::validate(inner_);
    }

private:
    unsigned attempts_;
    Inner inner_;
};

/// Asks `inner`, but gives up once the time without a connection and the next delay would together
/// exceed a limit.
template <askable Inner>
class max_elapsed
{
public:
    constexpr max_elapsed(duration limit, Inner inner) : limit_(limit), inner_(std::move(inner)) {}

    constexpr std::optional<duration> operator()(const context& c) const
    {
        auto delay = ask(inner_, c);
        if (delay && c.disconnected > limit_ - *delay)
            delay.reset();
        return delay;
    }

    constexpr bool floored() const noexcept { return retry::floored(inner_); }

    /// Throws `std::invalid_argument` if the limit is not more than zero, or `inner` refuses.
    constexpr void validate() const
    {
        if (limit_ <= duration::zero())
            throw std::invalid_argument("retry::max_elapsed: limit must be more than zero");
        retry::validate(inner_);
    }

private:
    duration limit_;
    Inner inner_;
};

/// Asks `inner`, but waits at least so long: shorter delays are raised to this.
template <askable Inner>
class min_delay
{
public:
    constexpr min_delay(duration least, Inner inner) : least_(least), inner_(std::move(inner)) {}

    constexpr std::optional<duration> operator()(const context& c) const
    {
        auto delay = ask(inner_, c);
        if (delay)
            *delay = std::max(*delay, least_);
        return delay;
    }

    constexpr bool floored() const noexcept { return retry::floored(inner_); }

    /// Throws `std::invalid_argument` if the least is not more than zero, or `inner` refuses.
    constexpr void validate() const
    {
        if (least_ <= duration::zero())
            throw std::invalid_argument("retry::min_delay: least must be more than zero");
        retry::validate(inner_);
    }

private:
    duration least_;
    Inner inner_;
};
}

#endif

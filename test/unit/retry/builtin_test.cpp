// SPDX-License-Identifier: BSL-1.0
#include <holdfast/retry/backoff.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>
#include <holdfast/retry/limit.hpp>
#include <holdfast/retry/policy.hpp>
#include <holdfast/retry/schedule.hpp>
#include <holdfast/retry/twisted_backoff.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace
{
using namespace std::chrono_literals;
using namespace holdfast::retry;
using holdfast::duration;

constexpr duration lowest = 10ms;

/// What a policy answers after the n-th failure in a row, all of them setbacks.
std::optional<duration> answer(const policy& p, unsigned failures, duration disconnected = {})
{
    holdfast::retry::random random(failures);
    return p({.failures = failures,
              .setbacks = failures,
              .disconnected = disconnected,
              .random = random},
             lowest);
}

/// Why a policy is refused; "accepted" if it is not.
template <class F>
std::string refusal(const F& f)
{
    try
    {
        policy p(f);
    }
    catch (const std::invalid_argument& e)
    {
        return e.what();
    }
    return "accepted";
}

TEST(fixed, gives_the_same_delay_always)
{
    EXPECT_EQ(answer(fixed{5s}, 1), 5s);
    EXPECT_EQ(answer(fixed{5s}, 1'000'000'000), 5s);
    EXPECT_EQ(answer(fixed{48h}, 1), longest_delay);
}

TEST(fixed, refuses_a_delay_that_is_none)
{
    const auto why = "retry::fixed: delay must be more than zero; to have none ask for "
                     "retry::immediately";
    EXPECT_EQ(refusal(fixed{0s}), why);
    EXPECT_EQ(refusal(fixed{-1s}), why);
    EXPECT_EQ(refusal(fixed{1ns}), "accepted");
}

TEST(schedule, gives_one_delay_after_the_other_and_the_last_for_ever)
{
    const policy p = schedule{0s, 1s, 5s};

    EXPECT_EQ(answer(p, 1), lowest);
    EXPECT_EQ(answer(p, 2), 1s);
    EXPECT_EQ(answer(p, 3), 5s);
    EXPECT_EQ(answer(p, 4), 5s);
    EXPECT_EQ(answer(p, std::numeric_limits<unsigned>::max()), 5s);
    EXPECT_EQ(answer(p, 0), lowest);
}

TEST(schedule, follows_the_setbacks)
{
    holdfast::retry::random random(1);
    const schedule s(std::vector<duration>{1s, 2s, 3s});

    EXPECT_EQ(s({.failures = 1, .setbacks = 3, .random = random}), 3s);
}

TEST(schedule, refuses_no_delays_and_negative_ones)
{
    EXPECT_EQ(refusal(schedule(std::vector<duration>{})),
              "retry::schedule: delays must not be empty");
    EXPECT_EQ(refusal(schedule{1s, -1s}), "retry::schedule: delays must not be negative");
    EXPECT_EQ(refusal(schedule{0s}), "accepted");
}

TEST(max_attempts, CS_45_gives_up_after_so_many_failures_in_a_row)
{
    const policy p = max_attempts(3, fixed{1s});

    EXPECT_EQ(answer(p, 1), 1s);
    EXPECT_EQ(answer(p, 2), 1s);
    EXPECT_EQ(answer(p, 3), std::nullopt);
    EXPECT_EQ(answer(p, 1'000'000'000), std::nullopt);
    EXPECT_EQ(answer(max_attempts(1, fixed{1s}), 1), std::nullopt);
}

TEST(max_attempts, CS_45_ends_a_schedule_with_its_list)
{
    const policy p = max_attempts(3, schedule{1s, 2s});

    EXPECT_EQ(answer(p, 2), 2s);
    EXPECT_EQ(answer(p, 3), std::nullopt);
}

TEST(max_elapsed, CS_45_gives_up_where_the_next_attempt_would_be_too_late)
{
    const policy p = max_elapsed(1min, fixed{10s});

    EXPECT_EQ(answer(p, 1, 0s), 10s);
    EXPECT_EQ(answer(p, 1, 50s), 10s);
    EXPECT_EQ(answer(p, 1, 50s + 1ns), std::nullopt);
    EXPECT_EQ(answer(p, 1, duration::max()), std::nullopt);
    EXPECT_EQ(answer(max_elapsed(5s, fixed{10s}), 1, 0s), std::nullopt);
    EXPECT_EQ(answer(max_elapsed(duration::max(), fixed{10s}), 1, 100h), 10s);
}

TEST(min_delay, raises_what_is_shorter)
{
    EXPECT_EQ(answer(min_delay(2s, fixed{1s}), 1), 2s);
    EXPECT_EQ(answer(min_delay(2s, fixed{3s}), 1), 3s);
    EXPECT_EQ(answer(min_delay(2s, max_attempts(1, fixed{1s})), 1), std::nullopt);
}

TEST(limits, wrap_any_policy_and_each_other)
{
    const auto nested = max_elapsed(1h, max_attempts(4, min_delay(250ms, backoff{})));
    for (unsigned n = 1; n <= 3; ++n)
    {
        EXPECT_GE(answer(nested, n), 250ms);
        EXPECT_LE(answer(nested, n), 8s);
    }
    EXPECT_EQ(answer(nested, 4), std::nullopt);
    EXPECT_EQ(answer(nested, 1, 1h), std::nullopt);

    EXPECT_EQ(answer(max_attempts(2, [](unsigned n) { return n * 1s; }), 1), 1s);
    EXPECT_EQ(answer(max_attempts(2, policy(fixed{5s})), 1), 5s);
}

TEST(limits, are_constant_expressions_of_constant_policies)
{
    constexpr auto p = max_elapsed(1min, max_attempts(3, min_delay(2s, fixed{1s})));
    constexpr auto at = [p](unsigned failures)
    {
        holdfast::retry::random random(1);
        return p({.failures = failures, .random = random});
    };

    static_assert(at(1) == 2s);
    static_assert(at(3) == std::nullopt);
    static_assert((p.validate(), true));
}

TEST(limits, CS_43_keep_immediately_without_a_floor_but_lend_none_of_that_to_others)
{
    EXPECT_EQ(answer(max_elapsed(1h, max_attempts(3, immediately{})), 1), 0s);
    EXPECT_EQ(answer(max_attempts(3, policy(immediately{})), 1), 0s);
    EXPECT_EQ(answer(min_delay(1ms, immediately{}), 1), 1ms);
    EXPECT_EQ(answer(max_attempts(3, [](int) { return 0s; }), 1), lowest);
}

TEST(limits, CS_43_check_what_they_wrap)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto broken = [nan](int) { return std::chrono::duration<double>(nan); };

    EXPECT_EQ(answer(max_elapsed(1h, broken), 1), lowest);
    EXPECT_EQ(answer(min_delay(1s, broken), 1), 1s);
    EXPECT_EQ(answer(max_elapsed(1000h, [](int) { return duration::max(); }), 1), longest_delay);
}

TEST(limits, refuse_bad_parameters_and_those_of_what_they_wrap)
{
    EXPECT_EQ(refusal(max_attempts(0, backoff{})),
              "retry::max_attempts: attempts must be at least 1");
    EXPECT_EQ(refusal(max_elapsed(0s, backoff{})),
              "retry::max_elapsed: limit must be more than zero");
    EXPECT_EQ(refusal(min_delay(0s, backoff{})), "retry::min_delay: least must be more than zero");
    const auto inner = "retry::backoff: max must be at least initial";
    EXPECT_EQ(refusal(max_attempts(1, backoff{.max = 1ms})), inner);
    EXPECT_EQ(refusal(max_elapsed(1s, backoff{.max = 1ms})), inner);
    EXPECT_EQ(refusal(min_delay(1s, backoff{.max = 1ms})), inner);
}

TEST(twisted_backoff, CS_41_gives_the_documented_sequence_and_then_the_jitter)
{
    const twisted_backoff bare{.jitter = 0s};
    EXPECT_EQ(answer(bare, 1), 1500ms);
    EXPECT_EQ(answer(bare, 2), 2250ms);
    EXPECT_EQ(answer(bare, 10), 57'665'039'063ns);
    EXPECT_EQ(answer(bare, 11), 60s);
    EXPECT_EQ(answer(bare, 1'000'000'000), 60s);

    duration low = 1h, high = 0s;
    for (unsigned n = 11; n < 10'011; ++n)
    {
        const auto delay = *answer(twisted_backoff{}, n);
        low = std::min(low, delay);
        high = std::max(high, delay);
    }
    EXPECT_GE(low, 60s);
    EXPECT_LT(low, 60s + 10ms);
    EXPECT_GT(high, 61s - 10ms);
    EXPECT_LE(high, 61s);
}

TEST(twisted_backoff, CS_42_each_parameter_is_set_by_name)
{
    EXPECT_EQ(answer(twisted_backoff{.initial = 2s, .jitter = 0s}, 1), 3s);
    EXPECT_EQ(answer(twisted_backoff{.factor = 3, .jitter = 0s}, 2), 9s);
    EXPECT_EQ(answer(twisted_backoff{.max = 5s, .jitter = 0s}, 99), 5s);
    EXPECT_GT(answer(twisted_backoff{.max = 5s, .jitter = 1000s}, 99), 6s);
}

TEST(twisted_backoff, CS_41_an_overflow_or_what_is_not_a_number_gives_max)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    holdfast::retry::random random(1);
    for (const double factor : {nan, 1e308, std::numeric_limits<double>::infinity()})
        EXPECT_EQ(
            (twisted_backoff{.factor = factor, .jitter = 0s}({.failures = 100, .random = random})),
            60s);
}

TEST(twisted_backoff, CS_41_grows_no_further_than_the_hundredth_failure)
{
    const twisted_backoff slow{.factor = 1.001, .jitter = 0s};

    EXPECT_LT(answer(slow, 99), answer(slow, 100));
    EXPECT_EQ(answer(slow, 101), answer(slow, 100));
}

TEST(twisted_backoff, CS_41_grows_on_failures_in_a_row_alone)
{
    holdfast::retry::random random(1);
    const twisted_backoff b{.jitter = 0s};

    EXPECT_EQ(b({.failures = 1, .setbacks = 9, .random = random}), 1500ms);
}

TEST(twisted_backoff, refuses_bad_parameters_and_names_the_field)
{
    const auto factor = "retry::twisted_backoff: factor must be finite and at least 1";
    EXPECT_EQ(refusal(twisted_backoff{}), "accepted");
    EXPECT_EQ(refusal(twisted_backoff{.initial = 0s}),
              "retry::twisted_backoff: initial must be more than zero");
    EXPECT_EQ(refusal(twisted_backoff{.factor = 0.5}), factor);
    EXPECT_EQ(refusal(twisted_backoff{.factor = std::numeric_limits<double>::quiet_NaN()}), factor);
    EXPECT_EQ(refusal(twisted_backoff{.max = 1ms}),
              "retry::twisted_backoff: max must be at least initial");
    EXPECT_EQ(refusal(twisted_backoff{.jitter = -1s}),
              "retry::twisted_backoff: jitter must not be negative");
}
}

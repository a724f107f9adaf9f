// SPDX-License-Identifier: BSL-1.0
#include <holdfast/retry/backoff.hpp>

#include <holdfast/retry/policy.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace
{
using namespace std::chrono_literals;
using holdfast::duration;
using holdfast::retry::backoff;
using holdfast::retry::context;
using holdfast::retry::jitter;

constexpr jitter every_jitter[] = {jitter::full, jitter::equal, jitter::none, jitter::decorrelated};
constexpr unsigned thousand_million = 1'000'000'000;

/// Delays of one service at its n-th setback, each drawn after the last.
std::vector<duration> draw(const backoff& b, unsigned setbacks, int count, std::uint64_t seed = 1)
{
    holdfast::retry::random random(seed);
    std::vector<duration> delays;
    duration previous{};
    for (int i = 0; i < count; ++i)
        delays.push_back(previous =
                             b({.setbacks = setbacks, .previous = previous, .random = random}));
    return delays;
}

TEST(backoff, CS_4A_grows_from_initial_by_the_factor_up_to_max)
{
    const backoff b{.jitter = jitter::none};
    std::vector<duration> delays;
    for (unsigned n = 1; n <= 8; ++n)
        delays.push_back(draw(b, n, 1).front());

    EXPECT_EQ(delays, (std::vector<duration>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}));
}

TEST(backoff, CS_4A_grows_on_setbacks_whatever_the_failures_in_a_row)
{
    holdfast::retry::random random(1);
    const backoff b{.jitter = jitter::none};

    EXPECT_EQ(b({.failures = 1, .setbacks = 4, .random = random}), 8s);
    EXPECT_EQ(b({.failures = 9, .setbacks = 1, .random = random}), 1s);
    EXPECT_EQ(b({.failures = 0, .setbacks = 0, .random = random}), 1s);
}

TEST(backoff, CS_42_each_parameter_is_set_by_name)
{
    EXPECT_EQ(draw({.initial = 3s, .jitter = jitter::none}, 1, 1).front(), 3s);
    EXPECT_EQ(draw({.factor = 3, .jitter = jitter::none}, 3, 1).front(), 9s);
    EXPECT_EQ(draw({.max = 5s, .jitter = jitter::none}, 99, 1).front(), 5s);
    EXPECT_GE(draw({.jitter = jitter::equal}, 99, 1).front(), 30s);
}

/// Ten thousand draws fill a range to within a hundredth of it, and do not leave it.
void expect_range(const backoff& b, unsigned setbacks, duration previous, duration low,
                  duration high)
{
    SCOPED_TRACE(setbacks);
    holdfast::retry::random random(1);
    std::vector<duration> delays;
    for (int i = 0; i < 10'000; ++i)
        delays.push_back(b({.setbacks = setbacks, .previous = previous, .random = random}));
    std::ranges::sort(delays);
    const auto slack = (high - low) / 100;

    EXPECT_GE(delays.front(), low);
    EXPECT_LT(delays.front(), low + slack);
    EXPECT_LT(abs(delays[5000] - (low + high) / 2), 3 * slack);
    EXPECT_GT(delays.back(), high - slack);
    EXPECT_LE(delays.back(), high);
}

TEST(backoff, CS_4A_full_jitter_draws_between_nothing_and_the_grown_delay)
{
    expect_range({}, 1, 0s, 0s, 1s);
    expect_range({}, 3, 99s, 0s, 4s);
    expect_range({}, thousand_million, 0s, 0s, 60s);
}

TEST(backoff, CS_4A_equal_jitter_draws_between_half_and_all_of_the_grown_delay)
{
    expect_range({.jitter = jitter::equal}, 1, 0s, 500ms, 1s);
    expect_range({.jitter = jitter::equal}, 3, 99s, 2s, 4s);
    expect_range({.jitter = jitter::equal}, thousand_million, 0s, 30s, 60s);
}

TEST(backoff, decorrelated_jitter_draws_between_initial_and_thrice_the_delay_before_inside_max)
{
    const backoff b{.jitter = jitter::decorrelated};
    expect_range(b, 2, 5s, 1s, 15s);
    expect_range(b, 9, 50s, 1s, 60s);
    expect_range(b, 9, duration::max(), 1s, 60s);
    expect_range(b, 2, 0s, 1s, 3s);  // as if the delay before had been initial
    expect_range(b, 1, 50s, 1s, 3s); // a stable connection begins anew
}

TEST(backoff, CS_4A_no_delay_exceeds_max_or_falls_below_nothing_whatever_the_parameters)
{
    holdfast::retry::random random(20);
    const auto log_uniform = [&](double low, double high)
    { return std::exp(std::log(low) + random.uniform() * (std::log(high) - std::log(low))); };
    for (int i = 0; i < 200'000; ++i)
    {
        const auto initial = duration(static_cast<duration::rep>(log_uniform(1, 9e18)));
        const backoff b{
            .initial = initial,
            .factor = i % 7 == 0 ? 1.0 : log_uniform(1, i % 5 == 0 ? 1e308 : 10),
            .max = std::max(initial, duration(static_cast<duration::rep>(log_uniform(1, 9.2e18)))),
            .jitter = every_jitter[i % 4]};
        const auto setbacks = static_cast<unsigned>(log_uniform(1, 4.2e9));
        const auto previous = duration(static_cast<duration::rep>(log_uniform(1, 9.2e18)));
        ASSERT_NO_THROW(b.validate());

        const auto delay = b({.setbacks = setbacks, .previous = previous, .random = random});

        ASSERT_GE(delay, 0s) << i;
        ASSERT_LE(delay, b.max) << i;
        ASSERT_LE(delay, holdfast::retry::longest_delay) << i;
    }
}

TEST(backoff, CS_4A_a_thousand_million_setbacks_give_the_cap)
{
    for (const double factor : {1.0000001, 1.5, 2.0, 1e300})
        for (const unsigned n : {thousand_million, std::numeric_limits<unsigned>::max()})
            EXPECT_EQ(draw({.factor = factor, .jitter = jitter::none}, n, 1).front(), 60s);
    EXPECT_EQ(draw({.factor = 1, .jitter = jitter::none}, thousand_million, 1).front(), 1s);
}

TEST(backoff, CS_4A_never_not_a_number_even_where_nobody_checked_the_parameters)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const jitter j : every_jitter)
        for (const double factor : {nan, -1e300, 0.0, std::numeric_limits<double>::infinity()})
            for (const unsigned n : {1U, 2U, 3U, thousand_million})
            {
                const auto delay = draw({.factor = factor, .jitter = j}, n, 1).front();
                EXPECT_TRUE(delay >= 0s && delay <= 60s) << factor << ' ' << n;
            }
}

TEST(backoff, CS_4A_a_grown_delay_that_is_not_a_number_is_max)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(draw({.factor = nan, .jitter = jitter::none}, 2, 1).front(), 60s);
}

TEST(backoff, CS_4A_the_spread_at_the_cap_is_a_fifth_of_it_or_more)
{
    for (const duration max : {duration(60s), duration(1000h)}) // the second one is cut to a day
        for (const jitter j : {jitter::full, jitter::equal, jitter::decorrelated})
        {
            auto delays = draw({.max = max, .jitter = j}, thousand_million, 10'000);
            delays.erase(delays.begin(), delays.begin() + 100); // decorrelated: until it is there
            std::ranges::sort(delays);
            const auto cap = std::min(max, holdfast::retry::longest_delay);

            EXPECT_GE((delays[8910] - delays[990]) * 5, cap) << "between a tenth and nine tenths";
            EXPECT_LE(std::ranges::count(delays, cap), 10) << "cut to the cap, not drawn below it";
        }
}

TEST(backoff, CS_4A_two_services_differ_and_a_thousand_disperse)
{
    for (const jitter j : {jitter::full, jitter::equal, jitter::decorrelated})
    {
        std::vector<duration> first;
        for (std::uint64_t seed = 1; seed <= 1000; ++seed)
            first.push_back(draw({.jitter = j}, 1, 1, seed).front());
        std::ranges::sort(first);

        EXPECT_EQ(std::ranges::adjacent_find(first), first.end());
        for (std::size_t i = 30; i < first.size(); ++i)
            ASSERT_GT(first[i] - first[i - 30], (first.back() - first.front()) / 250)
                << "thirty of a thousand at one moment";
    }
}

TEST(backoff, refuses_bad_parameters_and_names_the_field)
{
    const auto refusal = [](const backoff& b) -> std::string
    {
        try
        {
            holdfast::retry::policy policy(b);
        }
        catch (const std::invalid_argument& e)
        {
            return e.what();
        }
        return "accepted";
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();

    EXPECT_EQ(refusal({}), "accepted");
    EXPECT_EQ(refusal({.initial = 1s, .factor = 1, .max = 1s}), "accepted");
    EXPECT_EQ(refusal({.initial = 0s}), "retry::backoff: initial must be more than zero");
    EXPECT_EQ(refusal({.initial = -1s}), "retry::backoff: initial must be more than zero");
    EXPECT_EQ(refusal({.factor = 0.99}), "retry::backoff: factor must be finite and at least 1");
    EXPECT_EQ(refusal({.factor = nan}), "retry::backoff: factor must be finite and at least 1");
    EXPECT_EQ(refusal({.factor = std::numeric_limits<double>::infinity()}),
              "retry::backoff: factor must be finite and at least 1");
    EXPECT_EQ(refusal({.max = 999ms}), "retry::backoff: max must be at least initial");
}
}

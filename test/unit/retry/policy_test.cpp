// SPDX-License-Identifier: BSL-1.0
#include <holdfast/retry/policy.hpp>

#include <holdfast/error.hpp>
#include <holdfast/retry/backoff.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>

#include <boost/system/errc.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>

namespace
{
using namespace std::chrono_literals;
using holdfast::duration;
using holdfast::retry::choose;
using holdfast::retry::context;
using holdfast::retry::longest_delay;
using holdfast::retry::policy;

constexpr duration lowest = 10ms;
constexpr double infinite = std::numeric_limits<double>::infinity();

std::optional<duration> answer(const policy& p, unsigned failures = 1,
                               const holdfast::failure* last = nullptr)
{
    holdfast::retry::random random(1);
    return p({.failures = failures, .last = last, .random = random}, lowest);
}

duration seconds_of(unsigned failures)
{
    return std::chrono::seconds(failures);
}

TEST(policy, CS_40_any_callable_from_the_failures_in_a_row_to_a_delay_is_one)
{
    EXPECT_EQ(answer([](unsigned n) { return n * 1s; }, 3), 3s);
    EXPECT_EQ(answer([](int n) { return n * 1min; }, 3), 3min);
    EXPECT_EQ(answer([](double n) { return std::chrono::duration<double>(n / 2); }, 3), 1500ms);
    EXPECT_EQ(answer(seconds_of, 3), 3s);
    EXPECT_EQ(answer(&seconds_of, 3), 3s);
    EXPECT_EQ(answer(std::function<std::chrono::hours(int)>([](int n) { return n * 1h; }), 3), 3h);
    EXPECT_EQ(answer([unique = std::make_unique<int>(7)](int) { return *unique * 1s; }), 7s);
}

TEST(policy, CS_40_or_one_from_the_context)
{
    const auto p = [](const context& c)
    { return c.failures * 1s + c.setbacks * 1min + c.previous + c.disconnected; };
    holdfast::retry::random random(1);

    EXPECT_EQ(
        policy(p)(
            {.failures = 2, .setbacks = 3, .previous = 4ms, .disconnected = 5us, .random = random}),
        3min + 2s + 4ms + 5us);
}

TEST(policy, CS_40_what_changes_when_called_or_gives_no_time_is_not_one)
{
    auto counting = [n = 0](int) mutable { return ++n * 1s; };
    auto number = [](int) { return 1; };
    auto nothing = [](int) {};
    auto text = [](const char*) { return 1s; };

    EXPECT_FALSE((std::is_constructible_v<policy, decltype(counting)>));
    EXPECT_FALSE((std::is_constructible_v<policy, decltype(number)>));
    EXPECT_FALSE((std::is_constructible_v<policy, decltype(nothing)>));
    EXPECT_FALSE((std::is_constructible_v<policy, decltype(text)>));
    EXPECT_FALSE((std::is_constructible_v<policy, int>));
}

TEST(policy, CS_40_counts_no_further_than_an_int_can)
{
    const auto p = [](int n) { return n > 0 ? 1s : 2s; };

    EXPECT_EQ(answer(p, 1'000'000'000), 1s);
    EXPECT_EQ(answer(p, std::numeric_limits<unsigned>::max()), 1s);
}

TEST(policy, CS_40_a_copy_shares_what_it_holds)
{
    const auto held = std::make_shared<int>(1);
    const policy first([held](int) { return 1s; });
    const auto uses = held.use_count();
    const policy second = first; // NOLINT: the copy is the point

    EXPECT_EQ(held.use_count(), uses);
    EXPECT_EQ(answer(second), 1s);
    EXPECT_EQ(sizeof(policy), 2 * sizeof(void*));
}

TEST(policy, CS_4A_the_default_is_backoff_also_after_a_move)
{
    policy moved([](int) { return 1h; });
    const policy target = std::move(moved);
    const auto expected = answer(holdfast::retry::backoff{});

    EXPECT_EQ(answer(policy()), expected);
    EXPECT_EQ(answer(moved), expected); // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(answer(target), 1h);
}

template <class Duration>
void expect_answer(Duration given, duration expected)
{
    EXPECT_EQ(answer([given](int) { return given; }), expected);
    EXPECT_EQ(answer([given](int) { return std::optional(given); }), expected);
    EXPECT_EQ(answer([given](const context&) { return given; }), expected);
}

TEST(policy, CS_43_what_is_not_a_number_or_not_positive_is_raised_to_the_floor)
{
    expect_answer(0s, lowest);
    expect_answer(-1s, lowest);
    expect_answer(9ms, lowest);
    expect_answer(duration::min(), lowest);
    expect_answer(std::chrono::hours::min(), lowest);
    expect_answer(std::chrono::duration<double>(std::nan("")), lowest);
    expect_answer(std::chrono::duration<float>(std::nanf("")), lowest);
    expect_answer(std::chrono::duration<double>(-infinite), lowest);
    expect_answer(std::chrono::duration<double>(-0.0), lowest);
    expect_answer(std::chrono::duration<double>(std::numeric_limits<double>::denorm_min()), lowest);
}

TEST(policy, CS_43_what_is_endless_or_too_long_is_cut)
{
    expect_answer(25h, longest_delay);
    expect_answer(duration::max(), longest_delay);
    expect_answer(std::chrono::hours::max(), longest_delay);
    expect_answer(std::chrono::duration<std::int64_t, std::exa>::max(), longest_delay);
    expect_answer(std::chrono::duration<std::uint64_t, std::ratio<1, 3>>::max(), longest_delay);
    expect_answer(std::chrono::duration<double>(infinite), longest_delay);
    expect_answer(std::chrono::duration<double>(std::numeric_limits<double>::max()), longest_delay);
    expect_answer(
        std::chrono::duration<long double, std::exa>(std::numeric_limits<long double>::max()),
        longest_delay);
}

TEST(policy, CS_43_every_other_delay_is_kept_to_the_nanosecond)
{
    expect_answer(10ms, 10ms);
    expect_answer(longest_delay, longest_delay);
    expect_answer(longest_delay - 1ns, longest_delay - 1ns);
    expect_answer(12'345'678'901'234ns, 12'345'678'901'234ns);
    expect_answer(std::chrono::duration<int, std::ratio<1, 3>>(1), 333'333'333ns);
    expect_answer(std::chrono::duration<double>(0.1), 100ms);
    expect_answer(std::chrono::duration<std::uint8_t, std::centi>(255), 2550ms);
    expect_answer(std::chrono::duration<long long, std::femto>(20'000'000'000'000), 20ms);

    holdfast::retry::random random(3);
    for (int i = 0; i < 100'000; ++i)
    {
        const duration d(random() % (24ULL * 3600 * 1'000'000'000));
        ASSERT_EQ(holdfast::retry::to_delay(d), d);
        ASSERT_EQ(holdfast::retry::to_delay(std::chrono::duration<double>(d)), d);
    }
}

TEST(policy, CS_43_only_immediately_has_no_floor)
{
    EXPECT_EQ(answer(holdfast::retry::immediately{}), 0s);
    EXPECT_EQ(answer(policy(holdfast::retry::immediately{})), 0s);
    EXPECT_EQ(answer([](int) { return 0s; }), lowest);
}

TEST(policy, CS_43_nothing_is_immediate_when_this_machine_ran_out_of_a_resource)
{
    namespace e = boost::system::errc;
    const policy p = holdfast::retry::immediately{};
    for (const auto scarce : {e::too_many_files_open, e::too_many_files_open_in_system,
                              e::no_buffer_space, e::not_enough_memory, e::address_not_available})
    {
        const holdfast::failure last{.code = make_error_code(scarce)};
        EXPECT_EQ(answer(p, 1, &last), lowest) << last.code.message();
    }
    const holdfast::failure refused{.code = make_error_code(e::connection_refused)};
    EXPECT_EQ(answer(p, 1, &refused), 0s);
}

TEST(policy, CS_43_a_floor_above_the_longest_delay_is_cut_too)
{
    holdfast::retry::random random(1);
    EXPECT_EQ(policy([](int) { return 1s; })({.random = random}, duration::max()), longest_delay);
}

TEST(policy, CS_44_what_it_throws_goes_to_the_caller_and_choose_gives_the_default_delay)
{
    const policy bad([](int) -> duration { throw std::runtime_error("no idea"); });
    holdfast::retry::random first(5), second(5);
    EXPECT_THROW(bad({.random = first}, lowest), std::runtime_error);

    const auto made = choose(bad, {.setbacks = 4, .random = first}, lowest);

    EXPECT_EQ(made.delay, policy()({.setbacks = 4, .random = second}, lowest));
    EXPECT_THROW(std::rethrow_exception(made.thrown), std::runtime_error);
    static_assert(noexcept(choose(bad, {.random = first}, lowest)));
}

TEST(policy, CS_44_choose_contains_what_is_no_exception_class_and_keeps_the_floor)
{
    const policy bad([](int) -> duration { throw 7; });
    holdfast::retry::random random(5);

    const auto made = choose(bad, {.random = random}, 2h);

    EXPECT_EQ(made.delay, 2h);
    EXPECT_THROW(std::rethrow_exception(made.thrown), int);
}

TEST(policy, CS_44_choose_is_the_policy_where_nothing_is_thrown)
{
    holdfast::retry::random random(5);

    const auto delay = choose([](int) { return 1s; }, {.random = random}, lowest);
    const auto none = choose([](int) { return std::nullopt; }, {.random = random}, lowest);
    const auto raised = choose([](int) { return 1s; }, {.random = random}, 2s);

    EXPECT_EQ(delay.delay, 1s);
    EXPECT_EQ(raised.delay, 2s);
    EXPECT_EQ(delay.thrown, nullptr);
    EXPECT_EQ(none.delay, std::nullopt);
    EXPECT_EQ(none.thrown, nullptr);
}

TEST(policy, CS_45_no_delay_is_giving_up)
{
    const auto third = [](unsigned n) { return n < 3 ? std::optional(1s) : std::nullopt; };

    EXPECT_EQ(answer(third, 2), 1s);
    EXPECT_EQ(answer(third, 3), std::nullopt);
    EXPECT_EQ(answer([](int) { return std::nullopt; }), std::nullopt);
    EXPECT_EQ(answer([](const context&) { return std::optional<std::chrono::duration<float>>(); }),
              std::nullopt);
}

TEST(policy, refuses_an_empty_function_and_bad_parameters)
{
    EXPECT_THROW(policy(std::function<duration(int)>()), std::invalid_argument);
    EXPECT_THROW(policy(static_cast<duration (*)(unsigned)>(nullptr)), std::invalid_argument);
    EXPECT_THROW(policy(holdfast::retry::fixed{}), std::invalid_argument);
}
}

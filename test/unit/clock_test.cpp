// SPDX-License-Identifier: BSL-1.0
#include <holdfast/clock.hpp>

#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A timer that writes its number down when it expires.
struct noted_timer final : hf::clock::timer
{
    int number = 0;
    std::vector<int>* notes = nullptr;
    int failures_to_post = 0;

private:
    void expired() override
    {
        if (failures_to_post-- > 0)
            throw std::bad_alloc();
        notes->push_back(number);
    }
};

TEST(clock, expires_timers_in_the_order_of_their_times_whatever_was_armed_moved_and_disarmed)
{
    std::mt19937 random(20261123);
    for (int round = 0; round < 200; ++round)
    {
        SCOPED_TRACE(round);
        hf::testing::manual_clock clock;
        std::array<noted_timer, 40> timers;
        std::array<std::optional<int>, 40> due; // in nanoseconds; distinct, so that order is known
        std::vector<int> notes;
        for (int i = 0; i < 40; ++i)
        {
            timers[static_cast<std::size_t>(i)].number = i;
            timers[static_cast<std::size_t>(i)].notes = &notes;
        }
        for (int step = 0; step < 200; ++step)
        {
            const std::size_t i = random() % 40;
            if (random() % 3 == 0)
            {
                EXPECT_EQ(clock.disarm(timers[i]), due[i].has_value());
                due[i].reset();
            }
            else
            {
                due[i] = static_cast<int>(random() % 1000) * 40 + static_cast<int>(i);
                clock.arm(timers[i], clock.now() + std::chrono::nanoseconds(*due[i]));
            }
        }
        std::vector<std::pair<int, int>> expected;
        for (int i = 0; i < 40; ++i)
            if (due[static_cast<std::size_t>(i)])
                expected.emplace_back(*due[static_cast<std::size_t>(i)], i);
        std::sort(expected.begin(), expected.end());
        EXPECT_EQ(clock.armed(), expected.size());
        clock.advance(1ms);
        ASSERT_EQ(notes.size(), expected.size());
        for (std::size_t n = 0; n < notes.size(); ++n)
            ASSERT_EQ(notes[n], expected[n].second);
        EXPECT_EQ(clock.armed(), 0U);
    }
}

TEST(clock, tries_an_expiry_again_for_which_there_was_no_memory)
{
    hf::testing::manual_clock clock;
    std::vector<int> notes;
    noted_timer timer;
    timer.number = 7;
    timer.notes = &notes;
    timer.failures_to_post = 2;
    clock.arm(timer, clock.now() + 1s);
    clock.advance(1s);
    EXPECT_TRUE(notes.empty());
    clock.advance(20ms);
    EXPECT_EQ(notes, std::vector<int>{7});
    EXPECT_EQ(clock.armed(), 0U);
}

TEST(default_clock, is_one_per_context_and_runs_on_the_monotonic_clock)
{
    asio::io_context one;
    asio::io_context other;
    auto& clock = hf::default_clock(one.get_executor());
    EXPECT_EQ(&clock, &hf::default_clock(asio::make_strand(one)));
    EXPECT_NE(&clock, &hf::default_clock(other.get_executor()));
    const auto before = std::chrono::steady_clock::now();
    const auto now = clock.now();
    EXPECT_LE(before, now);
    EXPECT_LE(now, std::chrono::steady_clock::now());
}

TEST(default_clock, expires_a_timer_armed_earlier_than_the_one_before)
{
    asio::io_context context;
    auto& clock = hf::default_clock(context.get_executor());
    std::vector<int> order;
    const auto note = [&](int n)
    { return [&order, n](hf::error_code ec) { order.push_back(ec ? -n : n); }; };
    const auto now = clock.now();
    asio::cancellation_signal last;
    clock.async_wait_until(context.get_executor(), now + 1h,
                           asio::bind_cancellation_slot(last.slot(), note(3)));
    clock.async_wait_until(context.get_executor(), now + 2ms,
                           [&](hf::error_code)
                           {
                               order.push_back(2);
                               last.emit(asio::cancellation_type::terminal);
                           });
    clock.async_wait_until(context.get_executor(), now + 1ms, note(1));
    context.run(); // which ends: nothing is armed any more
    EXPECT_EQ(order, (std::vector<int>{1, 2, -3}));
}

TEST(default_clock, lets_a_context_end_once_its_last_user_has_gone)
{
    asio::io_context context;
    auto& clock = hf::default_clock(context.get_executor());
    std::vector<int> notes;
    noted_timer timer;
    timer.notes = &notes;
    clock.hold();
    clock.arm(timer, clock.now() + 1h);
    clock.disarm(timer);
    context.poll();
    EXPECT_FALSE(context.stopped()); // the wait is still there, for the next timer
    clock.release();
    context.run();
    EXPECT_TRUE(notes.empty());
}

TEST(default_clock, may_be_destroyed_with_its_context_while_somebody_waits)
{
    auto kept = std::make_shared<int>(1);
    {
        asio::io_context context;
        auto& clock = hf::default_clock(context.get_executor());
        clock.async_wait_until(context.get_executor(), clock.now() + 1h,
                               [kept](hf::error_code) { FAIL() << "it was never run"; });
        EXPECT_EQ(kept.use_count(), 2);
    }
    EXPECT_EQ(kept.use_count(), 1);
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::testing::manual_clock;
using namespace std::chrono_literals;

struct manual_clock_test : testing::Test
{
    manual_clock clock;
    asio::io_context context;
    const hf::time_point t0 = clock.now();
    std::vector<hf::duration> woken; // when, since t0

    void wait(hf::duration d, std::function<void()> then = [] {})
    {
        clock.async_wait_until(context.get_executor(), clock.now() + d,
                               [this, then](hf::error_code ec)
                               {
                                   EXPECT_FALSE(ec);
                                   woken.push_back(clock.now() - t0);
                                   then();
                               });
    }
};

TEST_F(manual_clock_test, stands_still)
{
    wait(1ns);
    clock.advance(0s, context);
    EXPECT_EQ(clock.now(), t0);
    EXPECT_TRUE(woken.empty());
    EXPECT_EQ(clock.armed(), 1U);
    EXPECT_EQ(clock.next(), t0 + 1ns);
}

TEST_F(manual_clock_test, lets_each_handler_see_its_own_time)
{
    wait(3s);
    wait(1s);
    wait(2s);
    wait(11s);
    clock.advance(10s, context);
    EXPECT_EQ(woken, (std::vector<hf::duration>{1s, 2s, 3s}));
    EXPECT_EQ(clock.now(), t0 + 10s);
    EXPECT_EQ(clock.armed(), 1U);
}

TEST_F(manual_clock_test, counts_timers_that_are_armed_on_the_way)
{
    std::function<void()> again = [&] { wait(1min, again); };
    again();
    clock.advance(1h, context);
    EXPECT_EQ(woken.size(), 60U);
    EXPECT_EQ(woken.back(), 1h);
}

TEST_F(manual_clock_test, without_a_context_only_expires)
{
    wait(1s, [&] { wait(1s); });
    clock.advance(5s);
    EXPECT_TRUE(woken.empty());
    context.poll();
    EXPECT_EQ(woken, (std::vector<hf::duration>{5s}));
}

TEST_F(manual_clock_test, goes_to_the_next_timer)
{
    wait(7s);
    EXPECT_TRUE(clock.advance_to_next(context));
    EXPECT_EQ(clock.now(), t0 + 7s);
    EXPECT_FALSE(clock.advance_to_next(context));
    EXPECT_EQ(clock.now(), t0 + 7s);
}

TEST_F(manual_clock_test, never_goes_back_for_a_timer_that_was_armed_in_the_past)
{
    wait(-5s);
    clock.advance(0s, context);
    EXPECT_EQ(woken, (std::vector<hf::duration>{0s}));
}

TEST_F(manual_clock_test, refuses_a_context_that_does_not_come_to_rest)
{
    std::function<void()> again = [&] { asio::post(context, [&] { again(); }); };
    again();
    EXPECT_THROW(clock.advance(0s, context), std::runtime_error);
    again = [] {};
}

TEST_F(manual_clock_test, gives_a_cancelled_wait_back)
{
    asio::cancellation_signal cancel;
    hf::error_code result;
    clock.async_wait_until(
        context.get_executor(), t0 + 1s,
        asio::bind_cancellation_slot(cancel.slot(), [&](hf::error_code ec) { result = ec; }));
    cancel.emit(asio::cancellation_type::total);
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_FALSE(result) << "completed inside the call";
    clock.advance(0s, context);
    EXPECT_EQ(result, asio::error::operation_aborted);
}

TEST_F(manual_clock_test, may_be_destroyed_while_timers_wait)
{
    asio::io_context other;
    manual_clock brief;
    brief.async_wait_until(other.get_executor(), brief.now() + 1s,
                           [](hf::error_code) { ADD_FAILURE() << "nobody moved that clock"; });
}

TEST(manual_clock_lifetime, a_context_that_goes_away_takes_its_waits_along)
{
    std::weak_ptr<int> gone;
    manual_clock clock;
    {
        asio::io_context context;
        auto owned = std::make_shared<int>(1);
        gone = owned;
        for (auto at : {1s, 2s, 3s})
            clock.async_wait_until(context.get_executor(), clock.now() + at,
                                   [owned](hf::error_code) { ADD_FAILURE(); });
        clock.advance(2s); // two are posted and do not run
    }
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_TRUE(gone.expired());
    clock.advance(1h);
}
}

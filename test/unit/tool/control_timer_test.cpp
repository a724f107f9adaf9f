// SPDX-License-Identifier: BSL-1.0
#include "tool/control/control_timer.hpp"

#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace
{
namespace hf = holdfast;
using namespace std::chrono_literals;

class control_timer : public ::testing::Test
{
protected:
    void make(std::function<void()> call)
    {
        timer.emplace(clock, context.get_executor(), std::move(call));
    }

    void make()
    {
        make([this] { ++calls; });
    }

    hf::testing::manual_clock clock;
    boost::asio::io_context context;
    std::optional<tool::control_timer> timer;
    int calls = 0;
};

TEST_F(control_timer, calls_once_at_its_time)
{
    make();
    timer->arm(clock.now() + 1s);
    clock.advance(999ms, context);
    EXPECT_EQ(calls, 0);
    clock.advance(1h, context);
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(timer->armed());
}

TEST_F(control_timer, that_was_moved_while_its_call_was_on_its_way_calls_at_the_new_time)
{
    make();
    timer->arm(clock.now());
    clock.advance(0s); // it expires, and nothing runs
    timer->arm(clock.now() + 1s);
    clock.advance(0s, context);
    EXPECT_EQ(calls, 0);
    clock.advance(1s, context);
    EXPECT_EQ(calls, 1);
}

TEST_F(control_timer, that_was_disarmed_or_destroyed_calls_nothing)
{
    make();
    timer->arm(clock.now());
    clock.advance(0s);
    timer->disarm();
    clock.advance(1s, context);
    timer->arm(clock.now());
    clock.advance(0s);
    timer.reset();
    clock.advance(1s, context);
    EXPECT_EQ(calls, 0);
}

TEST_F(control_timer, can_be_destroyed_by_its_call)
{
    make(
        [this]
        {
            timer.reset();
            ++calls;
        });
    timer->arm(clock.now());
    clock.advance(0s, context);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(clock.armed(), 0U);
}
}

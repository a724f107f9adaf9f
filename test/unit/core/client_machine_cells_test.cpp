// SPDX-License-Identifier: BSL-1.0
// Each input in each state. What it asks for is in doc/state_table.md, which state_table_test.cpp
// compares with the machine; here is where it leads, and that nothing stale leads anywhere.
#include "unit/core/machine_subject.hpp"

#include <gtest/gtest.h>

namespace holdfast::core
{
namespace
{
using enum service_state;

struct row
{
    state from;
    std::array<state, all_inputs.size()> to;
};

// clang-format off
constexpr row rows[] = {
//  from         start       stop      retry_now   reset       destroy  made        made_ready  prepared    down        gone      timer       delay    gave_up
    {idle,       {dialling,  stopped,  idle,       idle,       stopped, idle,       idle,       idle,       idle,       idle,     idle,       idle,       idle}},
    {dialling,   {dialling,  stopping, dialling,   dialling,   stopped, preparing,  connected,  dialling,   discarding, choosing, discarding, dialling,   dialling}},
    {preparing,  {preparing, stopping, preparing,  preparing,  stopped, preparing,  preparing,  connected,  discarding, choosing, discarding, preparing,  preparing}},
    {connected,  {connected, stopping, connected,  connected,  stopped, connected,  connected,  connected,  discarding, choosing, connected,  connected,  connected}},
    {discarding, {discarding,stopping, discarding, discarding, stopped, discarding, discarding, discarding, discarding, choosing, discarding, discarding, discarding}},
    {choosing,   {choosing,  stopped,  choosing,   choosing,   stopped, choosing,   choosing,   choosing,   choosing,   choosing, choosing,   waiting,    parked}},
    {waiting,    {waiting,   stopped,  dialling,   dialling,   stopped, waiting,    waiting,    waiting,    waiting,    waiting,  dialling,   waiting,    waiting}},
    {parked,     {dialling,  stopped,  dialling,   dialling,   stopped, parked,     parked,     parked,     parked,     parked,   parked,     parked,     parked}},
    {stopping,   {restarting,stopping, stopping,   stopping,   stopped, stopping,   stopping,   stopping,   stopping,   stopped,  stopping,   stopping,   stopping}},
    {restarting, {restarting,stopping, restarting, restarting, stopped, restarting, restarting, restarting, restarting, dialling, restarting, restarting, restarting}},
    {stopped,    {dialling,  stopped,  stopped,    stopped,    stopped, stopped,    stopped,    stopped,    stopped,    stopped,  stopped,    stopped,    stopped}},
};
// clang-format on

TEST(client_machine_cells, each_input_leads_from_each_state_where_it_should)
{
    ASSERT_EQ(std::size(rows), all_states.size());
    for (const auto& r : rows)
        for (const auto i : all_inputs)
        {
            auto s = in(r.from);
            ASSERT_EQ(s.current(), r.from);
            s.pass(lengths.delay_floor).feed(i);
            EXPECT_EQ(s.current(), r.to.at(static_cast<std::size_t>(i)))
                << name_of(i) << " in " << to_string(r.from);
        }
}

TEST(client_machine_cells, a_report_of_an_attempt_that_is_not_the_present_one_changes_nothing)
{
    for (const auto from : all_states)
    {
        const auto s = in(from);
        for (const auto id : {attempt_id{1}, attempt_id{2}, attempt_id{4}, attempt_id::none})
        {
            SCOPED_TRACE(testing::Message()
                         << "attempt " << static_cast<unsigned>(id) << " in " << to_string(from));
            auto m = s.machine;
            EXPECT_EQ(m.made(id, true, s.now), actions{});
            EXPECT_EQ(m.made(id, false, s.now), actions{});
            EXPECT_EQ(m.prepared(id, s.now), actions{});
            EXPECT_EQ(m.down(id, s.now), actions{});
            EXPECT_EQ(m.gone(id, s.now), actions{});
            EXPECT_EQ(m.state(), from);
            EXPECT_EQ(m.failures(), s.machine.failures());
        }
    }
}

TEST(client_machine_cells, the_third_attempt_is_the_present_one_where_there_is_one)
{
    for (const auto s : all_states)
    {
        const bool none = s == idle || s == choosing || s == waiting || s == parked || s == stopped;
        EXPECT_EQ(in(s).attempt(), none ? attempt_id::none : attempt_id{3}) << to_string(s);
    }
}

TEST(client_machine_cells, the_firing_of_a_timer_that_is_not_armed_changes_nothing)
{
    for (const auto from : all_states)
    {
        const auto s = in(from);
        for (unsigned id = 0; id < 20; ++id)
        {
            if (s.timer != timer_id::none && timer_id{id} == s.timer)
                continue;
            SCOPED_TRACE(testing::Message() << "timer " << id << " in " << to_string(from));
            auto m = s.machine;
            EXPECT_EQ(m.timer_fired(timer_id{id}, s.now + 1h), actions{});
            EXPECT_EQ(m.state(), from);
        }
    }
}

TEST(client_machine_cells, a_timer_fires_once)
{
    for (const auto from : all_states)
    {
        auto s = in(from);
        const auto id = s.timer;
        s.feed(input::timer);
        const auto then = s.current();
        EXPECT_EQ(s.machine.timer_fired(id, s.now), actions{});
        EXPECT_EQ(s.current(), then);
    }
}
}
}

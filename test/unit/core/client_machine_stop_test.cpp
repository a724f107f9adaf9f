// SPDX-License-Identifier: BSL-1.0
#include "unit/core/machine_subject.hpp"

#include <gtest/gtest.h>

namespace holdfast::core
{
namespace
{
using enum input;

constexpr finish_stops stops_done{finish_stops::result::done};
constexpr finish_stops stops_forced{finish_stops::result::forced};
constexpr finish_stops stops_destroyed{finish_stops::result::destroyed};
constexpr fail_waiters waiters_stopped{fail_waiters::reason::stopped};
constexpr fail_waiters waiters_destroyed{fail_waiters::reason::destroyed};

constexpr attempt_id next(attempt_id a)
{
    return static_cast<attempt_id>(static_cast<unsigned>(a) + 1);
}

TEST(client_machine_stop, CS_06_16_while_connected_closes_and_ends_when_the_connection_has)
{
    auto s = in(state::connected);
    const auto id = s.attempt();
    const auto todo = s.feed(stop);
    EXPECT_EQ(todo, (actions{clear_current{}, close{id}, arm{s.timer, s.now + 5s},
                             emit{event::stopping}}));
    EXPECT_EQ(s.feed(down), actions{}) << "no failure: it was told to";
    EXPECT_EQ(s.feed(gone), (actions{disarm{}, waiters_stopped, stops_done, emit{event::stopped}}));
    EXPECT_EQ(s.current(), state::stopped);
    EXPECT_EQ(s.machine.wait(), client_machine::wait_answer::stopped);
}

TEST(client_machine_stop, CS_07_while_dialling_cancels_and_ends_when_nothing_is_in_flight)
{
    auto s = in(state::dialling);
    const auto todo = s.feed(stop);
    EXPECT_EQ(todo,
              (actions{cancel{s.attempt()}, arm{s.timer, s.now + 5s}, emit{event::stopping}}));
    EXPECT_EQ(s.feed(gone), (actions{disarm{}, waiters_stopped, stops_done, emit{event::stopped}}));
}

TEST(client_machine_stop, CS_07_a_dial_that_succeeds_although_cancelled_is_closed)
{
    for (const auto late : {made, made_ready})
    {
        auto s = in(state::stopping);
        EXPECT_EQ(s.feed(late), actions{close{s.attempt()}});
        EXPECT_EQ(s.feed(prepared), actions{});
        EXPECT_EQ(s.current(), state::stopping);
    }
}

TEST(client_machine_stop, CS_07_while_preparing_cancels_the_preparation_and_closes)
{
    auto s = in(state::preparing);
    const auto id = s.attempt();
    const auto todo = s.feed(stop);
    EXPECT_EQ(todo,
              (actions{cancel{id}, close{id}, arm{s.timer, s.now + 5s}, emit{event::stopping}}));
}

TEST(client_machine_stop, CS_08_while_waiting_disarms_and_ends_at_once)
{
    auto s = in(state::waiting);
    EXPECT_EQ(s.feed(stop), (actions{disarm{}, waiters_stopped, stops_done, emit{event::stopped}}));
}

TEST(client_machine_stop, CS_09_34_before_any_start_ends_at_once_and_the_waiters_are_told)
{
    subject s;
    EXPECT_EQ(s.feed(stop), (actions{waiters_stopped, stops_done, emit{event::stopped}}));
}

TEST(client_machine_stop, CS_10_of_a_stopped_service_ends_at_once)
{
    auto s = in(state::stopped);
    EXPECT_EQ(s.feed(stop), actions{stops_done});
}

TEST(client_machine_stop, CS_11_a_second_stop_joins_the_first)
{
    auto s = in(state::stopping);
    EXPECT_EQ(s.feed(stop), actions{});
    EXPECT_TRUE(has(s.feed(gone), stops_done));
}

TEST(client_machine_stop, CS_12_17_a_start_meanwhile_begins_once_the_old_connection_is_gone)
{
    auto s = in(state::stopping);
    const auto old = s.attempt();
    EXPECT_EQ(s.feed(start), actions{});
    EXPECT_EQ(s.current(), state::restarting);
    EXPECT_EQ(s.machine.wait(), client_machine::wait_answer::keep);
    const auto todo = s.feed(gone);
    EXPECT_EQ(todo, (actions{stops_done, start_attempt{next(old), s.now + 30s},
                             arm{s.timer, s.now + 30s}, emit{event::dialling}}));
    EXPECT_EQ(s.machine.failures(), 0U);
    EXPECT_EQ(s.machine.gone(old, s.now), actions{}) << "told already";
    EXPECT_EQ(s.current(), state::dialling);
}

TEST(client_machine_stop, CS_13_a_stop_of_a_pending_restart_leaves_it_stopped)
{
    auto s = in(state::restarting);
    EXPECT_EQ(s.feed(stop), actions{});
    EXPECT_EQ(s.feed(gone), (actions{disarm{}, waiters_stopped, stops_done, emit{event::stopped}}));
    EXPECT_EQ(s.current(), state::stopped);
}

TEST(client_machine_stop, while_the_policy_chooses_ends_at_once_and_its_answer_changes_nothing)
{
    auto s = in(state::choosing);
    EXPECT_EQ(s.feed(stop), (actions{waiters_stopped, stops_done, emit{event::stopped}}));
    EXPECT_EQ(s.feed(delay_chosen), actions{});
    EXPECT_EQ(s.current(), state::stopped);
}

TEST(client_machine_stop, while_discarding_ends_with_what_is_discarded_and_gives_it_no_more_time)
{
    auto s = in(state::discarding);
    const auto due = s.due;
    EXPECT_EQ(s.pass(1s).feed(stop), actions{emit{event::stopping}});
    EXPECT_EQ(s.due, due);
    EXPECT_TRUE(has(s.feed(gone), stops_done));

    auto cut_off = in(state::discarding);
    cut_off.after(timer, stop);
    EXPECT_TRUE(has(cut_off.feed(timer), stops_forced)) << "it was cut off before the stop";
}

TEST(client_machine_stop, CS_1A_what_does_not_close_is_cut_off_and_then_abandoned)
{
    auto s = in(state::connected);
    const auto id = s.attempt();
    s.feed(stop);
    const auto asked = s.now;
    const auto todo = s.feed(timer);
    EXPECT_EQ(todo, (actions{abort{id}, arm{s.timer, asked + 6s}}));
    EXPECT_EQ(s.now, asked + 5s);
    EXPECT_EQ(s.feed(timer), (actions{abandon{id}, emit{event::forced}, waiters_stopped,
                                      stops_forced, emit{event::stopped}}));
    EXPECT_EQ(s.current(), state::stopped);
    EXPECT_EQ(s.machine.gone(id, s.now), actions{}) << "its late reports change nothing";
}

TEST(client_machine_stop, CS_1A_a_connection_that_ends_when_cut_off_is_no_forced_stop)
{
    auto s = in(state::connected);
    s.after(stop, timer);
    EXPECT_TRUE(has(s.feed(gone), stops_done));
}

TEST(client_machine_stop, CS_1A_a_restart_does_not_wait_for_what_does_not_end)
{
    auto s = in(state::restarting);
    const auto id = s.attempt();
    s.feed(timer);
    EXPECT_EQ(s.current(), state::restarting);
    const auto todo = s.feed(timer);
    EXPECT_EQ(todo, (actions{abandon{id}, emit{event::forced}, stops_forced,
                             start_attempt{next(id), s.now + 30s}, arm{s.timer, s.now + 30s},
                             emit{event::dialling}}));
    EXPECT_EQ(s.machine.made(id, true, s.now), actions{});
    EXPECT_EQ(s.current(), state::dialling);
}

TEST(client_machine_stop, CS_1A_a_retry_does_not_wait_for_what_does_not_end)
{
    auto s = in(state::discarding);
    const auto id = s.attempt();
    const auto todo = s.feed(timer);
    EXPECT_EQ(todo, (actions{abort{id}, arm{s.timer, s.now + 1s}}));
    EXPECT_EQ(s.feed(timer), (actions{abandon{id}, emit{event::forced}, choose_delay{}}));
}

TEST(client_machine_stop, each_connection_has_its_own_time_to_close)
{
    auto s = in(state::discarding); // this one is cut off
    s.after(timer, gone, delay_chosen, timer, made, prepared, stop);
    EXPECT_TRUE(has<abort>(s.feed(timer))) << "and the next one is asked first";
}

TEST(client_machine_stop, CS_19_the_end_of_the_service_ends_all_at_once)
{
    auto s = in(state::connected);
    const auto id = s.attempt();
    EXPECT_EQ(s.feed(destroy), (actions{clear_current{}, cancel{id}, close{id}, abort{id},
                                        abandon{id}, waiters_destroyed, stops_destroyed}));
    EXPECT_EQ(s.machine.gone(id, s.now), actions{});

    auto waiting = in(state::waiting);
    EXPECT_EQ(waiting.feed(destroy), (actions{disarm{}, waiters_destroyed, stops_destroyed}));
}
}
}

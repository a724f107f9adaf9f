// SPDX-License-Identifier: BSL-1.0
#include "unit/core/machine_subject.hpp"

#include <gtest/gtest.h>

namespace holdfast::core
{
namespace
{
using enum input;
using waiters_get = client_machine::wait_answer;

constexpr attempt_id first{1}, second{2};
constexpr timer_id timer_1{1}, timer_2{2}, timer_3{3}, timer_4{4}, timer_5{5};
constexpr finish_stops stops_done{finish_stops::result::done};
constexpr fail_waiters waiters_stopped{fail_waiters::reason::stopped};
constexpr fail_waiters waiters_gave_up{fail_waiters::reason::gave_up};

TEST(client_machine, tells_its_story)
{
    client_machine m(lengths);
    EXPECT_EQ(m.start(t0), (actions{start_attempt{first, t0 + 30s}, arm{timer_1, t0 + 30s},
                                    emit{event::dialling}}));
    EXPECT_EQ(m.made(first, true, t0 + 1s),
              (actions{prepare{first}, arm{timer_2, t0 + 21s}, emit{event::preparing}}));
    EXPECT_EQ(m.prepared(first, t0 + 2s),
              (actions{disarm{}, set_current{first}, serve_waiters{}, emit{event::connected}}));
    EXPECT_EQ(m.down(first, t0 + 20s), (actions{record_failure{}, clear_current{}, close{first},
                                                arm{timer_3, t0 + 25s}, emit{event::lost}}));
    EXPECT_EQ(m.gone(first, t0 + 21s), (actions{disarm{}, choose_delay{}}));
    EXPECT_EQ(m.delay_chosen(3s, t0 + 21s),
              (actions{arm{timer_4, t0 + 23s}, emit{event::waiting}}));
    EXPECT_EQ(
        m.timer_fired(timer_4, t0 + 23s),
        (actions{start_attempt{second, t0 + 53s}, arm{timer_5, t0 + 53s}, emit{event::dialling}}));
    EXPECT_EQ(m.attempts(), 2U);
}

// Failures

TEST(client_machine, CS_03_a_failed_attempt_counts_once_and_the_policy_is_asked)
{
    subject s;
    s.feed(start);
    EXPECT_EQ(s.feed(gone), (actions{record_failure{}, count_failure{}, disarm{}, choose_delay{},
                                     emit{event::failed}}));
    EXPECT_EQ(s.machine.failures(), 1U);
    s.after(delay_chosen, timer, gone);
    EXPECT_EQ(s.machine.failures(), 2U);
}

TEST(client_machine, CS_03_an_attempt_that_goes_down_and_is_gone_later_counts_once)
{
    subject s;
    s.feed(start);
    EXPECT_EQ(s.feed(down), (actions{record_failure{}, count_failure{}, cancel{first}, close{first},
                                     arm{timer_2, t0 + 5s}, emit{event::failed}}));
    EXPECT_EQ(s.feed(gone), (actions{disarm{}, choose_delay{}}));
    EXPECT_EQ(s.machine.failures(), 1U);
}

TEST(client_machine, an_attempt_that_runs_out_of_time_is_a_failure)
{
    subject s;
    s.feed(start);
    EXPECT_EQ(s.feed(timer), (actions{record_failure{}, count_failure{}, cancel{first},
                                      close{first}, arm{timer_2, t0 + 35s}, emit{event::failed}}));
    EXPECT_EQ(s.current(), state::discarding);
    EXPECT_EQ(s.machine.failures(), 1U);
}

TEST(client_machine, CS_05_a_loss_is_asked_about_as_one_and_the_next_failure_as_two)
{
    auto s = in(state::connected);
    EXPECT_EQ(s.feed(gone),
              (actions{record_failure{}, clear_current{}, choose_delay{}, emit{event::lost}}));
    EXPECT_EQ(s.machine.failures(), 1U);
    s.after(delay_chosen, timer, gone);
    EXPECT_EQ(s.machine.failures(), 2U);
}

TEST(client_machine, CS_14_a_service_started_again_begins_with_nothing_counted)
{
    for (const auto from : {state::stopped, state::parked})
    {
        auto s = in(from);
        s.pass(1s).feed(start);
        EXPECT_EQ(s.current(), state::dialling);
        EXPECT_EQ(s.machine.failures(), 0U);
        EXPECT_EQ(s.machine.setbacks(), 0U);
        EXPECT_EQ(s.machine.attempts(), 1U);
        EXPECT_EQ(s.machine.previous_delay(), duration::zero());
        EXPECT_EQ(s.machine.disconnected_since(), s.now);
    }
}

TEST(client_machine, CS_4A_a_connection_lost_early_adds_to_the_setbacks_and_a_stable_one_ends_them)
{
    auto s = in(state::connected);
    s.pass(10s - 1ns).feed(down);
    EXPECT_EQ(s.machine.setbacks(), 3U) << "two failures and the loss";
    EXPECT_EQ(s.machine.previous_delay(), 3s);
    s.after(gone, delay_chosen, timer, made_ready);
    EXPECT_EQ(s.machine.failures(), 0U);
    EXPECT_EQ(s.machine.setbacks(), 3U) << "being connected is not yet being stable";
    s.pass(10s).feed(down);
    EXPECT_EQ(s.machine.setbacks(), 1U);
    EXPECT_EQ(s.machine.failures(), 1U);
    EXPECT_EQ(s.machine.previous_delay(), duration::zero());
}

TEST(client_machine, the_time_without_a_connection_counts_from_the_loss)
{
    auto s = in(state::connected);
    EXPECT_EQ(s.machine.disconnected_since(), t0);
    EXPECT_EQ(s.machine.connected_since(), s.now);
    const auto lost = s.pass(1h).now;
    s.feed(down);
    s.pass(1s).after(gone, delay_chosen, timer, gone);
    EXPECT_EQ(s.machine.disconnected_since(), lost);
}

// The delay

TEST(client_machine, the_delay_counts_from_the_failure_and_not_from_the_end_of_what_was_left)
{
    auto s = in(state::dialling);
    const auto failed = s.now;
    s.feed(down);
    s.pass(2s).feed(gone);
    s.feed(delay_chosen);
    EXPECT_EQ(s.due, failed + 3s);
    EXPECT_EQ(s.machine.failed_at(), failed);
}

TEST(client_machine, a_delay_that_is_over_already_is_not_waited_for)
{
    auto s = in(state::dialling);
    s.feed(down);
    s.pass(3s).feed(gone);
    const auto todo = s.feed(delay_chosen);
    EXPECT_EQ(s.current(), state::dialling);
    EXPECT_FALSE(has(todo, emit{event::waiting}));
    EXPECT_EQ(s.machine.previous_delay(), 3s);
}

TEST(client_machine, CS_45_without_a_delay_it_is_parked_and_the_waiters_get_the_last_failure)
{
    auto s = in(state::choosing);
    EXPECT_EQ(s.feed(gave_up), (actions{waiters_gave_up, emit{event::parked}}));
    EXPECT_EQ(s.current(), state::parked);
    EXPECT_EQ(s.machine.wait(), waiters_get::gave_up);
    EXPECT_EQ(s.feed(stop), (actions{waiters_stopped, stops_done, emit{event::stopped}}));
}

TEST(client_machine, retry_now_skips_the_delay_and_keeps_the_counts)
{
    for (const auto from : {state::waiting, state::parked})
    {
        auto s = in(from);
        s.pass(10ms).feed(retry_now);
        EXPECT_EQ(s.current(), state::dialling);
        EXPECT_EQ(s.machine.failures(), 3U);
        EXPECT_EQ(s.machine.attempts(), 4U);
    }
}

TEST(client_machine, reset_skips_the_delay_and_forgets_the_counts)
{
    for (const auto from : {state::waiting, state::parked})
    {
        auto s = in(from);
        s.pass(10ms).feed(reset);
        EXPECT_EQ(s.current(), state::dialling);
        EXPECT_EQ(s.machine.failures(), 0U);
        EXPECT_EQ(s.machine.setbacks(), 0U);
        EXPECT_EQ(s.machine.previous_delay(), duration::zero());
    }
}

TEST(client_machine, retry_now_and_reset_come_no_sooner_than_the_floor_after_the_failure)
{
    for (const auto by_hand : {retry_now, reset})
        for (const auto from : {state::waiting, state::parked})
        {
            auto s = in(from);
            const auto todo = s.pass(10ms - 1ns).feed(by_hand);
            EXPECT_FALSE(has<start_attempt>(todo));
            EXPECT_EQ(s.current(), state::waiting);
            EXPECT_EQ(s.due, s.machine.failed_at() + 10ms);
            s.feed(timer);
            EXPECT_EQ(s.current(), state::dialling);
        }
}

TEST(client_machine, a_retry_asked_for_at_each_event_tells_of_no_further_event)
{
    // Else an observer that asks whenever it is told `waiting` would keep its service busy.
    for (const auto by_hand : {retry_now, reset})
        for (const auto from : {state::waiting, state::parked})
        {
            auto s = in(from);
            s.feed(by_hand);
            EXPECT_EQ(s.feed(retry_now), actions{});
            EXPECT_EQ(s.feed(reset), actions{});
            EXPECT_EQ(s.due, s.machine.failed_at() + 10ms);
            s.after(timer, gone, delay_chosen);
            EXPECT_EQ(s.due, s.machine.failed_at() + 3s) << "the hurry was for one retry";
        }
}

TEST(client_machine, a_retry_asked_for_while_the_old_connection_ends_skips_the_policy)
{
    for (const auto by_hand : {retry_now, reset})
    {
        auto s = in(state::discarding);
        const auto failed = s.now;
        EXPECT_EQ(s.feed(by_hand), actions{});
        auto early = s;
        EXPECT_FALSE(has<choose_delay>(early.feed(gone)));
        EXPECT_EQ(early.current(), state::waiting);
        EXPECT_EQ(early.due, failed + 10ms);
        EXPECT_FALSE(has<choose_delay>(s.pass(10ms).feed(gone)));
        EXPECT_EQ(s.current(), state::dialling);
    }
}

TEST(client_machine, a_retry_asked_for_while_the_policy_chooses_outranks_its_answer)
{
    for (const auto answer : {delay_chosen, gave_up})
    {
        auto s = in(state::choosing);
        s.feed(retry_now);
        s.pass(10ms).feed(answer);
        EXPECT_EQ(s.current(), state::dialling);
        s.after(gone, delay_chosen);
        EXPECT_EQ(s.current(), state::waiting) << "the hurry was for one retry";
    }
}

// Preparation

TEST(client_machine, CS_20_what_needs_no_preparation_is_connected_once_it_is_made)
{
    subject s;
    s.feed(start);
    EXPECT_EQ(s.feed(made_ready),
              (actions{disarm{}, set_current{first}, serve_waiters{}, emit{event::connected}}));
}

TEST(client_machine, CS_22_waiters_wait_for_the_preparation)
{
    auto s = in(state::dialling);
    EXPECT_FALSE(has<serve_waiters>(s.feed(made)));
    EXPECT_EQ(s.machine.wait(), waiters_get::keep);
    EXPECT_TRUE(has<serve_waiters>(s.feed(prepared)));
    EXPECT_EQ(s.machine.wait(), waiters_get::serve);
}

TEST(client_machine, CS_23_24_25_what_is_down_in_preparation_is_closed_before_the_next_attempt)
{
    auto s = in(state::preparing);
    const auto id = s.attempt();
    const auto todo = s.feed(down);
    EXPECT_TRUE(has<count_failure>(todo));
    EXPECT_TRUE(has(todo, cancel{id}));
    EXPECT_TRUE(has(todo, close{id}));
    EXPECT_EQ(s.machine.failures(), 3U);
    EXPECT_EQ(s.feed(prepared), actions{}) << "too late";
    EXPECT_EQ(s.current(), state::discarding);
    s.after(gone, delay_chosen, timer);
    EXPECT_EQ(s.machine.failures(), 3U);
}

TEST(client_machine, CS_26_a_preparation_has_its_own_time_but_no_more_than_the_attempt)
{
    subject s;
    s.feed(start);
    s.pass(10s - 1ns).feed(made);
    EXPECT_EQ(s.due, s.now + 20s);

    subject late;
    late.feed(start);
    late.pass(11s).feed(made);
    EXPECT_EQ(late.due, t0 + 30s);
    EXPECT_EQ(late.feed(timer),
              (actions{record_failure{}, count_failure{}, cancel{first}, close{first},
                       arm{timer_3, t0 + 35s}, emit{event::failed}}));
}

// What a waiter is told

TEST(client_machine, CS_30_34_35_36_45_a_waiter_is_told_by_the_state_alone)
{
    for (const auto s : all_states)
    {
        const auto expected = s == state::connected ? waiters_get::serve
                              : s == state::stopped ? waiters_get::stopped
                              : s == state::parked  ? waiters_get::gave_up
                                                    : waiters_get::keep;
        EXPECT_EQ(in(s).machine.wait(), expected) << to_string(s);
    }
}

TEST(client_machine, what_it_asks_for_is_told_in_order)
{
    client_machine m(lengths);
    EXPECT_EQ(to_string(m.start(t0)), "start_attempt, arm, emit(dialling)");
    EXPECT_EQ(to_string(event::policy_failed), "policy_failed");
}

TEST(client_machine, CS_69_it_runs_from_start_to_stop)
{
    for (const auto s : all_states)
        EXPECT_EQ(running(s), s != state::idle && s != state::stopping && s != state::stopped)
            << to_string(s);
}
}
}

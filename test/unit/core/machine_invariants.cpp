// SPDX-License-Identifier: BSL-1.0
#include "unit/core/machine_invariants.hpp"

#include "unit/core/machine_step.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace holdfast::core
{
namespace
{
using enum service_state;
using h = happening;

// Attempts and connections

bool has_one_live_attempt_at_most(const step& s)
{
    bool live = s.before.live && s.what != h::gone;
    for (const auto& a : s.todo)
    {
        if (std::holds_alternative<start_attempt>(a) && std::exchange(live, true))
            return false;
        live = live && !std::holds_alternative<abandon>(a);
    }
    return true;
}

bool listens_to_the_attempt_in_flight(const step& s)
{
    return s.after.machine.attempt() == s.after.attempt() &&
           s.after.live ==
               (is_ending(s.is.state) || one_of(s.is.state, dialling, preparing, connected));
}

bool asks_only_of_the_attempt_in_flight(const step& s)
{
    auto live = s.what == h::gone ? attempt_id::none : s.before.attempt();
    for (const auto& a : s.todo)
    {
        if (const auto* begun = std::get_if<start_attempt>(&a))
            live = begun->id;
        else if (!std::visit(
                     [live](const auto& what)
                     {
                         if constexpr (requires { what.id == live; })
                             return what.id == live && live != attempt_id::none;
                         return true;
                     },
                     a))
            return false;
        if (std::holds_alternative<abandon>(a))
            live = attempt_id::none;
    }
    return true;
}

bool gives_each_attempt_a_new_id(const step& s)
{
    const auto* begun = find<start_attempt>(s.todo);
    return begun == nullptr || begun->id > s.before.begun;
}

/// Whether the attempt has been asked for it once, now or earlier, or never.
template <class A>
bool asked_once(const step& s, bool earlier)
{
    return count<A>(s.todo) <= (earlier ? 0 : 1);
}

bool asks_nothing_twice_of_an_attempt(const step& s)
{
    const auto& w = s.before;
    if (!asked_once<prepare>(s, w.prepare_asked && w.live) ||
        !asked_once<set_current>(s, w.used && w.live))
        return false;
    if (s.what == h::destroy) // it asks for everything once more
        return true;
    const bool new_to_close = one_of(s.what, h::made, h::made_ready);
    return asked_once<cancel>(s, w.cancelled && w.live) &&
           asked_once<close>(s, w.closed && w.live && !new_to_close) &&
           asked_once<abort>(s, w.aborted && w.live);
}

bool tells_what_must_end_to_end(const step& s)
{
    return !is_ending(s.is.state) ||
           ((s.after.closed || !s.after.made) && (s.after.cancelled || s.after.used));
}

bool cuts_off_what_did_not_end_and_then_lets_it_go(const step& s)
{
    const bool time_is_up = is_ending(s.was.state) && s.what == h::timer && !stale(s);
    const bool destroyed = s.what == h::destroy && s.before.live;
    return has<abort>(s.todo) == ((time_is_up && !s.before.aborted) || destroyed) &&
           has<abandon>(s.todo) == ((time_is_up && s.before.aborted) || destroyed);
}

bool prepares_what_is_made(const step& s)
{
    const bool due = s.was.state == dialling && s.what == h::made && !stale(s);
    return s.entered(preparing) == due && has<prepare>(s.todo) == due;
}

bool uses_exactly_what_is_prepared(const step& s)
{
    const bool due = !stale(s) && ((s.was.state == dialling && s.what == h::made_ready) ||
                                   (s.was.state == preparing && s.what == h::prepared));
    return s.entered(connected) == due && has<set_current>(s.todo) == due;
}

bool has_a_connection_exactly_while_connected(const step& s)
{
    return s.after.current == (s.is.state == connected) && (!s.after.current || s.after.live) &&
           has<clear_current>(s.todo) == s.left(connected);
}

bool discards_what_failed_and_is_not_gone(const step& s)
{
    return s.entered(discarding) ==
           ((attempt_failed(s) || connection_lost(s)) && s.what != h::gone);
}

// Time

bool has_one_timer_at_most(const step& s)
{
    bool armed = s.before.armed && s.what != h::timer;
    for (const auto& a : s.todo)
    {
        if (std::holds_alternative<disarm>(a) && !std::exchange(armed, false))
            return false;
        armed = armed || std::holds_alternative<arm>(a);
    }
    const auto* armed_last = find<arm>(s.todo);
    return count<arm>(s.todo) <= 1 && (armed_last == nullptr || armed_last->id > s.before.timer);
}

bool has_a_timer_exactly_where_time_ends_the_state(const step& s)
{
    return s.after.armed == is_timed(s.is.state) && s.is.armed == s.after.armed;
}

bool arms_the_timer_anew_for_each_phase(const step& s)
{
    const bool goes_on_ending = is_ending(s.was.state) && is_ending(s.is.state);
    return !s.entered(s.is.state) || !is_timed(s.is.state) || goes_on_ending || has<arm>(s.todo);
}

time_point due(const step& s)
{
    const auto& rules = *s.before.rules;
    if (s.is.state == dialling)
        return s.after.now + rules.attempt_timeout;
    if (s.is.state == preparing)
        return std::min(s.after.attempt_deadline, s.after.now + rules.prepare_timeout);
    if (s.is.state == waiting)
        return s.is.since + (s.after.hurried ? rules.delay_floor : s.after.delay);
    return s.after.now + (has<abort>(s.todo) ? abandon_after : rules.stop_timeout);
}

bool arms_the_timer_for_the_right_time(const step& s)
{
    const auto* armed = find<arm>(s.todo);
    const auto* begun = find<start_attempt>(s.todo);
    return (armed == nullptr || armed->at == due(s)) &&
           (begun == nullptr || begun->deadline == due(s)) &&
           (!s.after.armed || s.after.machine.deadline() == s.after.due);
}

bool begins_no_attempt_before_its_time(const step& s)
{
    if (!began(s) || began_anew(s))
        return true;
    const bool hurried =
        s.before.hurried || (one_of(s.what, h::retry_now, h::reset) &&
                             one_of(s.was.state, discarding, choosing, waiting, parked));
    const auto chosen = s.what == h::delay_chosen ? usual_delay : s.before.delay;
    return one_of(s.was.state, discarding, choosing, waiting, parked) &&
           s.after.now >= s.was.since + (hurried ? s.before.rules->delay_floor : chosen);
}

bool waits_no_longer_than_it_must(const step& s)
{
    return !s.entered(waiting) || s.after.due > s.after.now;
}

// What is late, or comes twice

bool changes_nothing_for_what_is_stale(const step& s)
{
    return !stale(s) || (s.todo.empty() && s.was == s.is);
}

bool changes_nothing_for_what_is_known(const step& s)
{
    const bool known =
        (one_of(s.what, h::made, h::made_ready) && one_of(s.was.state, preparing, connected)) ||
        (s.what == h::prepared && s.was.state != preparing) ||
        (s.what == h::down && is_ending(s.was.state));
    return !known || (s.todo.empty() && s.was == s.is);
}

bool closes_what_is_made_too_late(const step& s)
{
    const bool late = one_of(s.what, h::made, h::made_ready) && !stale(s) && is_ending(s.was.state);
    return !late || (has<close>(s.todo) && s.was == s.is);
}

// States

bool is_busy_with_exactly_one_thing_while_it_runs(const step& s)
{
    const auto& w = s.after;
    const auto now = s.is.state;
    const int things = (one_of(now, dialling, preparing) && w.live) +
                       (now == discarding && w.live) + w.policy_asked + (w.armed && !w.live) +
                       w.current + (now == parked) + (now == restarting && w.live);
    return things == (running(now) ? 1 : 0);
}

bool asks_the_policy_exactly_while_choosing(const step& s)
{
    return s.after.policy_asked == (s.is.state == choosing) && count<choose_delay>(s.todo) <= 1 &&
           has<choose_delay>(s.todo) == s.entered(choosing);
}

bool asks_the_policy_unless_somebody_is_in_a_hurry(const step& s)
{
    const bool ended = is_ending(s.was.state) && s.was.state == discarding && !s.after.destroyed &&
                       s.left(discarding) && s.is.state != stopping;
    return !ended || (s.is.state == choosing) == !s.before.hurried;
}

bool parks_exactly_when_the_policy_gives_up(const step& s)
{
    return s.entered(parked) ==
           (s.what == h::gave_up && s.was.state == choosing && !s.before.hurried);
}

bool does_not_forget_a_retry(const step& s)
{
    return !s.after.hurried || one_of(s.is.state, discarding, choosing, waiting);
}

bool obeys_start_and_stop(const step& s)
{
    switch (s.what)
    {
    case h::start:
        return running(s.is.state) && began(s) == one_of(s.was.state, idle, parked, stopped);
    case h::stop:
        return s.is.state == (s.before.live ? stopping : stopped);
    case h::destroy:
        return s.is.state == stopped;
    default: // the rest leaves it running, or not
        return running(s.is.state) == running(s.was.state);
    }
}

bool leaves_nothing_once_stopped(const step& s)
{
    const auto& w = s.after;
    return s.is.state != stopped || (!w.armed && !w.live && !w.current && !w.policy_asked &&
                                     !w.hurried && w.waiters == callers{} && !s.is.in_flight &&
                                     !s.is.armed && (!s.is.hurry || w.destroyed));
}

bool fits_its_list(const step& s)
{
    return s.todo.size() <= 8;
}

bool asks_in_an_order_that_can_be_followed(const step& s)
{
    const auto& todo = s.todo;
    return in_order<clear_current, close>(todo) && in_order<cancel, close>(todo) &&
           in_order<close, abort>(todo) && in_order<abort, abandon>(todo) &&
           in_order<set_current, serve_waiters>(todo) &&
           in_order<record_failure, count_failure>(todo) &&
           in_order<record_failure, clear_current>(todo) && in_order<record_failure, emit>(todo) &&
           in_order<finish_stops, start_attempt>(todo) && in_order<abandon, start_attempt>(todo) &&
           in_order<start_attempt, arm>(todo);
}

constexpr invariant all[] = {
    HOLDFAST_INVARIANT(has_one_live_attempt_at_most),
    HOLDFAST_INVARIANT(listens_to_the_attempt_in_flight),
    HOLDFAST_INVARIANT(asks_only_of_the_attempt_in_flight),
    HOLDFAST_INVARIANT(gives_each_attempt_a_new_id),
    HOLDFAST_INVARIANT(asks_nothing_twice_of_an_attempt),
    HOLDFAST_INVARIANT(tells_what_must_end_to_end),
    HOLDFAST_INVARIANT(cuts_off_what_did_not_end_and_then_lets_it_go),
    HOLDFAST_INVARIANT(prepares_what_is_made),
    HOLDFAST_INVARIANT(uses_exactly_what_is_prepared),
    HOLDFAST_INVARIANT(has_a_connection_exactly_while_connected),
    HOLDFAST_INVARIANT(discards_what_failed_and_is_not_gone),
    HOLDFAST_INVARIANT(has_one_timer_at_most),
    HOLDFAST_INVARIANT(has_a_timer_exactly_where_time_ends_the_state),
    HOLDFAST_INVARIANT(arms_the_timer_anew_for_each_phase),
    HOLDFAST_INVARIANT(arms_the_timer_for_the_right_time),
    HOLDFAST_INVARIANT(begins_no_attempt_before_its_time),
    HOLDFAST_INVARIANT(waits_no_longer_than_it_must),
    HOLDFAST_INVARIANT(changes_nothing_for_what_is_stale),
    HOLDFAST_INVARIANT(changes_nothing_for_what_is_known),
    HOLDFAST_INVARIANT(closes_what_is_made_too_late),
    HOLDFAST_INVARIANT(is_busy_with_exactly_one_thing_while_it_runs),
    HOLDFAST_INVARIANT(asks_the_policy_exactly_while_choosing),
    HOLDFAST_INVARIANT(asks_the_policy_unless_somebody_is_in_a_hurry),
    HOLDFAST_INVARIANT(parks_exactly_when_the_policy_gives_up),
    HOLDFAST_INVARIANT(does_not_forget_a_retry),
    HOLDFAST_INVARIANT(obeys_start_and_stop),
    HOLDFAST_INVARIANT(leaves_nothing_once_stopped),
    HOLDFAST_INVARIANT(fits_its_list),
    HOLDFAST_INVARIANT(asks_in_an_order_that_can_be_followed),
};
}

std::span<const invariant> invariants_of_the_machine() noexcept
{
    return all;
}

const invariant* broken_by(const step& s)
{
    for (const auto all_of_one : {invariants_of_the_machine(), invariants_of_accounts()})
        for (const auto& i : all_of_one)
            if (!i.holds(s))
                return &i;
    return nullptr;
}
}

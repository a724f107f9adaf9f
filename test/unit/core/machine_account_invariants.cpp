// SPDX-License-Identifier: BSL-1.0
#include "unit/core/machine_invariants.hpp"

#include "unit/core/machine_step.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace holdfast::core
{
namespace
{
using enum service_state;
using h = happening;

// Those who wait

/// What one who waits for a connection is told in this step, if anything.
std::optional<error_code> answer_to_a_waiter(const step& s, std::size_t place, std::uint8_t left)
{
    if ((s.what == h::first_wait_ends && place == 0) ||
        (s.what == h::second_wait_ends && place == 1) || s.what == h::destroy)
        return cancelled_wait;
    const bool came_now = comes_to_wait(s.what) && place == s.before.waiters.waiting();
    if (s.entered(connected) || (came_now && s.is.state == connected))
        return error_code();
    if (s.entered(stopped) || (came_now && s.is.state == stopped))
        return errc::stopped;
    if (s.entered(parked) || (came_now && s.is.state == parked) || (attempt_failed(s) && left == 1))
        return last_failure;
    return std::nullopt;
}

bool completes_each_waiter_exactly_when_it_may(const step& s)
{
    auto waiting = s.before.waiters.connects;
    if (comes_to_wait(s.what))
        waiting.at(s.before.waiters.waiting()) = failures_borne(s.what);
    callers rest;
    for (std::size_t i = 0; i != waiting.size(); ++i)
    {
        const auto left = waiting.at(i);
        const auto answer = left == callers::nobody ? std::nullopt : answer_to_a_waiter(s, i, left);
        if (s.connects.at(i) != completion{answer ? 1U : 0U, answer.value_or(error_code())})
            return false;
        if (left != callers::nobody && !answer)
            rest.connects.at(rest.waiting()) =
                static_cast<std::uint8_t>(left - (attempt_failed(s) && left != 0));
    }
    return s.after.waiters.connects == rest.connects;
}

/// What those who wait for a stop are told in this step, if anything.
std::optional<error_code> answer_to_a_stop(const step& s)
{
    if (s.what == h::destroy)
        return cancelled_wait;
    if (s.is.state != stopped && !(s.was.state == restarting && s.is.state == dialling))
        return std::nullopt;
    return s.what == h::timer ? error_code(errc::forced) : error_code();
}

bool completes_each_stop_exactly_when_nothing_is_left(const step& s)
{
    const auto waiting = std::min<std::size_t>(
        s.before.waiters.stops + (s.what == h::stop ? 1U : 0U), callers::limit);
    const auto answer = answer_to_a_stop(s);
    for (std::size_t i = 0; i != s.stops.size(); ++i)
    {
        completion expected;
        if (i == 0 && s.what == h::stop_wait_ends)
            expected = {1, cancelled_wait};
        else if (i < waiting && answer)
            expected = {1, *answer};
        if (s.stops.at(i) != expected)
            return false;
    }
    return s.after.waiters.stops ==
           (answer ? 0 : waiting - (s.what == h::stop_wait_ends ? 1U : 0U));
}

bool lets_nobody_wait_where_the_answer_is_known(const step& s)
{
    const bool known = one_of(s.is.state, connected, parked, stopped);
    return (s.after.machine.wait() != client_machine::wait_answer::keep) == known &&
           (!known || s.after.waiters.waiting() == 0) &&
           (s.after.waiters.stops == 0 || one_of(s.is.state, stopping, restarting));
}

// What is counted and remembered

bool counts_failures_right(const step& s)
{
    const auto expected = [&]() -> std::uint32_t
    {
        if (s.what == h::reset || began_anew(s) || s.entered(connected))
            return 0;
        if (connection_lost(s))
            return 1;
        return s.was.failures + attempt_failed(s);
    };
    return s.is.failures == expected() && has<count_failure>(s.todo) == attempt_failed(s);
}

bool counts_setbacks_right(const step& s)
{
    const auto expected = [&]() -> std::uint32_t
    {
        if (s.what == h::reset || began_anew(s))
            return 0;
        if (connection_lost(s) && was_stable(s))
            return 1;
        return s.was.setbacks + (attempt_failed(s) || connection_lost(s));
    };
    return s.is.setbacks == expected();
}

bool counts_attempts_right(const step& s)
{
    return s.is.attempts == (began_anew(s) ? 1 : s.was.attempts + began(s));
}

bool remembers_the_delay(const step& s)
{
    if (s.what == h::reset || began_anew(s) || (connection_lost(s) && was_stable(s)))
        return s.is.delay == duration::zero();
    if (s.what == h::delay_chosen && s.before.policy_asked && !s.before.hurried)
        return s.is.delay == usual_delay;
    if (s.what == h::no_delay_chosen && s.before.policy_asked && !s.before.hurried)
        return s.is.delay == duration::zero();
    return s.is.delay == s.was.delay;
}

bool remembers_when_it_was(const step& s)
{
    const bool changed = attempt_failed(s) || connection_lost(s) || s.entered(connected);
    const bool disconnected = connection_lost(s) || began_anew(s);
    return s.is.since == (changed ? s.after.now : s.was.since) &&
           s.is.disconnected_since == (disconnected ? s.after.now : s.was.disconnected_since);
}

bool records_each_failure(const step& s)
{
    return count<record_failure>(s.todo) == (attempt_failed(s) || connection_lost(s));
}

// What an observer is told

std::vector<event_kind> told(const actions& todo)
{
    std::vector<event_kind> kinds;
    for (const auto& a : todo)
        if (const auto* e = std::get_if<emit>(&a))
            kinds.push_back(e->kind);
    return kinds;
}

std::optional<event_kind> event_of(const step& s)
{
    switch (s.is.state)
    {
    case dialling:
        return event_kind::dialling;
    case preparing:
        return event_kind::preparing;
    case connected:
        return event_kind::connected;
    case waiting:
        return event_kind::waiting;
    case parked:
        return event_kind::parked;
    case stopping:
        return s.was.state == restarting ? std::nullopt : std::optional(event_kind::stopping);
    case stopped:
        return s.what == h::destroy ? std::nullopt : std::optional(event_kind::stopped);
    case idle:
    case discarding:
    case choosing:
    case restarting:
        return std::nullopt;
    }
    return std::nullopt;
}

bool tells_the_observer_what_changed(const step& s)
{
    std::vector<event_kind> expected;
    if (has<abandon>(s.todo) && s.what != h::destroy)
        expected.push_back(event_kind::forced);
    if (attempt_failed(s))
        expected.push_back(event_kind::failed);
    if (connection_lost(s))
        expected.push_back(event_kind::lost);
    if (s.what == h::start && running(s.was.state) && s.was.state != parked)
        expected.push_back(event_kind::already_started);
    const bool waits_anew = s.is.state == waiting && has<arm>(s.todo);
    if (s.was.state != s.is.state || waits_anew)
        if (const auto kind = event_of(s))
            expected.push_back(*kind);
    return told(s.todo) == expected;
}

constexpr invariant all[] = {
    HOLDFAST_INVARIANT(completes_each_waiter_exactly_when_it_may),
    HOLDFAST_INVARIANT(completes_each_stop_exactly_when_nothing_is_left),
    HOLDFAST_INVARIANT(lets_nobody_wait_where_the_answer_is_known),
    HOLDFAST_INVARIANT(counts_failures_right),
    HOLDFAST_INVARIANT(counts_setbacks_right),
    HOLDFAST_INVARIANT(counts_attempts_right),
    HOLDFAST_INVARIANT(remembers_the_delay),
    HOLDFAST_INVARIANT(remembers_when_it_was),
    HOLDFAST_INVARIANT(records_each_failure),
    HOLDFAST_INVARIANT(tells_the_observer_what_changed),
};
}

std::span<const invariant> invariants_of_accounts() noexcept
{
    return all;
}
}

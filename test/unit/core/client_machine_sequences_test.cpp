// SPDX-License-Identifier: BSL-1.0
// Every sequence of inputs up to a small length.
#include "unit/core/machine_walker.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::core
{
namespace
{
using enum service_state;

// The invariants: each is true after every input.

bool asks_for_nothing_wrong(const walker& w)
{
    return w.book.defect == nullptr;
}

bool fits_its_list(const walker& w)
{
    return w.todo.size() <= 8;
}

bool arms_at_most_once(const walker& w)
{
    return std::count_if(w.todo.begin(), w.todo.end(),
                         [](const action& a) { return std::holds_alternative<arm>(a); }) <= 1;
}

bool disarms_only_what_is_armed(const walker& w)
{
    return !has<disarm>(w.todo) || (w.timer_was_armed && w.last != input::timer);
}

bool has_a_timer_exactly_where_time_must_end_the_state(const walker& w)
{
    return w.armed() ==
           one_of(w.now(), dialling, preparing, discarding, waiting, stopping, restarting);
}

bool has_an_attempt_exactly_where_one_is_in_flight(const walker& w)
{
    return w.book.in_flight == w.s.attempt() &&
           (w.book.in_flight != no_attempt) ==
               one_of(w.now(), dialling, preparing, connected, discarding, stopping, restarting);
}

bool is_connected_exactly_while_there_is_a_current_one(const walker& w)
{
    return w.book.current == (w.now() == connected);
}

bool asks_the_policy_exactly_while_choosing(const walker& w)
{
    return w.book.policy_asked == (w.now() == choosing);
}

bool is_busy_with_exactly_one_thing_while_it_runs(const walker& w)
{
    const bool in_flight = w.book.in_flight != no_attempt;
    const int things = (one_of(w.now(), dialling, preparing) && in_flight) +
                       (w.now() == discarding && in_flight) + w.book.policy_asked +
                       (w.armed() && !in_flight) + w.book.current + (w.now() == parked) +
                       (w.now() == restarting && in_flight);
    return things == (running(w.now()) ? 1 : 0);
}

bool keeps_a_stop_only_while_something_must_end(const walker& w)
{
    return w.book.stop_pending == one_of(w.now(), stopping, restarting);
}

bool leaves_nothing_once_stopped(const walker& w)
{
    return w.now() != stopped || (!w.armed() && w.book.in_flight == no_attempt && !w.book.current);
}

bool answers_the_waiters_where_none_may_wait(const walker& w)
{
    if (w.now() == w.before || !one_of(w.now(), connected, parked, stopped))
        return true;
    return w.now() == connected ? has<serve_waiters>(w.todo) : has<fail_waiters>(w.todo);
}

bool counts_failures_right(const walker& w)
{
    return w.s.machine.failures() == w.book.failures && w.s.machine.setbacks() >= w.book.failures;
}

bool counts_waiters_limits_down_once_a_failure(const walker& w)
{
    const bool failed = one_of(w.before, dialling, preparing) &&
                        (w.last == input::down || w.last == input::gone || w.last == input::timer);
    return has<count_failure>(w.todo) == failed;
}

bool answers_nothing_to_what_is_stale(const walker& w)
{
    const auto now = w.s.now + 1h;
    auto m = w.s.machine;
    for (const auto id : {no_attempt, attempt_id{1}, attempt_id{2}, attempt_id{99}})
        if (id != w.book.in_flight || id == no_attempt)
            if (!m.made(id, true, now).empty() || !m.made(id, false, now).empty() ||
                !m.prepared(id, now).empty() || !m.down(id, now).empty() ||
                !m.gone(id, now).empty())
                return false;
    for (const auto id : {timer_id::none, timer_id{1}, timer_id{2}, timer_id{99}})
        if (id != w.s.timer || id == timer_id::none)
            if (!m.timer_fired(id, now).empty())
                return false;
    return m.state() == w.now() && m.failures() == w.s.machine.failures();
}

struct invariant
{
    const char* name;
    bool (*holds)(const walker&);
};

#define HOLDFAST_INVARIANT(name)                                                                   \
    invariant                                                                                      \
    {                                                                                              \
        #name, name                                                                                \
    }
constexpr invariant invariants[] = {
    HOLDFAST_INVARIANT(asks_for_nothing_wrong),
    HOLDFAST_INVARIANT(fits_its_list),
    HOLDFAST_INVARIANT(arms_at_most_once),
    HOLDFAST_INVARIANT(disarms_only_what_is_armed),
    HOLDFAST_INVARIANT(has_a_timer_exactly_where_time_must_end_the_state),
    HOLDFAST_INVARIANT(has_an_attempt_exactly_where_one_is_in_flight),
    HOLDFAST_INVARIANT(is_connected_exactly_while_there_is_a_current_one),
    HOLDFAST_INVARIANT(asks_the_policy_exactly_while_choosing),
    HOLDFAST_INVARIANT(is_busy_with_exactly_one_thing_while_it_runs),
    HOLDFAST_INVARIANT(keeps_a_stop_only_while_something_must_end),
    HOLDFAST_INVARIANT(leaves_nothing_once_stopped),
    HOLDFAST_INVARIANT(answers_the_waiters_where_none_may_wait),
    HOLDFAST_INVARIANT(counts_failures_right),
    HOLDFAST_INVARIANT(counts_waiters_limits_down_once_a_failure),
    HOLDFAST_INVARIANT(answers_nothing_to_what_is_stale),
};
#undef HOLDFAST_INVARIANT

/// Whether the world can give this input now. What it cannot give is stale, and has an invariant.
bool can_happen(input i, const walker& w)
{
    if (one_of(w.now(), choosing))
        return i == input::start || i == input::stop || i == input::retry_now ||
               i == input::reset || i == input::delay_chosen || i == input::gave_up;
    switch (i)
    {
    case input::made:
    case input::made_ready:
    case input::prepared:
    case input::down:
    case input::gone:
        return w.book.in_flight != no_attempt;
    case input::timer:
        return w.armed();
    case input::delay_chosen:
    case input::gave_up:
        return w.book.policy_asked;
    case input::destroy: // the end: every walk is tried with it after each step
        return false;
    case input::start:
    case input::stop:
    case input::retry_now:
    case input::reset:
        return true;
    }
    return false;
}

std::string broken(const walker& w, const std::vector<input>& path)
{
    std::string text;
    for (const auto& i : invariants)
        if (!i.holds(w))
            text += std::string(i.name) + ' ';
    if (text.empty())
        return text;
    if (w.book.defect != nullptr)
        text += "(" + std::string(w.book.defect) + ") ";
    text += "does not hold after:";
    for (const auto i : path)
        text += ' ' + std::string(name_of(i));
    return text + "\nwhich asked for: " + to_string(w.todo);
}

/// Says what the first sequence of up to `length` more inputs broke; nothing where all is well.
std::string explore(const walker& from, unsigned length, std::vector<input>& path)
{
    for (const auto i : all_inputs)
    {
        if (i != input::destroy && (length == 0 || !can_happen(i, from)))
            continue;
        walker w = from;
        path.push_back(i);
        w.step(i);
        auto text = broken(w, path);
        if (text.empty() && i != input::destroy)
            text = explore(w, length - 1, path);
        if (!text.empty())
            return text;
        path.pop_back();
    }
    return {};
}

TEST(client_machine_sequences, keeps_its_invariants_whatever_happens_in_six_steps)
{
    std::vector<input> path;
    EXPECT_EQ(explore(walker{}, 6, path), "");
}

TEST(client_machine_sequences, keeps_its_invariants_whatever_happens_after_a_loss)
{
    using enum input;
    std::vector<input> path{start, made, prepared, down, gone, delay_chosen, timer};
    walker w;
    for (const auto i : path)
        w.step(i);
    EXPECT_EQ(explore(w, 5, path), "");
}
}
}

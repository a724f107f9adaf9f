// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_CORE_MACHINE_STEP_HPP
#define HOLDFAST_TEST_UNIT_CORE_MACHINE_STEP_HPP

#include "unit/core/machine_world.hpp"

#include <algorithm>
#include <cstddef>
#include <variant>

namespace holdfast::core
{
// What a step was, by the world's account and the rules of the service.

inline bool is_a_report(happening what)
{
    return one_of(what, happening::made, happening::made_ready, happening::prepared,
                  happening::down, happening::gone);
}

inline bool is_an_answer(happening what)
{
    return one_of(what, happening::delay_chosen, happening::no_delay_chosen, happening::gave_up);
}

inline bool is_of_something_old(happening what)
{
    return one_of(what, happening::old_made, happening::old_made_ready, happening::old_prepared,
                  happening::old_down, happening::old_gone, happening::old_timer);
}

/// Its cause is over: an attempt that is gone, a timer not armed, a question not asked.
inline bool stale(const step& s)
{
    return is_of_something_old(s.what) || (is_a_report(s.what) && !s.before.live) ||
           (s.what == happening::timer && !s.before.armed) ||
           (is_an_answer(s.what) && !s.before.policy_asked);
}

inline bool attempt_failed(const step& s)
{
    return one_of(s.was.state, state::dialling, state::preparing) &&
           one_of(s.what, happening::down, happening::gone, happening::timer) && !stale(s);
}

inline bool connection_lost(const step& s)
{
    return s.was.state == state::connected && one_of(s.what, happening::down, happening::gone) &&
           !stale(s);
}

inline bool was_stable(const step& s)
{
    return s.after.now - s.was.since >= s.before.rules->stable_after;
}

inline bool began(const step& s)
{
    return has<start_attempt>(s.todo);
}

/// It begins as if nothing had been before.
inline bool began_anew(const step& s)
{
    return (s.what == happening::start &&
            one_of(s.was.state, state::idle, state::parked, state::stopped)) ||
           (s.was.state == state::restarting && s.is.state == state::dialling);
}

inline bool is_ending(service_state s)
{
    return one_of(s, state::discarding, state::stopping, state::restarting);
}

inline bool is_timed(service_state s)
{
    return is_ending(s) || one_of(s, state::dialling, state::preparing, state::waiting);
}

template <class A>
std::ptrdiff_t count(const actions& todo)
{
    return std::count_if(todo.begin(), todo.end(),
                         [](const action& a) { return std::holds_alternative<A>(a); });
}

template <class A>
const A* find(const actions& todo)
{
    for (const auto& a : todo)
        if (const auto* found = std::get_if<A>(&a))
            return found;
    return nullptr;
}

/// Where both are asked for, the one comes before the other.
template <class First, class Second>
bool in_order(const actions& todo)
{
    bool second = false;
    for (const auto& a : todo)
    {
        if (second && std::holds_alternative<First>(a))
            return false;
        second = second || std::holds_alternative<Second>(a);
    }
    return true;
}
}

#endif

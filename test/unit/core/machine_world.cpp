// SPDX-License-Identifier: BSL-1.0
#include "unit/core/machine_world.hpp"

#include "unit/core/machine_room.hpp"

#include <cstdlib>
#include <optional>
#include <variant>

namespace holdfast::core
{
namespace
{
template <class Id>
Id before(Id id)
{
    return id == Id::none ? id : static_cast<Id>(static_cast<std::uint32_t>(id) - 1);
}

/// The next moment from which the machine can answer otherwise; now, if there is none.
time_point next_difference(const world& w)
{
    const machine_contents m(w.machine);
    auto next = time_point::max();
    for (const auto age : {w.rules->delay_floor, usual_delay, w.rules->stable_after})
        if (has_an_age(w.state()) && m.since + age > w.now)
            next = std::min(next, m.since + age);
    if (w.state() == state::dialling && w.attempt_deadline - w.rules->prepare_timeout > w.now)
        next = std::min(next, w.attempt_deadline - w.rules->prepare_timeout);
    return next == time_point::max() ? w.now : next;
}

// What is asked for, as far as it is kept account of.

void note(world& w, const start_attempt& a)
{
    w.begun = a.id;
    w.attempt_deadline = a.deadline;
    w.live = true;
    w.made = w.prepare_asked = w.used = w.cancelled = w.closed = w.aborted = false;
    w.hurried = false;
    w.delay = duration::zero();
}
void note(world& w, const prepare&)
{
    w.prepare_asked = true;
}
void note(world& w, const cancel&)
{
    w.cancelled = true;
}
void note(world& w, const close&)
{
    w.closed = true;
}
void note(world& w, const abort&)
{
    w.aborted = true;
}
void note(world& w, const abandon&)
{
    w.live = false;
}
void note(world& w, const choose_delay&)
{
    w.policy_asked = true;
}
void note(world& w, const arm& a)
{
    w.timer = a.id;
    w.due = a.at;
    w.armed = true;
}
void note(world& w, const disarm&)
{
    w.armed = false;
}
void note(world& w, const set_current&)
{
    w.used = true;
    w.current = true;
}
void note(world& w, const clear_current&)
{
    w.current = false;
}
template <class Other>
void note(world&, const Other&)
{
}

/// What a happening changes, whatever the machine answers.
void let_happen(world& w, happening h)
{
    switch (h)
    {
    case happening::destroy:
        w.destroyed = true;
        [[fallthrough]];
    case happening::stop:
        w.policy_asked = w.hurried = false; // the answer does not count any more
        w.delay = duration::zero();
        if (h == happening::stop && w.waiters.stops != callers::limit)
            ++w.waiters.stops; // a third one joins them, and is not followed
        return;
    case happening::retry_now:
    case happening::reset:
        w.hurried = w.hurried || one_of(w.state(), state::discarding, state::choosing,
                                        state::waiting, state::parked);
        return;
    case happening::wait:
    case happening::wait_1:
    case happening::wait_2:
    case happening::wait_3:
        w.waiters.connects[w.waiters.waiting()] = failures_borne(h);
        return;
    case happening::time_passes:
        w.now = next_difference(w);
        return;
    case happening::made:
    case happening::made_ready:
        w.made = w.made || w.live;
        return;
    case happening::gone:
        w.live = false;
        return;
    case happening::timer:
        if (w.armed)
            w.now = std::max(w.now, w.due);
        w.armed = false;
        return;
    case happening::delay_chosen:
        if (w.policy_asked)
            w.delay = usual_delay;
        [[fallthrough]];
    case happening::no_delay_chosen:
    case happening::gave_up:
        w.policy_asked = false;
        return;
    default:
        return;
    }
}

actions tell(world& w, happening h)
{
    auto& m = w.machine;
    const auto old = before(w.begun);
    switch (h)
    {
    case happening::start:
        return m.start(w.now);
    case happening::stop:
        return m.stop(w.now);
    case happening::retry_now:
        return m.retry_now(w.now);
    case happening::reset:
        return m.reset(w.now);
    case happening::destroy:
        return m.destroy();
    case happening::made:
        return m.made(w.begun, true, w.now);
    case happening::made_ready:
        return m.made(w.begun, false, w.now);
    case happening::prepared:
        return m.prepared(w.begun, w.now);
    case happening::down:
        return m.down(w.begun, w.now);
    case happening::gone:
        return m.gone(w.begun, w.now);
    case happening::timer:
        return m.timer_fired(w.timer, w.now);
    case happening::old_made:
        return m.made(old, true, w.now);
    case happening::old_made_ready:
        return m.made(old, false, w.now);
    case happening::old_prepared:
        return m.prepared(old, w.now);
    case happening::old_down:
        return m.down(old, w.now);
    case happening::old_gone:
        return m.gone(old, w.now);
    case happening::old_timer:
        return m.timer_fired(before(w.timer), w.now);
    case happening::delay_chosen:
        return m.delay_chosen(usual_delay, w.now);
    case happening::no_delay_chosen:
        return m.delay_chosen(duration::zero(), w.now);
    case happening::gave_up:
        return m.delay_chosen(std::nullopt, w.now);
    case happening::wait: // of waiters the machine does not know
    case happening::wait_1:
    case happening::wait_2:
    case happening::wait_3:
    case happening::first_wait_ends:
    case happening::second_wait_ends:
    case happening::stop_wait_ends:
    case happening::time_passes:
        return {};
    }
    std::abort(); // everything is handled above
}
}

std::string_view name_of(happening h) noexcept
{
    constexpr std::array<std::string_view, happening_count> names{
        "start",          "stop",          "retry_now",       "reset",
        "destroy",        "wait",          "wait(1)",         "wait(2)",
        "wait(3)",        "1st wait ends", "2nd wait ends",   "a stop's wait ends",
        "time passes",    "made",          "made_ready",      "prepared",
        "down",           "gone",          "timer",           "old made",
        "old made_ready", "old prepared",  "old down",        "old gone",
        "old timer",      "delay_chosen",  "delay_chosen(0)", "gave_up"};
    return names.at(static_cast<std::size_t>(h));
}

bool has_an_age(service_state s) noexcept
{
    return one_of(s, state::connected, state::discarding, state::choosing, state::waiting,
                  state::parked);
}

bool possible(const world& w, happening h) noexcept
{
    if (w.destroyed && by_a_user(h))
        return false;
    switch (h)
    {
    case happening::wait:
    case happening::wait_1:
    case happening::wait_2:
    case happening::wait_3:
        return w.waiters.waiting() != callers::limit;
    case happening::first_wait_ends:
        return w.waiters.waiting() > 0;
    case happening::second_wait_ends:
        return w.waiters.waiting() > 1;
    case happening::stop_wait_ends:
        return w.waiters.stops > 0;
    case happening::time_passes:
        return next_difference(w) != w.now;
    default:
        return true;
    }
}

step::step(const world& w, happening h)
    : before(w)
    , what(h)
    , after(w)
    , was(w.machine)
    , is(w.machine)
{
    let_happen(after, h);
    static thread_local machine_room waiting;
    waiting.fill(after.waiters);
    waiting.hear(h, after.machine.wait());
    todo = tell(after, h);
    for (const auto& a : todo)
        std::visit(
            [this](const auto& wanted)
            {
                note(after, wanted);
                waiting.perform(wanted);
            },
            a);
    is = machine_contents(after.machine);
    after.waiters = waiting.rest();
    for (std::size_t i = 0; i != callers::limit; ++i)
    {
        connects[i] = waiting.heard_of_connect(i);
        stops[i] = waiting.heard_of_stop(i);
    }
}
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_CORE_MACHINE_SUBJECT_HPP
#define HOLDFAST_TEST_UNIT_CORE_MACHINE_SUBJECT_HPP

#include <holdfast/core/client_machine.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>
#include <variant>

namespace holdfast::core
{
using namespace std::chrono_literals;
using state = service_state;
using event = event_kind;

/// All differ, so that the time of an arming tells what it is for.
inline constexpr limits lengths{.attempt_timeout = 30s,
                                .prepare_timeout = 20s,
                                .stop_timeout = 5s,
                                .stable_after = 10s,
                                .delay_floor = 10ms};
inline constexpr duration usual_delay = 3s;
inline constexpr time_point t0{1000s};

inline constexpr std::array all_states{state::idle,       state::dialling,   state::preparing,
                                       state::connected,  state::discarding, state::choosing,
                                       state::waiting,    state::parked,     state::stopping,
                                       state::restarting, state::stopped};

/// Everything a machine can be told; of an attempt, of the present one.
enum class input : unsigned char
{
    start,
    stop,
    retry_now,
    reset,
    destroy,
    made,       ///< With something to prepare.
    made_ready, ///< With nothing to prepare.
    prepared,
    down,
    gone,
    timer,
    delay_chosen,
    gave_up, ///< The policy chose no delay.
};
inline constexpr std::array all_inputs{
    input::start, input::stop,         input::retry_now, input::reset, input::destroy,
    input::made,  input::made_ready,   input::prepared,  input::down,  input::gone,
    input::timer, input::delay_chosen, input::gave_up};

constexpr std::string_view name_of(input i)
{
    constexpr std::array<std::string_view, all_inputs.size()> names{
        "start",    "stop", "retry_now", "reset", "destroy",      "made",   "made_ready",
        "prepared", "down", "gone",      "timer", "delay_chosen", "gave_up"};
    return names.at(static_cast<std::size_t>(i));
}

/// A machine, and what its driver knows of it: the time, and which timer is armed.
struct subject
{
    client_machine machine{lengths};
    time_point now = t0;
    timer_id timer = timer_id::none;
    time_point due{};

    state current() const { return machine.state(); }
    attempt_id attempt() const { return machine.attempt(); }

    /// Tells the machine, of its present attempt and of the armed timer, which fires when due.
    actions feed(input i)
    {
        const auto id = machine.attempt();
        switch (i)
        {
        case input::start:
            return note(machine.start(now));
        case input::stop:
            return note(machine.stop(now));
        case input::retry_now:
            return note(machine.retry_now(now));
        case input::reset:
            return note(machine.reset(now));
        case input::destroy:
            return note(machine.destroy());
        case input::made:
            return note(machine.made(id, true, now));
        case input::made_ready:
            return note(machine.made(id, false, now));
        case input::prepared:
            return note(machine.prepared(id, now));
        case input::down:
            return note(machine.down(id, now));
        case input::gone:
            return note(machine.gone(id, now));
        case input::timer:
            return note(machine.timer_fired(fire(), now));
        case input::delay_chosen:
            return note(machine.delay_chosen(usual_delay, now));
        case input::gave_up:
            return note(machine.delay_chosen(std::nullopt, now));
        }
        return {};
    }

    /// One input after the other, without a look at the answers.
    template <class... Inputs>
    subject& after(Inputs... i)
    {
        (feed(i), ...);
        return *this;
    }

    subject& pass(duration d)
    {
        now += d;
        return *this;
    }

private:
    timer_id fire()
    {
        if (timer != timer_id::none)
            now = std::max(now, due);
        return std::exchange(timer, timer_id::none);
    }

    actions note(const actions& todo)
    {
        for (const auto& a : todo)
            if (const auto* armed = std::get_if<arm>(&a))
            {
                timer = armed->id;
                due = armed->at;
            }
            else if (std::holds_alternative<disarm>(a))
                timer = timer_id::none;
        return todo;
    }
};

/// Reaches a state by a short way, with two failures in a row before it where that is possible.
inline subject in(state s)
{
    using enum input;
    subject it;
    if (s == state::idle)
        return it;
    it.after(start, gone, delay_chosen, timer, gone, delay_chosen, timer);
    switch (s)
    {
    case state::idle:
    case state::dialling:
        return it;
    case state::preparing:
        return it.after(made);
    case state::connected:
        return it.after(made, prepared);
    case state::discarding:
        return it.after(down);
    case state::choosing:
        return it.after(gone);
    case state::waiting:
        return it.after(gone, delay_chosen);
    case state::parked:
        return it.after(gone, gave_up);
    case state::stopping:
        return it.after(stop);
    case state::restarting:
        return it.after(stop, start);
    case state::stopped:
        return it.after(gone, stop);
    }
    return it;
}

template <class A>
bool has(const actions& todo)
{
    return std::any_of(todo.begin(), todo.end(),
                       [](const action& a) { return std::holds_alternative<A>(a); });
}

inline bool has(const actions& todo, const action& wanted)
{
    return std::find(todo.begin(), todo.end(), wanted) != todo.end();
}

// For failed expectations: with ids, and times counted from t0.

inline void PrintTo(const action& a, std::ostream* out)
{
    *out << to_string(a);
    std::visit(
        [out](const auto& what)
        {
            if constexpr (requires { what.id; })
                *out << " #" << static_cast<unsigned>(what.id);
            if constexpr (requires { what.at; })
                *out << " at t0 + " << std::chrono::duration<double>(what.at - t0).count() << " s";
        },
        a);
}

inline void PrintTo(const actions& todo, std::ostream* out)
{
    const char* separator = "";
    for (const auto& a : todo)
    {
        *out << std::exchange(separator, ", ");
        PrintTo(a, out);
    }
}
}

namespace holdfast
{
inline void PrintTo(service_state s, std::ostream* out)
{
    *out << to_string(s);
}
}

#endif

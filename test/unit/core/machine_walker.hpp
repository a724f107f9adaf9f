// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_CORE_MACHINE_WALKER_HPP
#define HOLDFAST_TEST_UNIT_CORE_MACHINE_WALKER_HPP

#include "unit/core/machine_subject.hpp"

#include <cstdint>

namespace holdfast::core
{
inline constexpr auto no_attempt = attempt_id::none;

template <class T, class... Candidates>
bool one_of(T value, Candidates... candidates)
{
    return ((value == candidates) || ...);
}

/// What must be true of a service, made up from what was asked for and not from what the machine
/// says of itself.
struct ledger
{
    attempt_id in_flight = no_attempt; // begun, and neither gone nor abandoned
    attempt_id begun_last = no_attempt;
    attempt_id prepared_last = no_attempt;
    attempt_id current_last = no_attempt;
    bool current = false;
    bool policy_asked = false;
    bool stop_pending = false;
    std::uint32_t failures = 0;
    const char* defect = nullptr; // the first thing that was asked for wrongly

    void expect(bool truth, const char* otherwise)
    {
        if (!truth && defect == nullptr)
            defect = otherwise;
    }

    void read(const start_attempt& a)
    {
        expect(in_flight == no_attempt, "an attempt began before the last one had ended");
        expect(a.id > begun_last, "an id was used twice");
        in_flight = begun_last = a.id;
    }
    void read(const prepare& a)
    {
        of_the_present(a.id);
        expect(prepared_last != a.id, "prepared twice");
        prepared_last = a.id;
    }
    void read(const set_current& a)
    {
        of_the_present(a.id);
        expect(current_last != a.id, "made current twice");
        current_last = a.id;
        current = true;
    }
    void read(const clear_current&)
    {
        expect(current, "cleared what was not current");
        current = false;
    }
    void read(const abandon& a)
    {
        of_the_present(a.id);
        in_flight = no_attempt;
    }
    void read(const choose_delay&)
    {
        expect(!policy_asked, "the policy was asked twice");
        policy_asked = true;
    }
    void read(const finish_stops&)
    {
        expect(stop_pending, "finished a stop that nobody waits for");
        stop_pending = false;
    }
    void read(const cancel& a) { of_the_present(a.id); }
    void read(const close& a) { of_the_present(a.id); }
    void read(const abort& a) { of_the_present(a.id); }
    template <class Other>
    void read(const Other&)
    {
    }

private:
    void of_the_present(attempt_id id)
    {
        expect(id == in_flight, "something was asked of an attempt that is not in flight");
    }
};

/// A machine on its way, and its ledger.
struct walker
{
    subject s;
    ledger book;
    state before = state::idle;
    input last = input::start;
    actions todo;
    bool timer_was_armed = false;

    void step(input i)
    {
        before = s.current();
        last = i;
        timer_was_armed = s.timer != timer_id::none;
        s.now += 1ms;
        // What the world and the user do counts before what the machine answers.
        if (i == input::gone)
            book.in_flight = no_attempt;
        if (i == input::stop || i == input::destroy) // of a destroyed one somebody may wait
            book.stop_pending = true;
        if (one_of(i, input::delay_chosen, input::gave_up, input::stop, input::destroy))
            book.policy_asked = false;
        todo = s.feed(i);
        for (const auto& a : todo)
            std::visit([this](const auto& what) { book.read(what); }, a);
        book.failures = failures_after();
    }

    state now() const { return s.current(); }
    bool armed() const { return s.timer != timer_id::none; }

    std::uint32_t failures_after() const
    {
        const bool dialled = before == state::dialling || before == state::preparing;
        const bool ended = last == input::down || last == input::gone || last == input::timer;
        if (last == input::reset || (now() == state::connected && before != state::connected))
            return 0;
        if (now() == state::dialling && (last == input::start || before == state::restarting))
            return before == state::dialling ? book.failures : 0;
        if (dialled && ended)
            return book.failures + 1;
        return before == state::connected && ended && now() != state::connected ? 1 : book.failures;
    }
};
}

#endif

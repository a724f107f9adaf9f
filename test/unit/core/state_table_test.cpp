// SPDX-License-Identifier: BSL-1.0
// The table of the machine in doc/state_table.md: made from the machine, compared with the file.
#include "unit/core/machine_subject.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace holdfast::core
{
namespace
{
/// A state, and the data on which some of its answers depend.
struct situation
{
    const char* name; // empty for the usual one of a state, which comes first
    subject s;
};

std::vector<situation> situations(state s)
{
    auto usual = in(s);
    auto early = usual;
    usual.pass(2 * lengths.delay_floor);
    switch (s)
    {
    case state::idle:
    case state::dialling:
    case state::preparing:
    case state::stopped:
        return {{"", usual}};
    case state::connected:
    {
        auto stable = usual;
        return {{"", usual}, {"stable", stable.pass(lengths.stable_after)}};
    }
    case state::discarding:
    {
        auto cut_off = usual, hurried = usual;
        return {{"", usual},
                {"cut off", cut_off.after(input::timer)},
                {"hurried", hurried.after(input::retry_now)},
                {"hurried, early", early.after(input::retry_now)}};
    }
    case state::choosing:
    {
        auto late = usual, hurried = usual;
        return {{"", usual},
                {"late", late.pass(usual_delay)},
                {"hurried", hurried.after(input::retry_now)},
                {"hurried, early", early.after(input::retry_now)}};
    }
    case state::waiting:
    {
        auto hurried = early;
        return {{"", usual}, {"early", early}, {"hurried", hurried.after(input::retry_now)}};
    }
    case state::parked:
        return {{"", usual}, {"early", early}};
    case state::stopping:
    case state::restarting:
    {
        auto cut_off = usual;
        return {{"", usual}, {"cut off", cut_off.after(input::timer)}};
    }
    }
    return {};
}

/// Whether two machines ask for the same, for as many inputs as it takes to see a remembered wish.
bool alike(const subject& a, const subject& b, unsigned depth)
{
    if (a.current() != b.current())
        return false;
    if (depth == 0)
        return true;
    return std::all_of(all_inputs.begin(), all_inputs.end(),
                       [&](input i)
                       {
                           auto next_a = a, next_b = b;
                           return next_a.feed(i) == next_b.feed(i) &&
                                  alike(next_a, next_b, depth - 1);
                       });
}

class cell
{
public:
    cell(const subject& before, input i) : before_(before), after_(before)
    {
        const auto todo = after_.feed(i);
        for (const auto& a : todo)
            say(name(a));
        count("failures", before_.machine.failures(), after_.machine.failures());
        count("setbacks", before_.machine.setbacks(), after_.machine.setbacks());
        if (after_.current() != before_.current())
            text_ += (text_.empty() ? "→ **" : " → **") + std::string(to_string(after_.current())) +
                     "**";
        else if (todo.empty() && !alike(before_, after_, 2))
            say("remembered");
        if (text_.empty())
            text_ = "—";
    }

    const std::string& text() const { return text_; }

private:
    void say(const std::string& what) { text_ += (text_.empty() ? "" : ", ") + what; }

    std::string name(const action& a) const
    {
        const auto* armed = std::get_if<arm>(&a);
        return armed == nullptr ? to_string(a) : "arm(" + std::string(purpose(armed->at)) + ")";
    }

    /// What the timer is armed for: all lengths of time differ.
    std::string_view purpose(time_point at) const
    {
        const auto from_now = at - after_.now;
        const auto from_failure = at - after_.machine.failed_at();
        return from_now == lengths.attempt_timeout   ? "attempt_timeout"
               : from_now == lengths.prepare_timeout ? "prepare_timeout"
               : from_now == lengths.stop_timeout    ? "stop_timeout"
               : from_now == abandon_after           ? "abandon_after"
               : from_failure == usual_delay         ? "delay"
               : from_failure == lengths.delay_floor ? "delay_floor"
                                                     : "?";
    }

    void count(const std::string& what, std::uint32_t before, std::uint32_t now)
    {
        if (now == before)
            return;
        const bool one_more = before != 0 && now == before + 1;
        say("*" + what + (one_more ? " + 1" : " = " + std::to_string(now)) + "*");
    }

    subject before_;
    subject after_;
    std::string text_;
};

std::string waiter_is(client_machine::wait_answer a)
{
    switch (a)
    {
    case client_machine::wait_answer::keep:
        return "kept";
    case client_machine::wait_answer::serve:
        return "served";
    case client_machine::wait_answer::stopped:
        return "told *stopped*";
    case client_machine::wait_answer::gave_up:
        return "told the last failure";
    }
    return "?";
}

/// What a state answers to an input: first as a rule, then where its data make a difference.
std::string answer(state s, input i)
{
    struct part
    {
        std::string names, text;
    };
    std::vector<part> parts;
    for (const auto& it : situations(s))
    {
        const auto text = cell(it.s, i).text();
        const auto same =
            std::find_if(parts.begin(), parts.end(), [&](const part& p) { return p.text == text; });
        if (same == parts.end())
            parts.push_back({it.name, text});
        else if (!same->names.empty()) // the first stands for all that is not named
            same->names += "; " + std::string(it.name);
    }
    std::string all;
    for (const auto& p : parts)
        all += (all.empty() ? "" : "<br>*" + p.names + ":* ") + p.text;
    return all;
}

struct column
{
    const char* title;
    input what;
};

constexpr column commands[] = {{"start", input::start},
                               {"stop", input::stop},
                               {"retry_now", input::retry_now},
                               {"reset", input::reset},
                               {"destroy", input::destroy}};
constexpr column reports[] = {{"made, to be prepared", input::made},
                              {"made, nothing to prepare", input::made_ready},
                              {"prepared", input::prepared},
                              {"down", input::down},
                              {"gone", input::gone}};
constexpr column others[] = {{"timer_fired", input::timer},
                             {"delay_chosen", input::delay_chosen},
                             {"delay_chosen: none", input::gave_up}};

template <std::size_t N>
std::string table(const column (&columns)[N], bool with_waiters)
{
    std::string text = "| state |", rule = "|---|";
    for (const auto& c : columns)
    {
        text += ' ' + std::string(c.title) + " |";
        rule += "---|";
    }
    if (with_waiters)
    {
        text += " a new waiter is |";
        rule += "---|";
    }
    text += '\n' + rule + '\n';
    for (const auto s : all_states)
    {
        text += "| **" + std::string(to_string(s)) + "** |";
        for (const auto& c : columns)
            text += ' ' + answer(s, c.what) + " |";
        if (with_waiters)
            text += ' ' + waiter_is(in(s).machine.wait()) + " |";
        text += '\n';
    }
    return text;
}

constexpr const char* introduction =
    R"(# The table of the client machine

Made from `core::client_machine` by the test `state_table`; do not edit it, but run
`HOLDFAST_UPDATE=1 build/dev/bin/unit_core --gtest_filter='state_table.*'` after a change of the
machine, and read what differs.

A row is a state, a column an input. A cell says what the machine asks for, in this order, then
*which counts change*, then → **the next state** where it is another one.

- `—`: the input changes nothing. `remembered`: it asks for nothing now, and is heeded later.
- A line that begins with words in italics holds instead of the first line where they are true:
  *cut off*: the connection that must end was aborted already; *hurried*: `retry_now` or `reset`
  was called since the attempt failed; *early*: less than `delay_floor` after the failure; *late*:
  the whole delay after it; *stable*: connected for `stable_after` or longer.
- Reports are those of the present attempt, and `timer_fired` is that of the armed timer. One of
  another attempt, or of a timer that was armed anew or disarmed, changes nothing in any state.
- There is one timer. `arm` takes the place of an earlier arming and says what for:
  `prepare_timeout` ends no later than the attempt's time, and `delay` and `delay_floor` count
  from the failure, the others from now.

What is asked for:

| action | what the driver does |
|---|---|
| start_attempt | begins an attempt under a new id |
| prepare | runs the preparation of the attempt's connection |
| cancel | asks a dial or a preparation to end; success may overtake it |
| close, abort, abandon | asks the protocol to end in good order; closes its socket; lets it go |
| choose_delay | asks the policy; the answer is the input `delay_chosen` |
| arm, disarm | sets and clears the timer |
| set_current, clear_current | makes the attempt's protocol the service's connection; ends that |
| serve_waiters, fail_waiters | completes every waiter, with the connection or with an error |
| record_failure | keeps the cause as the last failure |
| count_failure | counts one failure of each waiter's limit, and completes those that reached it |
| finish_stops | completes every pending stop |
| emit | tells the observer |
)";

std::string whole_table()
{
    return std::string(introduction) + "\n## What the user does\n\n" + table(commands, true) +
           "\n## What the attempt reports\n\n" + table(reports, false) +
           "\n## What time and the policy say\n\n" + table(others, false);
}

std::string first_difference(const std::string& file, const std::string& machine)
{
    std::istringstream a(file), b(machine);
    std::string in_file, by_machine;
    for (int line = 1;; ++line)
    {
        const bool more_a = !std::getline(a, in_file).fail();
        const bool more_b = !std::getline(b, by_machine).fail();
        if (!more_a && !more_b)
            return {};
        if (more_a != more_b || in_file != by_machine)
            return "line " + std::to_string(line) +
                   "\n  in the file:    " + (more_a ? in_file : "(none)") +
                   "\n  by the machine: " + (more_b ? by_machine : "(none)");
    }
}

TEST(state_table, is_what_the_machine_does)
{
    const auto made = whole_table();
    if (const char* update = std::getenv("HOLDFAST_UPDATE"); update != nullptr && *update == '1')
    {
        std::ofstream file(HOLDFAST_STATE_TABLE);
        file << made;
        ASSERT_TRUE(file.flush()) << HOLDFAST_STATE_TABLE << " could not be written";
        return;
    }
    std::ifstream file(HOLDFAST_STATE_TABLE);
    const std::string kept{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(kept == made)
        << HOLDFAST_STATE_TABLE << " differs from the machine in " << first_difference(kept, made)
        << "\nIf the machine is right: HOLDFAST_UPDATE=1 build/dev/bin/unit_core "
           "--gtest_filter='state_table.*', and read what changed.";
}
}
}

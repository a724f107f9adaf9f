// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/tree_machine.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace holdfast::core
{
namespace
{
using namespace std::chrono_literals;
using state = tree_machine::state;
using action = tree_machine::action;
using kind = action::kind;

constexpr time_point t0{1000s};

child_id id(std::uint32_t n)
{
    return static_cast<child_id>(n);
}

/// All that it wants done now.
std::vector<action> all(tree_machine& m, time_point now = t0)
{
    std::vector<action> list;
    do
        list.push_back(m.next(now));
    while (list.back().what != kind::wait && list.back().what != kind::told &&
           list.back().what != kind::stopped && list.size() < 100);
    return list;
}

action act(kind what, std::uint32_t child = 0, std::uint32_t stop_number = 0)
{
    return {.what = what, .child = id(child), .stop_number = stop_number};
}

using list = std::vector<action>;

TEST(tree_machine, starts_in_order_and_stops_in_reverse_one_by_one)
{
    tree_machine m({});
    m.add(1s);
    m.add(1s);
    m.privileged_start();
    EXPECT_EQ(all(m),
              (list{act(kind::tell_before, 1), act(kind::tell_before, 2), act(kind::told)}));
    EXPECT_EQ(m.current(), state::prepared);
    m.start();
    EXPECT_EQ(all(m), (list{act(kind::tell_start, 1), act(kind::tell_start, 2), act(kind::told)}));
    EXPECT_EQ(m.current(), state::running);
    m.stop(t0);
    EXPECT_EQ(all(m), (list{act(kind::tell_stop, 2, 1), act(kind::wait)}));
    EXPECT_EQ(m.deadline(), t0 + 1s);
    EXPECT_TRUE(m.child_stopped(id(2), 1));
    EXPECT_EQ(all(m), (list{act(kind::tell_stop, 1, 2), act(kind::wait)}));
    EXPECT_TRUE(m.child_stopped(id(1), 2));
    EXPECT_EQ(all(m), (list{act(kind::stopped)}));
    EXPECT_EQ(m.current(), state::idle);
    EXPECT_EQ(m.deadline(), time_point::max());
}

TEST(tree_machine, stops_who_was_told_and_nobody_else_when_one_has_failed)
{
    tree_machine m({});
    for (int i = 0; i != 3; ++i)
        m.add(std::nullopt);
    m.start();
    m.next(t0);
    m.next(t0);
    m.child_failed();
    EXPECT_EQ(all(m), (list{act(kind::wait)}));
    m.stop(t0);
    EXPECT_EQ(all(m), (list{act(kind::tell_stop, 2, 1), act(kind::wait)}));
    EXPECT_EQ(m.deadline(), time_point::max());
}

TEST(tree_machine, knows_a_late_report_by_its_number)
{
    tree_machine m({});
    m.add(1s);
    m.start();
    all(m);
    m.stop(t0);
    all(m);
    EXPECT_EQ(all(m, t0 + 1s), (list{act(kind::give_up, 1), act(kind::stopped)}));
    m.start();
    all(m);
    m.stop(t0 + 2s);
    EXPECT_EQ(all(m, t0 + 2s), (list{act(kind::tell_stop, 1, 2), act(kind::wait)}));
    EXPECT_FALSE(m.child_stopped(id(1), 1));
    EXPECT_TRUE(m.child_stopped(id(1), 2));
    EXPECT_FALSE(m.child_stopped(id(7), 2));
}

TEST(tree_machine, tells_a_new_child_what_the_others_were_told)
{
    using admission = tree_machine::admission;
    tree_machine m({});
    EXPECT_EQ(m.add({}), (admission{.child = id(1)}));
    m.privileged_start();
    all(m);
    EXPECT_EQ(m.add({}), (admission{.child = id(2), .privileged = true}));
    m.start();
    m.next(t0);
    EXPECT_EQ(m.add({}), (admission{.child = id(3)}));
    EXPECT_EQ(all(m), (list{act(kind::tell_start, 2), act(kind::tell_before, 3),
                            act(kind::tell_start, 3), act(kind::told)}));
    EXPECT_EQ(m.add({}), (admission{.child = id(4), .privileged = true, .start = true}));
    m.stop(t0);
    EXPECT_EQ(m.add({}), (admission{.child = id(5)}));
    EXPECT_EQ(m.next(t0), act(kind::tell_stop, 4, 1));
}

/// What the children of a machine have come to, as somebody sees it who carries out what it says.
struct account
{
    std::set<std::uint32_t> told;
    std::map<std::uint32_t, std::uint32_t> stopping; // with the numbers of their stops
    std::uint32_t last_started = 0;

    void carry_out(const action& a, bool all_at_once)
    {
        const auto child = static_cast<std::uint32_t>(a.child);
        switch (a.what)
        {
        case kind::tell_before:
            EXPECT_TRUE(told.insert(child).second) << "privileged start after another start";
            return;
        case kind::tell_start:
            told.insert(child);
            EXPECT_LT(std::exchange(last_started, child), child) << "not in order";
            return;
        case kind::tell_stop:
            EXPECT_TRUE(told.contains(child)) << "stopped, and was told nothing";
            EXPECT_EQ(child, *told.rbegin()) << "not in reverse";
            EXPECT_TRUE(all_at_once || stopping.empty()) << "two at once";
            told.erase(child);
            stopping[child] = a.stop_number;
            return;
        case kind::give_up:
            EXPECT_EQ(stopping.erase(child), 1U);
            return;
        case kind::stopped:
            EXPECT_TRUE(told.empty()) << "not all were told to stop";
            EXPECT_TRUE(stopping.empty()) << "not all have stopped";
            last_started = 0;
            return;
        case kind::wait:
        case kind::told:
            return;
        }
    }
};

TEST(tree_machine, keeps_its_order_whatever_happens_in_whatever_order)
{
    constexpr std::uint32_t inputs = 8;
    constexpr int length = 6;
    std::uint32_t codes = 1;
    for (int i = 0; i != length; ++i)
        codes *= inputs;
    for (std::uint32_t code = 0; code != 2 * codes; ++code)
    {
        const bool all_at_once = code >= codes;
        SCOPED_TRACE(code); // the failing sequence, in base 8
        tree_machine m({.stop_timeout = 25s, .all_at_once = all_at_once});
        account seen;
        std::uint32_t next_id = 1;
        auto now = t0;
        const auto add = [&]
        {
            const auto a = m.add(10s);
            if (a.privileged || a.start)
                seen.told.insert(static_cast<std::uint32_t>(a.child));
            ++next_id;
        };
        add();
        add();
        auto rest = code % codes;
        for (int step = 0; step != length; ++step, rest /= inputs)
        {
            switch (rest % inputs)
            {
            case 0:
                m.privileged_start();
                break;
            case 1:
                m.start();
                break;
            case 2:
                m.stop(now);
                break;
            case 3:
                m.child_failed();
                break;
            case 4:
                add();
                break;
            case 5: // the first one leaves; it is then stopped by itself
            {
                const auto first = static_cast<child_id>(next_id - 1);
                const auto n = static_cast<std::uint32_t>(first);
                EXPECT_EQ(m.remove(first), seen.told.contains(n) || seen.stopping.contains(n));
                seen.told.erase(n);
                seen.stopping.erase(n);
                break;
            }
            case 6:
                if (!seen.stopping.empty())
                {
                    const auto [child, number] = *seen.stopping.begin();
                    EXPECT_TRUE(m.child_stopped(id(child), number));
                    seen.stopping.erase(child);
                }
                break;
            case 7:
                now += 10s;
                break;
            }
            if (step % 2 == 0) // some inputs meet a machine that has more to say
                seen.carry_out(m.next(now), all_at_once);
            else
            {
                const auto todo = all(m, now);
                ASSERT_LT(todo.size(), 100U) << "it does not come to an end";
                for (const auto& a : todo)
                    seen.carry_out(a, all_at_once);
            }
        }
        m.stop(now); // and then it ends, whatever it was, in time
        for (const auto& a : all(m, now))
            seen.carry_out(a, all_at_once);
        now += 25s;
        for (const auto& a : all(m, now))
            seen.carry_out(a, all_at_once);
        ASSERT_EQ(m.current(), state::idle);
        ASSERT_FALSE(::testing::Test::HasFailure());
    }
}
}
}

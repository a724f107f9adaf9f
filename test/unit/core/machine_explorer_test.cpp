// SPDX-License-Identifier: BSL-1.0
// Every state that a service can come to, by everything that can happen in each, until nothing new
// is found: the machine with the driver's own lists of those who wait, whatever comes late, twice
// or crossed. A broken invariant is shown with the shortest way to it.
#include "unit/core/machine_invariants.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iostream>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast::core
{
namespace
{
using index = std::uint32_t;

happening happening_at(std::size_t i)
{
    return static_cast<happening>(i);
}

/// The same actions; ids and times differ from world to world.
bool alike(const actions& a, const actions& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const action& x, const action& y) { return x.index() == y.index(); });
}

/// The graph of all states, each with a world that came to it by the shortest way.
class explorer
{
public:
    explicit explorer(const limits& rules)
    {
        place(world(rules), 0, happening::start);
        for (index i = 0; i != nodes_.size() && defect_.empty(); ++i)
            go_on_from(i);
    }

    /// The first thing that is wrong; nothing where all is well.
    const std::string& defect() const { return defect_; }
    std::size_t state_count() const { return nodes_.size(); }
    std::size_t step_count() const { return steps_; }

    bool found(service_state s) const
    {
        return std::any_of(nodes_.begin(), nodes_.end(),
                           [s](const node& n) { return n.at.state() == s; });
    }

    /// Says from where no state of a kind can be reached by such steps; nothing where it always
    /// can.
    template <class From, class Goal, class Way>
    std::string cannot_reach(Goal goal, From from, Way way) const
    {
        const auto reached = reaching(goal, way);
        for (index i = 0; i != nodes_.size(); ++i)
            if (!reached[i] && from(nodes_[i].at))
                return "cannot be reached after: " + way_to(i);
        return {};
    }

private:
    struct node
    {
        world at;
        index parent;
        happening by;
        bool compared = false;
    };

    struct edge
    {
        index from;
        index to;
        happening by;
    };

    /// The place of a world, a new one if there is none like it.
    index place(const world& w, index parent, happening by)
    {
        const auto [found, is_new] =
            places_.try_emplace(key_of(w), static_cast<index>(nodes_.size()));
        if (is_new)
            nodes_.push_back({.at = w, .parent = parent, .by = by});
        return found->second;
    }

    void go_on_from(index from)
    {
        for (std::size_t i = 0; i != happening_count && defect_.empty(); ++i)
        {
            const auto what = happening_at(i);
            const world& at = nodes_[from].at;
            if (!possible(at, what))
                continue;
            const step taken(at, what);
            ++steps_;
            if (look_at(taken, from))
                return;
            const auto known = nodes_.size();
            const auto to = place(taken.after, from, what);
            if (to != from)
                edges_.push_back({from, to, what});
            if (to < known && !nodes_[to].compared)
                compare(to, taken.after, from, what);
        }
    }

    bool look_at(const step& taken, index from)
    {
        if (const auto* broken = broken_by(taken))
            defect_ = std::string(broken->name) + " does not hold after: " + way_to(from) + ", " +
                      std::string(name_of(taken.what)) +
                      "\nwhich asked for: " + to_string(taken.todo) + "\nand led from " +
                      std::string(to_string(taken.was.state)) + " to " +
                      std::string(to_string(taken.is.state));
        return !defect_.empty();
    }

    /// Two worlds that are taken for the same must go on alike, or the graph would not have all.
    void compare(index known, const world& other, index from, happening by)
    {
        auto& n = nodes_[known];
        n.compared = true;
        for (std::size_t i = 0; i != happening_count; ++i)
        {
            const auto what = happening_at(i);
            if (!possible(n.at, what) && !possible(other, what))
                continue;
            const step a(n.at, what);
            const step b(other, what);
            if (key_of(a.after) != key_of(b.after) || !alike(a.todo, b.todo))
                defect_ = "go_on_alike_where_nothing_differs does not hold: " +
                          std::string(name_of(what)) + " does one thing after: " + way_to(known) +
                          "\nand another after: " + way_to(from) + ", " + std::string(name_of(by));
        }
    }

    std::string way_to(index to) const
    {
        std::vector<std::string_view> steps;
        for (; to != 0; to = nodes_[to].parent)
            steps.push_back(name_of(nodes_[to].by));
        if (steps.empty())
            return "nothing";
        std::string text;
        for (auto s = steps.rbegin(); s != steps.rend(); ++s)
            text.append(text.empty() ? "" : ", ").append(*s);
        return text;
    }

    template <class Goal, class Way>
    std::vector<bool> reaching(Goal goal, Way way) const
    {
        std::vector<std::vector<index>> sources(nodes_.size());
        for (const auto& e : edges_)
            if (way(nodes_[e.from].at, e.by))
                sources[e.to].push_back(e.from);
        std::vector<bool> reached(nodes_.size());
        std::deque<index> rest;
        for (index i = 0; i != nodes_.size(); ++i)
            if (goal(nodes_[i].at))
            {
                reached[i] = true;
                rest.push_back(i);
            }
        for (; !rest.empty(); rest.pop_front())
            for (const auto i : sources[rest.front()])
                if (!reached[i])
                {
                    reached[i] = true;
                    rest.push_back(i);
                }
        return reached;
    }

    std::deque<node> nodes_; // none moves when another comes
    std::vector<edge> edges_;
    std::unordered_map<std::uint64_t, index> places_;
    std::size_t steps_ = 0;
    std::string defect_;
};

// Where it can come to, and by what.

bool anywhere(const world& w)
{
    return !w.destroyed;
}

bool at_work(const world& w)
{
    return running(w.state()) && w.state() != state::parked;
}

bool at_connected(const world& w)
{
    return w.state() == state::connected;
}

bool at_stopped(const world& w)
{
    return w.state() == state::stopped;
}

bool by_anything(const world&, happening)
{
    return true;
}

bool by_itself(const world&, happening what)
{
    return !by_a_user(what);
}

/// Where nothing is ever reported: the peer is dead, the network silent, the protocol stuck.
bool by_time_alone(const world& w, happening what)
{
    return (what == happening::timer && w.armed) ||
           (what == happening::delay_chosen && w.policy_asked);
}

struct rules
{
    const char* name;
    limits lengths;
};

void PrintTo(const rules& r, std::ostream* out)
{
    *out << r.name;
}

class machine_explorer : public testing::TestWithParam<rules>
{
};

TEST_P(machine_explorer, finds_every_invariant_kept_and_every_goal_in_reach)
{
    const explorer all(GetParam().lengths);
    ASSERT_EQ(all.defect(), "");
    for (const auto s : all_states)
        EXPECT_TRUE(all.found(s)) << to_string(s);
    EXPECT_EQ(all.cannot_reach(at_connected, anywhere, by_anything), "") << "connected";
    EXPECT_EQ(all.cannot_reach(at_stopped, anywhere, by_anything), "") << "stopped";
    EXPECT_EQ(all.cannot_reach(at_connected, at_work, by_itself), "")
        << "connected, with no user's call";
    EXPECT_EQ(all.cannot_reach([](const world& w) { return w.state() == state::dialling; },
                               [](const world& w) { return at_work(w) && !at_connected(w); },
                               by_time_alone),
              "")
        << "the next attempt, where nothing is reported";
    EXPECT_EQ(all.cannot_reach([](const world& w) { return w.waiters.stops == 0; },
                               [](const world& w) { return w.waiters.stops != 0; }, by_time_alone),
              "")
        << "the end of a stop, where nothing is reported";
    std::cout << "explored " << all.state_count() << " states, " << all.step_count() << " steps, "
              << invariants_of_the_machine().size() + invariants_of_accounts().size()
              << " invariants after each\n";
}

constexpr rules kinds[] = {
    {"usual", lengths},
    {"no_floor_and_all_is_stable",
     {.attempt_timeout = 30s,
      .prepare_timeout = 40s, // the attempt's time always ends first
      .stop_timeout = 0s,
      .stable_after = 0s,
      .delay_floor = 0s}},
    {"floor_above_the_delay_and_nothing_is_stable",
     {.attempt_timeout = 1s,
      .prepare_timeout = 1s,
      .stop_timeout = 5s,
      .stable_after = 1000000s,
      .delay_floor = 5s}},
};

INSTANTIATE_TEST_SUITE_P(rules, machine_explorer, testing::ValuesIn(kinds),
                         [](const auto& p) { return std::string(p.param.name); });
}
}

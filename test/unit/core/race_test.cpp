// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/race.hpp>

#include <gtest/gtest.h>

#include <boost/system/errc.hpp>

#include <algorithm>
#include <set>
#include <vector>

namespace holdfast::core
{
namespace
{
using namespace std::chrono_literals;
using enum ip_family;
using state = race::state;
using actions = race::actions;
using families = std::vector<ip_family>;

constexpr race::rules usual{.timeout = 30s, .stagger = 250ms};
constexpr time_point t0{1000s};
const error_code refused = make_error_code(boost::system::errc::connection_refused);
const error_code unreachable = make_error_code(boost::system::errc::network_unreachable);

template <class A>
const A* find(const actions& todo)
{
    for (const auto& a : todo)
        if (const A* found = std::get_if<A>(&a))
            return found;
    return nullptr;
}

/// The order in which a race tries these when each fails at once.
std::vector<std::size_t> order_of(const families& f)
{
    std::vector<std::size_t> order;
    race r(usual);
    actions todo = r.start(f, t0);
    while (const auto* c = find<race::connect>(todo))
    {
        order.push_back(c->index);
        todo = r.failed(c->index, refused, t0);
    }
    return order;
}

TEST(race, CS_78_tries_a_new_address_each_stagger_and_the_first_to_connect_wins)
{
    race r(usual);
    EXPECT_EQ(r.start(families{v6, v4, v4}, t0),
              (actions{race::connect{0}, race::arm_timer{t0 + 250ms}}));
    EXPECT_EQ(r.timer_fired(t0 + 250ms), (actions{race::connect{1}, race::arm_timer{t0 + 500ms}}));
    EXPECT_EQ(r.connected(1, t0 + 300ms), (actions{race::win{1}}));
    EXPECT_EQ(r.current(), state::won);
}

TEST(race, CS_78_an_address_that_fails_has_the_next_one_tried_at_once)
{
    race r(usual);
    r.start(families{v6, v4, v4}, t0);
    EXPECT_EQ(r.failed(0, unreachable, t0 + 10ms),
              (actions{race::report{0, unreachable, 10ms}, race::connect{1},
                       race::arm_timer{t0 + 260ms}}));
}

TEST(race, CS_78_when_all_fail_each_is_reported_with_its_own_error_and_duration)
{
    race r(usual);
    r.start(families{v6, v4}, t0);
    r.timer_fired(t0 + 250ms);
    EXPECT_EQ(r.failed(0, unreachable, t0 + 300ms),
              (actions{race::report{0, unreachable, 300ms}, race::arm_timer{t0 + 30250ms}}));
    EXPECT_EQ(r.failed(1, refused, t0 + 350ms),
              (actions{race::report{1, refused, 100ms}, race::lose{refused}}));
    EXPECT_EQ(r.current(), state::lost);
}

TEST(race, CS_79_each_address_has_its_own_time_out)
{
    race r(usual);
    r.start(families{v4, v4}, t0);
    EXPECT_EQ(r.timer_fired(t0 + 250ms), (actions{race::connect{1}, race::arm_timer{t0 + 30s}}));
    EXPECT_EQ(r.timer_fired(t0 + 30s),
              (actions{race::give_up{0}, race::report{0, errc::connect_timed_out, 30s},
                       race::arm_timer{t0 + 30250ms}}));
    EXPECT_EQ(r.timer_fired(t0 + 30250ms),
              (actions{race::give_up{1}, race::report{1, errc::connect_timed_out, 30s},
                       race::lose{errc::connect_timed_out}}));
}

TEST(race, an_address_that_runs_out_of_time_has_the_next_one_tried_at_once)
{
    race r({.timeout = 100ms, .stagger = 250ms});
    EXPECT_EQ(r.start(families{v4, v4}, t0),
              (actions{race::connect{0}, race::arm_timer{t0 + 100ms}}));
    EXPECT_EQ(r.timer_fired(t0 + 100ms),
              (actions{race::give_up{0}, race::report{0, errc::connect_timed_out, 100ms},
                       race::connect{1}, race::arm_timer{t0 + 200ms}}));
}

TEST(race, does_not_arm_the_timer_for_the_time_that_it_is_armed_for)
{
    race r(usual);
    r.start(families{v4, v4}, t0);
    r.timer_fired(t0 + 250ms); // the second one is begun, and the first one's time is next
    EXPECT_EQ(r.failed(1, refused, t0 + 260ms), (actions{race::report{1, refused, 10ms}}));
}

TEST(race, CS_78_families_take_turns_and_the_first_one_begins)
{
    EXPECT_EQ(order_of({v6, v6, v6, v4, v4}), (std::vector<std::size_t>{0, 3, 1, 4, 2}));
    EXPECT_EQ(order_of({v4, v6, v6, v6}), (std::vector<std::size_t>{0, 1, 2, 3}));
    EXPECT_EQ(order_of({v4, v4, v4, v6}), (std::vector<std::size_t>{0, 3, 1, 2}));
    EXPECT_EQ(order_of({v6, v6}), (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(order_of({}), std::vector<std::size_t>{});
}

TEST(race, no_list_of_families_has_an_address_tried_twice_or_left_out)
{
    for (unsigned length = 1; length <= 10; ++length)
        for (unsigned bits = 0; bits < (1U << length); ++bits)
        {
            SCOPED_TRACE(bits);
            families f;
            for (unsigned i = 0; i < length; ++i)
                f.push_back((bits >> i & 1U) != 0 ? v6 : v4);
            const auto order = order_of(f);
            ASSERT_EQ(order.size(), f.size());
            ASSERT_EQ(std::set(order.begin(), order.end()).size(), f.size());
            ASSERT_EQ(order.front(), 0U);
            // Two of a family stand side by side only where the other has none left.
            for (std::size_t i = 1; i < order.size(); ++i)
            {
                const ip_family family = f[order[i]];
                const bool turn_kept = family == f[order[i - 1]];
                const bool others_left =
                    std::any_of(order.begin() + static_cast<std::ptrdiff_t>(i), order.end(),
                                [&](std::size_t index) { return f[index] != family; });
                ASSERT_FALSE(turn_kept && others_left);
            }
        }
}

TEST(race, a_name_with_very_many_addresses_has_the_first_64_of_both_families_tried)
{
    families f(1000, v6);
    f.push_back(v4);
    const auto order = order_of(f);
    EXPECT_EQ(order.size(), race::address_limit);
    EXPECT_EQ(order[1], 1000U);
}

TEST(race, a_name_without_an_address_is_lost_from_the_start)
{
    race r(usual);
    EXPECT_EQ(r.start({}, t0), (actions{race::lose{errc::no_address}}));
    EXPECT_EQ(r.current(), state::lost);
}

TEST(race, a_timer_that_fires_early_is_armed_again)
{
    race r(usual);
    r.start(families{v4, v4}, t0);
    EXPECT_EQ(r.timer_fired(t0 + 1ms), (actions{race::arm_timer{t0 + 250ms}}));
}

TEST(race, a_timer_that_fires_late_deals_with_one_matter_at_a_time)
{
    race r(usual);
    r.start(families{v4, v4}, t0);
    r.timer_fired(t0 + 250ms);
    EXPECT_EQ(r.timer_fired(t0 + 90s),
              (actions{race::give_up{0}, race::report{0, errc::connect_timed_out, 90s},
                       race::arm_timer{t0 + 30250ms}}));
}

TEST(race, a_success_that_crosses_the_time_out_of_its_address_does_not_win)
{
    race r({.timeout = 100ms, .stagger = 250ms});
    r.start(families{v4, v4}, t0);
    r.timer_fired(t0 + 100ms);
    EXPECT_EQ(r.connected(0, t0 + 100ms), actions{});
    EXPECT_EQ(r.failed(0, refused, t0 + 100ms), actions{});
    EXPECT_EQ(r.current(), state::racing);
}

/// Reaches each state by its shortest way.
race in(state s)
{
    race r(usual);
    if (s == state::stopped)
        r.stop();
    if (s == state::idle || s == state::stopped)
        return r;
    r.start(families{v4}, t0);
    if (s == state::won)
        r.connected(0, t0);
    if (s == state::lost)
        r.failed(0, refused, t0);
    return r;
}

TEST(race, a_race_that_is_not_run_answers_no_late_report)
{
    for (const state s : {state::idle, state::won, state::lost, state::stopped})
    {
        SCOPED_TRACE(static_cast<int>(s));
        race r = in(s);
        ASSERT_EQ(r.current(), s);
        EXPECT_EQ(r.connected(0, t0), actions{});
        EXPECT_EQ(r.failed(0, refused, t0), actions{});
        EXPECT_EQ(r.timer_fired(t0 + 60s), actions{});
        EXPECT_EQ(r.current(), s);
    }
}

TEST(race, a_race_is_run_once)
{
    for (const state s : {state::racing, state::won, state::lost, state::stopped})
    {
        race r = in(s);
        EXPECT_EQ(r.start(families{v4}, t0), actions{});
        EXPECT_EQ(r.current(), s);
    }
}

TEST(race, a_stop_ends_what_has_not_ended)
{
    for (const state s : {state::idle, state::racing, state::stopped})
    {
        race r = in(s);
        r.stop();
        EXPECT_EQ(r.current(), state::stopped);
    }
    for (const state s : {state::won, state::lost})
    {
        race r = in(s);
        r.stop();
        EXPECT_EQ(r.current(), s);
    }
}

/// Follows what a race says, and checks that it says nothing that cannot be.
class follower
{
public:
    explicit follower(std::size_t count) : tried_(count), open_(count), reported_(count) {}

    void follow(const race& r, const actions& todo, time_point now)
    {
        std::size_t begun = 0;
        for (const auto& a : todo)
        {
            ASSERT_FALSE(over_) << "the end is the last thing said";
            if (const auto* c = std::get_if<race::connect>(&a))
            {
                ASSERT_FALSE(tried_.at(c->index)) << "tried twice";
                tried_[c->index] = open_[c->index] = true;
                ++begun;
            }
            else if (const auto* g = std::get_if<race::give_up>(&a))
            {
                ASSERT_TRUE(open_.at(g->index));
            }
            else if (const auto* p = std::get_if<race::report>(&a))
            {
                ASSERT_TRUE(open_.at(p->index));
                ASSERT_FALSE(reported_[p->index]) << "reported twice";
                ASSERT_GE(p->took, 0s);
                open_[p->index] = false;
                reported_[p->index] = true;
            }
            else if (const auto* t = std::get_if<race::arm_timer>(&a))
                armed_ = t->at;
            else if (const auto* w = std::get_if<race::win>(&a))
            {
                ASSERT_TRUE(open_.at(w->index));
                over_ = true;
            }
            else
            {
                ASSERT_EQ(reported_, std::vector<bool>(reported_.size(), true));
                over_ = true;
            }
        }
        ASSERT_LE(begun, 1U);
        if (r.current() != state::racing)
            return;
        // While it goes on something is being tried, and the timer will see to the rest.
        ASSERT_NE(open_, std::vector<bool>(open_.size(), false));
        ASSERT_LE(armed_, now + usual.timeout);
        if (tried_ != std::vector<bool>(tried_.size(), true))
        {
            ASSERT_LE(armed_, now + usual.stagger);
        }
    }

private:
    std::vector<bool> tried_, open_, reported_;
    time_point armed_ = time_point::max();
    bool over_ = false;
};

TEST(race, says_nothing_that_cannot_be_whatever_the_order_of_inputs)
{
    // Each address connects or fails at any moment; time moves to the stagger or to a time-out.
    constexpr unsigned addresses = 3, inputs = 2 * addresses + 3, length = 5;
    unsigned sequences = 1;
    for (unsigned i = 0; i < length; ++i)
        sequences *= inputs;
    for (unsigned code = 0; code < sequences; ++code)
    {
        SCOPED_TRACE(code); // the failing sequence, in base 9
        race r(usual);
        follower f(addresses);
        time_point now = t0;
        f.follow(r, r.start(families{v6, v4, v4}, now), now);
        for (unsigned step = 0, rest = code; step < length; ++step, rest /= inputs)
        {
            const unsigned input = rest % inputs;
            actions todo;
            if (input < addresses)
                todo = r.connected(input, now);
            else if (input < 2 * addresses)
                todo = r.failed(input - addresses, refused, now);
            else if (input == 2 * addresses)
                todo = r.timer_fired(now += 250ms);
            else if (input == 2 * addresses + 1)
                todo = r.timer_fired(now += 30s);
            else
                r.stop();
            f.follow(r, todo, now);
            if (HasFatalFailure())
                return;
        }
    }
}
}
}

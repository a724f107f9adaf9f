// SPDX-License-Identifier: BSL-1.0
#include "page/timeline.hpp"

#include "support/told_services.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace
{
namespace hf = holdfast;
using namespace std::chrono_literals;
using runs = std::vector<tool::timeline::run>;
using tool::standing;

constexpr hf::time_point begin{10h};

TEST(timeline, knows_nothing_before_it_is_told)
{
    EXPECT_EQ(tool::timeline().runs(begin), runs());
}

TEST(timeline, tells_what_share_of_each_minute_was_what)
{
    tool::timeline line;
    line.tell(standing::stopped, begin);
    line.tell(standing::trying, begin + 90s);
    line.tell(standing::connected, begin + 105s);
    EXPECT_EQ(line.runs(begin + 240s), (runs{{1, {0, 0}}, {1, {15, 15}}, {3, {60, 0}}}));
}

// It used to begin six hours ago.
TEST(timeline, begins_when_it_is_first_told_also_on_a_machine_that_has_only_just_begun)
{
    tool::timeline line;
    line.tell(standing::trying, hf::time_point(3h));
    EXPECT_EQ(line.runs(hf::time_point(3h + 1min)), (runs{{2, {0, 60}}}));
}

TEST(timeline, shows_a_loss_of_a_moment)
{
    tool::timeline line;
    line.tell(standing::connected, begin);
    line.tell(standing::trying, begin + 10s);
    line.tell(standing::connected, begin + 10s + 1ms);
    EXPECT_EQ(line.runs(begin + 60s), (runs{{1, {59, 1}}, {1, {60, 0}}}));
}

TEST(timeline, tells_of_the_minute_that_goes_on_as_far_as_it_is_known)
{
    tool::timeline line;
    line.tell(standing::connected, begin + 30s);
    EXPECT_EQ(line.runs(begin + 30s), (runs{{1, {60, 0}}}));
    EXPECT_EQ(line.runs(begin + 40s), (runs{{1, {60, 0}}}));
    line.tell(standing::trying, begin + 40s);
    EXPECT_EQ(line.runs(begin + 50s), (runs{{1, {30, 30}}}));
}

TEST(timeline, forgets_what_was_six_hours_ago)
{
    tool::timeline line;
    line.tell(standing::trying, begin);
    line.tell(standing::connected, begin + 1h);
    EXPECT_EQ(line.runs(begin + 2h), (runs{{60, {0, 60}}, {61, {60, 0}}}));
    EXPECT_EQ(line.runs(begin + 6h), (runs{{59, {0, 60}}, {301, {60, 0}}}));
    EXPECT_EQ(line.runs(begin + 8h), (runs{{360, {60, 0}}}));
    EXPECT_EQ(line.runs(begin + 24h * 10'000), (runs{{360, {60, 0}}}));
}

TEST(timelines, follow_the_services_that_come_stand_and_go)
{
    auto now = begin;
    support::told_services services([&now] { return now; });
    services.add("a");
    const tool::timelines lines(services);
    services.add("b");
    services.connect("a");
    now += 2min;
    ASSERT_NE(lines.find("b"), nullptr);
    EXPECT_EQ(lines.find("a")->runs(now), (runs{{3, {60, 0}}}));
    services.remove("b");
    EXPECT_EQ(lines.find("b"), nullptr);
}

TEST(timelines, keep_what_they_know_of_services_that_stay_when_many_have_changed)
{
    auto now = begin;
    support::told_services services([&now] { return now; });
    services.add("a");
    services.add("b");
    services.connect("a");
    const tool::timelines lines(services);
    now += 1min;
    auto all = services.all();
    all.back().name = "c";
    services.replace(std::move(all));
    EXPECT_EQ(lines.find("a")->runs(now), (runs{{2, {60, 0}}}));
    EXPECT_EQ(lines.find("b"), nullptr);
    EXPECT_EQ(lines.find("c")->runs(now), (runs{{1, {0, 0}}}));
}
}

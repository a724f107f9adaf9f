// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/service_order.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace holdfast::core
{
namespace
{
using records = std::vector<service_record>;

std::string order_of(records all, retry::random& random)
{
    order_services(all, random);
    std::string targets;
    for (const auto& r : all)
        targets += r.target;
    return targets;
}

/// How often each order comes in so many draws.
std::map<std::string, int> draws(const records& all, int count)
{
    retry::random random(42);
    std::map<std::string, int> result;
    for (int i = 0; i != count; ++i)
        ++result[order_of(all, random)];
    return result;
}

TEST(service_order, leaves_nothing_and_one_as_they_are)
{
    retry::random random(1);
    EXPECT_EQ(order_of({}, random), "");
    EXPECT_EQ(order_of({{1, 0, 80, "a"}}, random), "a");
}

TEST(service_order, is_by_priority_whatever_the_weight)
{
    const auto seen = draws({{20, 9, 80, "c"}, {0, 0, 80, "a"}, {10, 65535, 80, "b"}}, 100);
    EXPECT_EQ(seen, (std::map<std::string, int>{{"abc", 100}}));
}

TEST(service_order, is_drawn_by_weight_among_equals)
{
    const auto seen = draws({{0, 1, 80, "a"}, {0, 3, 80, "b"}}, 10'000);
    // With a number from 0 to 4, of which 0 and 1 choose the first.
    EXPECT_NEAR(seen.at("ab"), 4000, 200);
    EXPECT_NEAR(seen.at("ba"), 6000, 200);
}

TEST(service_order, draws_each_place_anew)
{
    const auto seen =
        draws({{0, 100, 80, "a"}, {0, 100, 80, "b"}, {0, 100, 80, "c"}, {1, 1, 80, "d"}}, 6000);
    EXPECT_EQ(seen.size(), 6U);
    for (const auto& [order, count] : seen)
    {
        EXPECT_NEAR(count, 1000, 150) << order;
        EXPECT_EQ(order.back(), 'd');
    }
}

TEST(service_order, seldom_begins_with_one_without_weight)
{
    const auto seen = draws({{0, 999, 80, "a"}, {0, 0, 80, "b"}}, 10'000);
    EXPECT_NEAR(seen.at("ba"), 10, 10);
    EXPECT_GT(seen.at("ab"), 9900);
}

TEST(service_order, takes_the_greatest_weights_there_can_be)
{
    records all(2000, {0, 65'535, 80, ""});
    retry::random random(7);
    order_services(all, random);
    EXPECT_EQ(all.size(), 2000U);
}

TEST(service_order, is_the_same_for_the_same_seed)
{
    const records all{{0, 5, 80, "a"}, {0, 5, 80, "b"}, {0, 5, 80, "c"}, {0, 5, 80, "d"}};
    retry::random first(3), second(3);
    for (int i = 0; i != 20; ++i)
        EXPECT_EQ(order_of(all, first), order_of(all, second));
}
}
}

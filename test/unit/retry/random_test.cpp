// SPDX-License-Identifier: BSL-1.0
#include <holdfast/retry/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace
{
using holdfast::retry::random;

static_assert(sizeof(random) == 8);
static_assert(std::uniform_random_bit_generator<random>);
static_assert(!std::is_default_constructible_v<random>);

TEST(retry_random, gives_the_published_sequence_of_splitmix64)
{
    random r(1234567);
    const std::array<std::uint64_t, 5> expected{6457827717110365317U, 3203168211198807973U,
                                                9817491932198370423U, 4593380528125082431U,
                                                16408922859458223821U};
    for (const auto value : expected)
        EXPECT_EQ(r(), value);
}

TEST(retry_random, uniform_numbers_fill_the_range_and_stay_below_one)
{
    random r(1);
    std::array<int, 100> buckets{};
    for (int i = 0; i < 100'000; ++i)
    {
        const double u = r.uniform();
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        ++buckets[static_cast<std::size_t>(u * 100)];
    }
    EXPECT_GT(*std::ranges::min_element(buckets), 850); // 1000 expected, five deviations of 31
    EXPECT_LT(*std::ranges::max_element(buckets), 1150);
}

TEST(retry_random, the_greatest_uniform_number_is_below_one)
{
    constexpr std::uint64_t seed = 0x31628af67b2131abU; // found by running the generator backwards

    ASSERT_EQ(random(seed)(), random::max());
    EXPECT_EQ(random(seed).uniform(), std::nextafter(1.0, 0.0));
}

TEST(retry_random, CS_4A_a_thousand_neighbouring_seeds_disperse_at_the_first_draw)
{
    std::array<int, 20> buckets{};
    std::vector<double> draws;
    for (std::uint64_t seed = 0; seed < 1000; ++seed)
    {
        draws.push_back(random(seed).uniform());
        ++buckets[static_cast<std::size_t>(draws.back() * 20)];
    }

    EXPECT_GT(*std::ranges::min_element(buckets), 15); // 50 expected, five deviations of 7
    EXPECT_LT(*std::ranges::max_element(buckets), 85);
    std::ranges::sort(draws);
    EXPECT_EQ(std::ranges::adjacent_find(draws), draws.end()) << "two seeds drew the same";
}
}

// SPDX-License-Identifier: BSL-1.0
#include "simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <set>

namespace simulation
{
TEST(simulation, every_invariant_holds_in_fixed_worlds)
{
    for (std::uint64_t seed = 1; seed <= 2000; ++seed)
    {
        const auto result = run({.seed = seed});
        ASSERT_FALSE(result.broken) << "seed " << seed << ": " << result.broken->invariant << ": "
                                    << result.broken->what << "; see simulate --seed " << seed;
    }
}

TEST(simulation, a_seed_replays_exactly)
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
    {
        const auto once = run({.seed = seed});
        const auto again = run({.seed = seed});
        EXPECT_EQ(once.digest, again.digest) << "seed " << seed;
        EXPECT_EQ(once.happened, again.happened) << "seed " << seed;
    }
}

TEST(simulation, another_seed_is_another_world)
{
    std::set<std::uint64_t> digests;
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
        digests.insert(run({.seed = seed}).digest);
    EXPECT_EQ(digests.size(), 20U);
}
}

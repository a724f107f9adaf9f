// SPDX-License-Identifier: BSL-1.0
#include "support/missing.hpp"

#include <holdfast/retry/twisted_backoff.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <sstream>
#include <sys/wait.h>

namespace
{
using holdfast::duration;
using holdfast::retry::twisted_backoff;

// Needs a Python with Twisted (python3-twisted), see support/missing.hpp.
TEST(twisted_backoff, CS_41_equals_the_policy_of_twisted_for_thousands_of_parameters)
{
    std::FILE* oracle = popen("'" HOLDFAST_PYTHON "' '" HOLDFAST_BACKOFF_ORACLE "' 20000", "r");
    ASSERT_NE(oracle, nullptr);
    int lines = 0;
    for (char line[512]; std::fgets(line, sizeof line, oracle);)
    {
        std::int64_t initial = 0, max = 0, jitter = 0;
        double factor = 0, seconds = 0;
        std::uint64_t seed = 0;
        unsigned failures = 0;
        std::istringstream in(line);
        if (!(in >> initial >> max >> jitter >> factor >> seed >> failures >> seconds))
            ADD_FAILURE() << line;
        const twisted_backoff b{.initial = duration(initial),
                                .factor = factor,
                                .max = duration(max),
                                .jitter = duration(jitter)};
        holdfast::retry::random random(seed);

        const auto delay = b({.failures = failures, .random = random});

        // Theirs in seconds, ours in nanoseconds: each rounds in its own way, by less than one.
        EXPECT_NEAR(static_cast<double>(delay.count()), seconds * 1e9, 1.0) << line;
        ++lines;
    }
    const int status = pclose(oracle);
    SKIP_UNLESS(!WIFEXITED(status) || WEXITSTATUS(status) != 77, HOLDFAST_PYTHON " has no Twisted");
    EXPECT_EQ(status, 0);
    EXPECT_EQ(lines, 20'400);
}
}

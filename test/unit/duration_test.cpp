// SPDX-License-Identifier: BSL-1.0
#include <holdfast/duration.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <stdexcept>

namespace
{
using holdfast::duration;
using holdfast::parse_duration;
using namespace std::chrono_literals;

TEST(duration, is_read_with_a_unit_or_as_seconds)
{
    EXPECT_EQ(parse_duration("5"), 5s);
    EXPECT_EQ(parse_duration("0"), 0s);
    EXPECT_EQ(parse_duration("007"), 7s);
    EXPECT_EQ(parse_duration("1.5"), 1500ms);
    EXPECT_EQ(parse_duration("1.5s"), 1500ms);
    EXPECT_EQ(parse_duration("200ms"), 200ms);
    EXPECT_EQ(parse_duration("2m"), 2min);
    EXPECT_EQ(parse_duration("0.25h"), 15min);
    EXPECT_EQ(parse_duration("1d"), 24h);
    EXPECT_EQ(parse_duration("3us"), 3us);
    EXPECT_EQ(parse_duration("4ns"), 4ns);
    EXPECT_EQ(parse_duration("4.000ns"), 4ns);
}

TEST(duration, is_refused_with_one_line_that_quotes_it)
{
    const auto refusal = [](const char* text)
    {
        try
        {
            parse_duration(text);
        }
        catch (const std::invalid_argument& e)
        {
            return std::string(e.what());
        }
        return std::string("accepted");
    };
    for (const auto* text : {"", "s", ".5", "1.", "1.s", "-1", "+1", "1e3", "nan", "inf", "1 s",
                             " 1", "1S", "1min", "5 parsecs", "1,5", "0x10", "1m30s", "1..5"})
        EXPECT_NE(refusal(text).find("is not a length of time such as"), std::string::npos) << text;
    EXPECT_EQ(refusal("5\n"),
              R"("5\x0a" is not a length of time such as 5, 1.5s, 200ms, 2m or 1h)");
    EXPECT_EQ(refusal("0.5ns"), R"("0.5ns" is finer than a nanosecond)");
    EXPECT_EQ(refusal("1.0000000001"), R"("1.0000000001" is finer than a nanosecond)");
    for (const auto* text : {"9223372036854775808ns", "9223372036.854775808", "106752d", "1e999",
                             "99999999999999999999999999", "106751.99999999999d"})
        EXPECT_NE(refusal(text), "accepted") << text;
    EXPECT_EQ(refusal("300000d"),
              R"("300000d" is too long: a length of time is at most 292 years)");
}

TEST(duration, is_read_up_to_the_longest_there_is)
{
    EXPECT_EQ(parse_duration("9223372036.854775807"), duration::max());
    EXPECT_EQ(parse_duration("9223372036854775807ns"), duration::max());
}

TEST(duration, is_printed_in_the_unit_that_suits_it)
{
    EXPECT_EQ(holdfast::to_string(0s), "0s");
    EXPECT_EQ(holdfast::to_string(90s), "90s");
    EXPECT_EQ(holdfast::to_string(2min), "2m");
    EXPECT_EQ(holdfast::to_string(1500ms), "1.5s");
    EXPECT_EQ(holdfast::to_string(200ms), "200ms");
    EXPECT_EQ(holdfast::to_string(1050us), "1.05ms");
    EXPECT_EQ(holdfast::to_string(48h), "2d");
    EXPECT_EQ(holdfast::to_string(-1500ms), "-1.5s");
    EXPECT_EQ(holdfast::to_string(duration::min()), "-9223372036.854775808s");
}

TEST(duration, is_read_back_as_it_was_printed)
{
    std::mt19937_64 random(1);
    for (int i = 0; i < 20'000; ++i)
    {
        // Lengths of every size, some of them round.
        auto count = static_cast<duration::rep>(random() >> (1 + random() % 63));
        for (auto zeros = random() % 12;
             zeros > 0 && count < std::numeric_limits<duration::rep>::max() / 10; --zeros)
            count *= 10;
        const duration d(count);
        ASSERT_EQ(parse_duration(holdfast::to_string(d)), d) << holdfast::to_string(d);
    }
}
}

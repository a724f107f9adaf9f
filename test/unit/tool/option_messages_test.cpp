// SPDX-License-Identifier: BSL-1.0
// What the program says of options that make no sense: one short line, whatever they hold.
#include "tool/dialogue.hpp"
#include "tool/error.hpp"
#include "tool/escapes.hpp"
#include "tool/retry_option.hpp"

#include <gtest/gtest.h>

namespace
{
template <class Read>
std::string refusal(Read read)
{
    try
    {
        read();
    }
    catch (const tool::usage_error& e)
    {
        return e.what();
    }
    return "accepted";
}

std::string refused_retry(std::string_view text)
{
    return refusal([text] { tool::parse_retry(text, std::nullopt); });
}

std::string refused_expect(std::string_view text)
{
    return refusal(
        [text]
        {
            tool::dialogue d;
            d.expect(text);
        });
}

// They used to quote as it was what they refused, line ends and all.
TEST(option_messages, stay_on_one_line_whatever_they_quote)
{
    EXPECT_EQ(refused_retry("a\nb=1").find(R"("a\x0ab": is not one of initial, max)"), 0U);
    EXPECT_EQ(refused_retry("factor=1\n"), R"(factor: "1\x0a" is not a number such as 1.5)");
    EXPECT_EQ(refused_retry("jitter=\x7f"),
              R"(jitter: "\x7f" is not one of full, equal, none, decorrelated)");
    EXPECT_EQ(refusal([] { tool::unescape("a\\\nb"); }),
              R"(escape "\\x0a" is not one of \r \n \t \e \0 \\ and \x with two digits)");
    EXPECT_EQ(refused_expect("[\n"), R"("[\x0a" is not a regular expression: missing ]: [\x0a)");
}

TEST(option_messages, are_short_whatever_they_quote)
{
    const std::string text(10'000, 'a');
    EXPECT_LT(refused_retry(text).size(), 300U);
    EXPECT_LT(refused_retry("factor=" + text).size(), 300U);
    EXPECT_LT(refused_retry("jitter=" + text).size(), 300U);
    EXPECT_LT(refused_expect("[" + text).size(), 300U);
}
}

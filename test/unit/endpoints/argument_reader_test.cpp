// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/argument_reader.hpp>

#include <gtest/gtest.h>

namespace
{
using holdfast::argument_reader;
using holdfast::description;
using holdfast::description_error;
using holdfast::parse_description;
using namespace std::chrono_literals;

argument_reader reader(const description& d)
{
    return {d, {"host", "port"}, {"timeout", "bindAddress", "noDelay", "family"}};
}

/// How a description is refused that everything is asked of.
std::string refusal(std::string_view text)
{
    const auto d = parse_description(text);
    try
    {
        const auto arguments = reader(d);
        arguments.text("host");
        arguments.port("port");
        arguments.length_of_time("timeout");
        arguments.flag("noDelay");
        arguments.choice("family", {"any", "4", "6"});
    }
    catch (const description_error& e)
    {
        return e.what();
    }
    return "accepted";
}

TEST(argument_reader, CS_71_positional_arguments_fill_the_names_that_are_left)
{
    for (const auto* text : {"tcp:h:80", "tcp:host=h:port=80", "tcp:host=h:80", "tcp:h:port=80",
                             "tcp:80:host=h", "tcp:port=80:h", "tcp://h:80", "tcp://h?port=80"})
    {
        const auto d = parse_description(text);
        const auto arguments = reader(d);
        EXPECT_EQ(arguments.text("host"), "h") << text;
        EXPECT_EQ(arguments.port("port"), 80) << text;
        EXPECT_EQ(arguments.length_of_time("timeout"), std::nullopt);
        EXPECT_EQ(arguments.flag("noDelay"), std::nullopt);
        EXPECT_EQ(arguments.choice("family", {"any"}), std::nullopt);
        EXPECT_EQ(arguments.find("bindAddress"), nullptr);
    }
}

TEST(argument_reader, reads_what_is_given)
{
    const auto d = parse_description("tcp:h:65535:timeout=200ms:noDelay=0:family=6:bindAddress=x");
    const auto arguments = reader(d);
    EXPECT_EQ(arguments.port("port"), 65535);
    EXPECT_EQ(arguments.length_of_time("timeout"), 200ms);
    EXPECT_EQ(arguments.flag("noDelay"), false);
    EXPECT_EQ(arguments.choice("family", {"any", "4", "6"}), 2U);
    EXPECT_EQ(arguments.find("bindAddress")->value, "x");
}

TEST(argument_reader, CS_77_refuses_with_one_line_that_says_which_part_and_what_was_expected)
{
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"tcp:localhost:http",
         R"(tcp:localhost:http (column 15): port "http" is not a number from 1 to 65535)"},
        {"tcp:h:0", R"(tcp:h:0 (column 7): port "0" is not a number from 1 to 65535)"},
        {"tcp:h:65536", R"(tcp:h:65536 (column 7): port "65536" is not a number from 1 to 65535)"},
        {"tcp:h:+80", R"(tcp:h:+80 (column 7): port "+80" is not a number from 1 to 65535)"},
        {"tcp:h:", R"(tcp:h: (column 7): port "" is not a number from 1 to 65535)"},
        {"tcp:h:80\n", R"(tcp:h:80\x0a (column 7): port "80\x0a" is not a number from 1 to 65535)"},
        {"tcp:h", "tcp:h: port is missing; expected tcp:HOST:PORT, then key=value"},
        {"tcp", "tcp: host is missing; expected tcp:HOST:PORT, then key=value"},
        {"tcp::80", "tcp::80 (column 5): host is empty; expected tcp:HOST:PORT, then key=value"},
        {"tcp:h:80:x", "tcp:h:80:x (column 10): this argument is one too many; expected "
                       "tcp:HOST:PORT, then key=value"},
        {"tcp:h:80:host=i",
         "tcp:h:80:host=i (column 7): this argument is one too many; expected tcp:HOST:PORT, then "
         "key=value"},
        {"tcp:::1:80",
         "tcp:::1:80 (column 7): this argument is one too many; expected tcp:HOST:PORT, "
         "then key=value; an IPv6 address stands in brackets: [::1]"},
        {"tcp:h:80:timout=5",
         R"(tcp:h:80:timout=5 (column 10): unknown key "timout" (did you mean "timeout"?); tcp knows )"
         "host, port, timeout, bindAddress, noDelay, family"},
        {"tcp:h:80:bindaddress=5",
         R"(tcp:h:80:bindaddress=5 (column 10): unknown key "bindaddress" (did you mean )"
         R"("bindAddress"?); tcp knows host, port, timeout, bindAddress, noDelay, family)"},
        {"tcp:h:80:zzz=5",
         R"(tcp:h:80:zzz=5 (column 10): unknown key "zzz"; tcp knows host, port, )"
         "timeout, bindAddress, noDelay, family"},
        {"tcp:h:80:timeout=soon",
         R"(tcp:h:80:timeout=soon (column 18): timeout "soon" is not a length of time such as 5, 1.5s, )"
         "200ms, 2m or 1h"},
        {"tcp:h:80:timeout=0", R"(tcp:h:80:timeout=0 (column 18): timeout "0" is not above zero)"},
        {"tcp:h:80:noDelay=on",
         R"(tcp:h:80:noDelay=on (column 18): noDelay "on" is not one of 0, 1, false, true)"},
        {"tcp:h:80:family=5",
         R"(tcp:h:80:family=5 (column 17): family "5" is not one of any, 4, 6)"},
        {std::string_view("tcp:h\0:80", 9), R"(tcp:h\x00:80 (column 5): host holds a zero byte)"},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_EQ(refusal(text), expected);
}

TEST(argument_reader, CS_77_speaks_of_the_canonical_text_where_there_is_no_other)
{
    const description d{.prefix = "tcp", .positional = {{"a:b"}}};
    try
    {
        reader(d).port("port");
        FAIL();
    }
    catch (const description_error& e)
    {
        EXPECT_STREQ(e.what(),
                     R"(tcp:a\:b: port is missing; expected tcp:HOST:PORT, then key=value)");
        EXPECT_EQ(e.column(), 0U);
    }
}
}

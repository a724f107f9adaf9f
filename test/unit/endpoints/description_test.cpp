// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/description.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace
{
using holdfast::description;
using holdfast::description_error;
using holdfast::parse_description;
using holdfast::quote;

/// A description as it is compared, without texts and columns.
description make(std::string prefix, std::vector<std::string> positional,
                 std::vector<std::pair<std::string, std::string>> keywords = {})
{
    description d{.prefix = std::move(prefix)};
    for (auto& value : positional)
        d.positional.push_back({std::move(value)});
    for (auto& [key, value] : keywords)
        d.keywords.push_back({std::move(key), {std::move(value)}});
    return d;
}

std::string refusal(std::string_view text)
{
    try
    {
        parse_description(text);
    }
    catch (const description_error& e)
    {
        return e.what();
    }
    return "accepted";
}

/// Text of the characters that mean something, and a few that do not.
std::string random_text(std::mt19937& random, std::size_t length_max)
{
    constexpr std::string_view alphabet = "ab1:=\\/[]%.?&#@ \n\xC3\xA9";
    std::string text(random() % (length_max + 1), ' ');
    for (char& c : text)
        c = alphabet[random() % alphabet.size()];
    return text;
}

TEST(description, CS_70_mixes_positional_and_keyword_arguments)
{
    EXPECT_EQ(parse_description("tcp:localhost:80"), make("tcp", {"localhost", "80"}));
    EXPECT_EQ(parse_description("tcp:host=h:80:timeout=5"),
              make("tcp", {"80"}, {{"host", "h"}, {"timeout", "5"}}));
    EXPECT_EQ(parse_description("a:b:d=1:c"), make("a", {"b", "c"}, {{"d", "1"}}));
    EXPECT_EQ(parse_description("tcp"), make("tcp", {}));
    EXPECT_EQ(parse_description("tcp:"), make("tcp", {""}));
    EXPECT_EQ(parse_description("tcp::80"), make("tcp", {"", "80"}));
    EXPECT_EQ(parse_description("tcp:a="), make("tcp", {}, {{"a", ""}}));
}

TEST(description, CS_70_takes_the_prefix_in_any_case)
{
    EXPECT_EQ(parse_description("TcP:H:80"), make("tcp", {"H", "80"}));
    EXPECT_EQ(parse_description("TCP://h:80"), make("tcp", {"h", "80"}));
}

TEST(description, CS_70_takes_the_character_after_a_backslash_literally)
{
    EXPECT_EQ(parse_description(R"(unix:\/a\:b\\c\=d)"), make("unix", {R"(/a:b\c=d)"}));
    EXPECT_EQ(parse_description(R"(x:a\=b=c\:d)"), make("x", {}, {{"a=b", "c:d"}}));
    EXPECT_EQ(parse_description(R"(tc\p:h)"), make("tcp", {"h"}));
}

TEST(description, CS_70_splits_an_argument_at_its_first_equals_sign_only)
{
    EXPECT_EQ(parse_description("x:a=b=c=d"), make("x", {}, {{"a", "b=c=d"}}));
}

TEST(description, CS_71_takes_an_ipv6_address_in_brackets)
{
    EXPECT_EQ(parse_description("tcp:[::1]:80"), make("tcp", {"::1", "80"}));
    EXPECT_EQ(parse_description("tcp:host=[fe80::1%eth0]:port=80"),
              make("tcp", {}, {{"host", "fe80::1%eth0"}, {"port", "80"}}));
    EXPECT_EQ(parse_description("tcp:[::ffff:192.0.2.1]:80"),
              make("tcp", {"::ffff:192.0.2.1", "80"}));
    EXPECT_EQ(parse_description(R"(tcp:\:\:1:80)"), make("tcp", {"::1", "80"}));
}

TEST(description, leaves_brackets_alone_that_hold_no_address)
{
    EXPECT_EQ(parse_description("unix:[a]"), make("unix", {"[a]"}));
    EXPECT_EQ(parse_description("x:[a:b]"), make("x", {"[a", "b]"}));
    EXPECT_EQ(parse_description("x:[::1"), make("x", {"[", "", "1"}));
    EXPECT_EQ(parse_description("x:[::1]a:b"), make("x", {"[", "", "1]a", "b"}));
    EXPECT_EQ(parse_description(R"(x:[\:\:1])"), make("x", {"[::1]"}));
}

TEST(description, CS_71_takes_a_url)
{
    EXPECT_EQ(parse_description("tcp://h.example:80?timeout=5&a=b"),
              parse_description("tcp:h.example:80:timeout=5:a=b"));
    EXPECT_EQ(parse_description("tcp://[::1]:80"), parse_description("tcp:[::1]:80"));
    EXPECT_EQ(parse_description("tcp://192.0.2.1:80/"), make("tcp", {"192.0.2.1", "80"}));
    EXPECT_EQ(parse_description("tcp://h"), make("tcp", {"h"}));
    EXPECT_EQ(parse_description("unix:///run/a%20b.sock?timeout=5"),
              make("unix", {"/run/a b.sock"}, {{"timeout", "5"}}));
    EXPECT_EQ(parse_description("x://h?a=1+1%2B=&b="),
              make("x", {"h"}, {{"a", "1+1+="}, {"b", ""}}));
    EXPECT_EQ(parse_description("socks5://me:pa%3Ass@h:1080"),
              make("socks5", {"h", "1080"}, {{"user", "me"}, {"password", "pa:ss"}}));
}

TEST(description, a_url_goes_by_way_of_proxies)
{
    EXPECT_EQ(
        parse_description("tls://h:443?via=socks5://p:9050"),
        parse_description(R"(tls:h:443:endpoint=socks5\:h\:443\:endpoint\=tcp\\\:p\\\:9050)"));
    EXPECT_EQ(parse_description("tcp://h:443?via=SOCKS5://p"), // as for curl, 1080
              parse_description(R"(socks5:h:443:endpoint=tcp\:p\:1080)"));
    EXPECT_EQ(parse_description("tcp://[::1]:443?via=socks5://[::2]:9050"),
              make("socks5", {"::1", "443"}, {{"endpoint", R"(tcp:\:\:2:9050)"}}));
    EXPECT_EQ(parse_description("pigeon://loft:1?rings=2&via=socks5://p:1"),
              make("pigeon", {"loft", "1"},
                   {{"rings", "2"}, {"endpoint", R"(socks5:loft:1:endpoint=tcp\:p\:1)"}}));
}

TEST(description, the_first_of_several_proxies_is_the_nearest)
{
    EXPECT_EQ(
        parse_description("tcp://h:443?via=socks5://a:1&via=http-connect://b:2"),
        make("http-connect", {"h", "443"}, {{"endpoint", R"(socks5:b:2:endpoint=tcp\:a\:1)"}}));
}

TEST(description, a_proxy_may_be_reached_by_another_kind_of_endpoint_than_tcp)
{
    EXPECT_EQ(parse_description("tcp://h:443?via=http-connect+tls://p:443"),
              make("http-connect", {"h", "443"}, {{"endpoint", "tls:p:443"}}));
    EXPECT_EQ(parse_description("tcp://h:443?via=socks5+unix:///run/p.sock"),
              make("socks5", {"h", "443"}, {{"endpoint", "unix:/run/p.sock"}}));
    EXPECT_EQ(parse_description("tcp://h:443?via=socks5://a:1&via=http-connect+tls://b:2"),
              make("http-connect", {"h", "443"},
                   {{"endpoint", R"(tls:b:2:endpoint=socks5\:b\:2\:endpoint\=tcp\\\:a\\\:1)"}}));
    EXPECT_EQ(parse_description("tcp://h:1?via=a+b+tcp://p:1"),
              make("a+b", {"h", "1"}, {{"endpoint", "tcp:p:1"}}));
}

TEST(description, a_proxy_has_keys_and_a_user_of_its_own)
{
    EXPECT_EQ(parse_description(
                  "tcp://h:443?via=socks5://me:p%40%26%3Aw@p:1?timeout=5;resolve=here;a=%3B"),
              make("socks5", {"h", "443"},
                   {{"user", "me"},
                    {"password", "p@&:w"},
                    {"timeout", "5"},
                    {"resolve", "here"},
                    {"a", ";"},
                    {"endpoint", "tcp:p:1"}}));
}

TEST(description, CS_77_a_mistake_on_the_way_is_told_of_its_place)
{
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"tcp://h:1?via=p:1080", "(column 15): via= is not the URL of a proxy"},
        {"tcp://h:1?via=", "(column 15): via= is not the URL of a proxy"},
        {"tcp://h:1?via=socks5://", R"((column 24): nothing follows "//")"},
        {"tcp://h:1?via=socks5://p:x", R"((column 26): port "x" is not a number)"},
        {"tcp://h:1?via=socks5://p/a", "(column 25): a path stands after the host"},
        {"tcp://h:1?via=socks5://p?a", "(column 26): a parameter has no value"},
        {"tcp://h:1?via=socks5://p?a=1;a=2", R"((column 30): the key "a" is given twice)"},
        {"tcp://h:1?via=socks5://p?proxy=b", "(column 26): where the proxy is stands after the //"},
        {"tcp://h:1?via=socks5://p?via=b", "(column 30): a proxy has no via= of its own"},
        {"tcp://h:1?via=socks5+://p", "(column 15): after a + stands the kind of endpoint"},
        {"tcp://h:1?via=socks5://p&via=a+unix:///x", "(column 32): only the first proxy can be"},
        {"tcp://h?via=socks5://p", "(column 13): via= needs the host and the port of the target"},
        {"unix:///x?via=socks5://p", "(column 15): via= needs the host and the port"},
        {"tls://h:1?endpoint=x&via=socks5://p", "(column 11): endpoint= says how to get there"},
        {"tcp://h:1?timeout=5&via=socks5://p", "(column 11): this is for a connection without"},
        {"socks5://h:1?via=socks5://p", "(column 1): via= leads to a target that is no proxy"},
        {"x://h:1?a=[", R"((column 11): "[" cannot stand here in a URL)"},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_NE(refusal(text).find(expected), std::string::npos) << refusal(text);
    std::string many = "tcp://h:1?via=a://p";
    for (int i = 0; i < 7; ++i)
        many += "&via=a://p";
    EXPECT_EQ(refusal(many), "accepted");
    EXPECT_NE(refusal(many + "&via=a://p").find("one proxy too many; at most 8"),
              std::string::npos);
}

TEST(description, proxies_that_make_too_long_a_description_are_refused_in_bounded_memory)
{
    std::string text = "tcp://h:1?via=a://p?k=" + std::string(20'000, '=');
    for (int i = 0; i < 7; ++i)
        text += "&via=a://p";
    EXPECT_NE(refusal(text).find("make a description of more than 65536 bytes"), std::string::npos)
        << refusal(text);
}

TEST(description, CS_77_knows_the_column_of_each_part)
{
    const auto d = parse_description(R"(tcp:\:\:1:port=80:[::2])");
    EXPECT_EQ(d.positional.at(0).column, 5U);
    EXPECT_EQ(d.keywords.at(0).column, 11U);
    EXPECT_EQ(d.keywords.at(0).value.column, 16U);
    EXPECT_EQ(d.positional.at(1).column, 20U);
    const auto u = parse_description("tcp://me:pw@[::1]:80?key=value");
    EXPECT_EQ(u.keywords.at(0).column, 7U);
    EXPECT_EQ(u.keywords.at(1).value.column, 10U);
    EXPECT_EQ(u.positional.at(0).column, 14U);
    EXPECT_EQ(u.positional.at(1).column, 19U);
    EXPECT_EQ(u.keywords.at(2).column, 22U);
    EXPECT_EQ(u.keywords.at(2).value.column, 26U);
}

TEST(description, CS_77_is_refused_with_one_line_that_says_where_and_why)
{
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", " (column 1): the description is empty"},
        {":a", ":a (column 1): nothing stands before the first colon"},
        {"127.0.0.1:80", R"((column 1): "127.0.0.1" is not a kind of endpoint)"},
        {"a b:c", R"((column 1): "a b" is not a kind of endpoint)"},
        {"host=a:80", R"((column 5): "=" stands in the first part)"},
        {"tcp:a\\", "(column 6): a backslash at the end"},
        {"tcp:a:=b", R"((column 7): nothing stands before "=")"},
        {"tcp:a=1:b=2:a=3", R"((column 13): the key "a" is given twice; give it once)"},
        {"tcp://a?b=1&b=2", R"((column 13): the key "b" is given twice; give it once)"},
        {"tcp://a b", R"((column 8): " " cannot stand in a URL)"},
        {"tcp://a%4", R"((column 8): "%" is not followed by two hexadecimal digits)"},
        {"tcp://a:http", R"((column 9): port "http" is not a number from 1 to 65535)"},
        {"tcp://[::1", R"((column 7): what follows "//" is not host:port)"},
        {"tcp://::1:80", R"((column 7): what follows "//" is not host:port)"},
        {"tcp://", R"((column 7): nothing follows "//")"},
        {"tcp://?a=b", R"((column 7): nothing follows "//")"},
        {"unix://run/a", "(column 11): a path stands after the host"},
        {"tcp://a:80#b", R"((column 11): "#" begins a fragment)"},
        {"tcp://a:80?b", "(column 12): a parameter has no value; expected key=value"},
        {"tcp://a:80?=b", R"((column 12): nothing stands before "=")"},
    };
    for (const auto& [text, expected] : cases)
    {
        EXPECT_NE(refusal(text).find(expected), std::string::npos) << refusal(text);
        EXPECT_EQ(refusal(text).find('\n'), std::string::npos);
    }
}

TEST(description, an_error_stays_on_one_short_line_whatever_the_text)
{
    std::mt19937 random(2);
    for (int i = 0; i < 5'000; ++i)
    {
        const auto line = refusal(random_text(random, 300));
        ASSERT_EQ(line.find('\n'), std::string::npos);
        ASSERT_LT(line.size(), 1000U);
    }
}

TEST(description, an_error_shows_no_password)
{
    for (const auto* text : {
             R"(socks5:h:1080:password=hun\:ter2:password=x)",
             R"(socks5:h:1080:Password=hun:ter2:=)",
             R"(tls:h:1:endpoint=socks5\:h\:1\:password\=hun\\\:ter2:=)",
             R"(tls:h:1:endpoint=socks5\://me\:hunter2@h:=)",
             "socks5://me:hun/ter2@h:1080",
             "socks5://me:hun&ter2@h:1080#",
             "socks5://me:hunter2@h:1080#",
             "socks5://h:1080?password=hun&ter2",
             "socks5://h:1080?a=b&password=hunter2#",
             "tcp://h:1?via=socks5://me:hunter2@p&via=x",
             "tcp://h:1?via=socks5://me:hunter2@p:x",
             "tcp://h:1?via=socks5://p?password=hunter2;a",
             "tls://h:1?via=socks5://me:hun@p&via=socks5://me:hunter2@p#",
         })
    {
        EXPECT_NE(refusal(text), "accepted") << text;
        EXPECT_EQ(refusal(text).find("hun"), std::string::npos) << refusal(text);
        EXPECT_EQ(refusal(text).find("ter2"), std::string::npos) << refusal(text);
    }
}

TEST(description, is_read_up_to_its_limit_in_linear_time)
{
    const auto fill = [](std::string_view part)
    {
        std::string text = "x:";
        while (text.size() + part.size() <= description::length_max)
            text += part;
        return text;
    };
    const auto begin = std::chrono::steady_clock::now();
    for (const auto* part : {":", "[:", "[::", "[::%a", "a=:", "\\:", "password", "//@:", "[::1]:"})
        static_cast<void>(refusal(fill(part)));
    static_cast<void>(refusal("x://" + fill("%41")));
    // A quadratic walk over 64 KiB takes seconds; this is far above what a linear one needs, even
    // under a sanitizer.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));

    EXPECT_EQ(parse_description(fill("a")).positional.size(), 1U);
    EXPECT_NE(refusal(fill("a") + "a").find("has 65537 bytes; at most 65536 are read"),
              std::string::npos);
}

TEST(description, CS_75_quoted_text_is_one_argument_and_reads_back)
{
    EXPECT_EQ(quote(R"(C:\a=b)"), R"(C\:\\a\=b)");
    std::mt19937 random(3);
    for (int i = 0; i < 20'000; ++i)
    {
        const auto text = random_text(random, 12);
        ASSERT_EQ(parse_description("x:" + quote(text)), make("x", {text})) << text;
        ASSERT_EQ(parse_description("x:a:" + quote(text) + ":b"), make("x", {"a", text, "b"}))
            << text;
        ASSERT_EQ(parse_description("x:k=" + quote(text)), make("x", {}, {{"k", text}})) << text;
    }
}

// These used to be printed as x:[::1], which has one argument.
TEST(description, CS_75_arguments_that_together_look_like_an_address_stay_apart)
{
    const auto d = make("x", {"[", "", "1]"});
    EXPECT_EQ(to_string(d), R"(x:\[::1])");
    EXPECT_EQ(parse_description(to_string(d)), d);
}

TEST(description, CS_75_is_read_back_as_it_was_printed)
{
    std::mt19937 random(4);
    for (int i = 0; i < 20'000; ++i)
    {
        auto d = make("a+b", {});
        for (auto count = random() % 4; count > 0; --count)
            d.positional.push_back({random_text(random, 8)});
        for (auto count = random() % 4; count > 0; --count)
            d.keywords.push_back(
                {std::to_string(count) + random_text(random, 4), {random_text(random, 8)}});
        ASSERT_EQ(parse_description(to_string(d)), d) << to_string(d);
    }
}

TEST(description, whatever_is_accepted_is_read_back_as_it_was_printed)
{
    std::mt19937 random(5);
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i)
    {
        const auto text = (random() % 2 ? "x:" : "x://") + random_text(random, 16);
        try
        {
            const auto d = parse_description(text);
            ++accepted;
            ASSERT_EQ(parse_description(to_string(d)), d) << text;
        }
        catch (const description_error&) // this test is about the others
        {
        }
    }
    EXPECT_GT(accepted, 5'000);
}
}

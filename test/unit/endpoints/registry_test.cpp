// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/registry.hpp>

#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/endpoints/unix.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace
{
using holdfast::description;
using holdfast::description_error;
using holdfast::parse_endpoint;
using holdfast::registry;
using namespace std::chrono_literals;

std::string refusal(std::string_view text, const registry& known = registry::standard())
{
    try
    {
        parse_endpoint(text, known);
    }
    catch (const description_error& e)
    {
        return e.what();
    }
    return "accepted";
}

TEST(registry, CS_71_makes_a_tcp_endpoint_of_each_form)
{
    const auto expected =
        to_string(holdfast::tcp("192.0.2.1", 80, {.timeout = 5s, .bind_address = "127.0.0.1"}));
    for (const auto* text : {"tcp:192.0.2.1:80:timeout=5:bindAddress=127.0.0.1",
                             "tcp:host=192.0.2.1:port=80:timeout=5:bindAddress=127.0.0.1",
                             "TCP:bindAddress=127.0.0.1:port=80:timeout=5000ms:192.0.2.1",
                             "tcp://192.0.2.1:80?timeout=5&bindAddress=127.0.0.1"})
        EXPECT_EQ(to_string(parse_endpoint(text)), expected) << text;
}

TEST(registry, CS_71_what_an_endpoint_prints_makes_it_again)
{
    const std::pair<holdfast::tcp, const char*> endpoints[] = {
        {{"h.example", 80}, "tcp:h.example:80"},
        {{"::1", 65535}, "tcp:[::1]:65535"},
        {{"h", 1, {.timeout = 1s, .stagger = 10ms, .family = holdfast::address_family::ipv6}},
         "tcp:h:1:family=6:stagger=10ms:timeout=1"},
        {{"h", 1, {.family = holdfast::address_family::ipv4, .no_delay = false}},
         "tcp:h:1:family=4:noDelay=0"},
        {{"::1", 1, {.bind_address = "::1", .dead_after = std::nullopt}},
         R"(tcp:\:\:1:1:bindAddress=[::1]:deadAfter=never)"},
        {{"h", 1, {.dead_after = 90s}}, "tcp:h:1:deadAfter=1.5m"},
    };
    for (const auto& [endpoint, text] : endpoints)
    {
        EXPECT_EQ(to_string(parse_endpoint(text)), to_string(endpoint));
        EXPECT_EQ(to_string(parse_endpoint(to_string(endpoint))), to_string(endpoint));
    }
}

TEST(registry, CS_72_makes_a_unix_endpoint_of_each_form)
{
    const auto expected =
        to_string(holdfast::unix_socket("/run/a:b", {.timeout = 5s, .lockfile = true}));
    for (const auto* text :
         {R"(unix:/run/a\:b:timeout=5:lockfile=1)",
          R"(unix:path=/run/a\:b:lockfile=true:timeout=5)", "unix:///run/a:b?timeout=5&lockfile=1"})
        EXPECT_EQ(to_string(parse_endpoint(text)), expected) << text;
    EXPECT_EQ(to_string(parse_endpoint(expected)), expected);
    EXPECT_EQ(to_string(parse_endpoint("unix:a:lockfile=0")), "unix:a");
}

TEST(registry, CS_77_refuses_with_one_line_what_no_endpoint_can_be_made_of)
{
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"tcp:localhost:http",
         R"(tcp:localhost:http (column 15): port "http" is not a number from 1 to 65535)"},
        {"tcp:a b:80", "tcp:a b:80 (column 5): "},
        {"tcp:h:80:bindAddress=eth0", R"( (column 22): )"},
        {"tcp:h:80:bindAddress=eth0", R"("eth0" is not an IP address)"},
        {"tcp:h:80:bindAddress=", " (column 22): bindAddress is empty"},
        {"tcp:h:80:bindAddress=127.0.0.1:family=6", " (column 39): "},
        {"tcp:h:80:timeout=10h", " (column 18): "},
        {"tcp:h:80:stagger=1ms", " (column 18): "},
        {"tcp:h:80:deadAfter=1ms", " (column 20): "},
        {"tcp:h:80:lockfile=1", R"( (column 10): unknown key "lockfile"; tcp knows host, port,)"},
        {"unix:", "unix: (column 6): path is empty; expected unix:PATH, then key=value"},
        {"unix", "unix: path is missing; expected unix:PATH, then key=value"},
        {"unix:a:b", "unix:a:b (column 8): this argument is one too many; expected unix:PATH"},
        {"unix:@a:lockfile=1", " (column 18): "},
        {"unix:a:lockfile=2", R"( (column 17): lockfile "2" is not one of 0, 1, false, true)"},
        {"tpc:h:80",
         R"(tpc:h:80 (column 1): unknown kind of endpoint "tpc" (did you mean "tcp"?); )"
         "known are failover, http-connect, proxy-protocol, socks5, tcp, unix"},
        {"localhost:80", R"(localhost:80 (column 1): unknown kind of endpoint "localhost"; known )"
                         "are failover, http-connect, proxy-protocol, socks5, tcp, unix; a host is "
                         "reached by tcp:HOST:PORT"},
    };
    for (const auto& [text, expected] : cases)
    {
        EXPECT_NE(refusal(text).find(expected), std::string::npos) << refusal(text);
        EXPECT_EQ(refusal(text).find('\n'), std::string::npos);
    }
}

TEST(registry, CS_77_speaks_of_each_option_by_its_key)
{
    EXPECT_NE(refusal("tcp:h:80:deadAfter=1ms").find(": deadAfter "), std::string::npos)
        << refusal("tcp:h:80:deadAfter=1ms");
    EXPECT_NE(refusal("tcp:h:80:bindAddress=x").find(": bindAddress "), std::string::npos)
        << refusal("tcp:h:80:bindAddress=x");
}

TEST(registry, a_kind_can_be_added_that_stands_on_another)
{
    auto known = registry::standard();
    known.add("over",
              [](const description& d, const registry& all)
              {
                  const holdfast::argument_reader arguments(d, {"below"}, {});
                  return parse_endpoint(arguments.text("below"), all);
              });
    EXPECT_EQ(to_string(parse_endpoint("OVER:" + holdfast::quote("tcp:h:80"), known)), "tcp:h:80");
    EXPECT_NE(refusal("over:x").find("unknown kind"), std::string::npos);
    EXPECT_EQ(refusal("over:tcp\\:h", known),
              "tcp:h: port is missing; expected tcp:HOST:PORT, then key=value");
}

TEST(registry, refuses_a_prefix_that_is_known_or_cannot_be_one)
{
    auto known = registry::standard();
    const auto make = [](const description&, const registry&) -> holdfast::any_endpoint
    { return holdfast::tcp("h", 1); };
    for (const auto* prefix : {"tcp", "", "1a", "A", "a:b", "a b"})
        EXPECT_THROW(known.add(prefix, make), std::invalid_argument) << prefix;
    EXPECT_THROW(known.add("a", nullptr), std::invalid_argument);
    EXPECT_NO_THROW(known.add("a+b-c.d_1", make));
}

TEST(registry, CS_76_a_kind_of_ones_own_may_have_another_endpoint_within)
{
    auto known = registry::standard();
    known.add("slow",
              [](const description& d, const registry& all)
              {
                  const holdfast::argument_reader arguments(d, {"endpoint"}, {});
                  return all.make_within(d, *arguments.find("endpoint"));
              });
    EXPECT_EQ(to_string(parse_endpoint(R"(slow:tcp\:h\:80)", known)), "tcp:h:80");
    EXPECT_EQ(to_string(parse_endpoint(R"(slow:slow\:tcp\\\:h\\\:80)", known)), "tcp:h:80");

    // What is wrong is told of its place in the whole.
    EXPECT_EQ(refusal(R"(slow:tcp\:h\:x)", known),
              R"(slow:tcp\:h\:x (column 14): port "x" is not a number from 1 to 65535)");
    EXPECT_EQ(refusal(R"(slow:slow\:tcp\\\:h\\\:x)", known),
              R"(slow:slow\:tcp\\\:h\\\:x (column 24): port "x" is not a number from 1 to 65535)");
    EXPECT_EQ(
        refusal(R"(slow:fish\:h)", known),
        R"(slow:fish\:h (column 6): unknown kind of endpoint "fish"; known are failover, http-connect, proxy-protocol, slow, socks5, tcp, unix)");
}

TEST(registry, CS_76_an_endpoint_of_ones_own_is_dialled_by_its_description)
{
    const holdfast::testing::scripted_endpoint pigeon; // as somebody else's kind
    std::string loft;
    auto known = registry::standard();
    known.add("pigeon",
              [&](const description& d, const registry&)
              {
                  loft = holdfast::argument_reader(d, {"loft"}, {}).text("loft");
                  return pigeon;
              });
    EXPECT_EQ(refusal("pigeon:roof"),
              R"(pigeon:roof (column 1): unknown kind of endpoint "pigeon"; known )"
              "are failover, http-connect, proxy-protocol, socks5, tcp, unix");
    EXPECT_EQ(refusal("pigeon:roof:2", known),
              "pigeon:roof:2 (column 13): this argument is one too many; expected pigeon:LOFT");

    holdfast::testing::manual_clock clock;
    boost::asio::io_context context;
    holdfast::dial_report report;
    bool connected = false;
    parse_endpoint("PIGEON:roof", known)
        .async_connect({.executor = context.get_executor(), .clock = &clock, .report = &report},
                       [&](holdfast::error_code ec, const holdfast::stream&) { connected = !ec; });
    context.run();
    EXPECT_TRUE(connected);
    EXPECT_EQ(loft, "roof");
    EXPECT_EQ(pigeon.dial_count(), 1U);
}

// What was found wrong used to be quoted with the password in it.
TEST(registry, a_refused_part_is_quoted_without_a_password)
{
    for (const auto* text : {
             R"(tcp:h:port=x\:password=hunter2)",
             R"(tcp:h:80:timeout=x\:password=hunter2)",
             R"(tcp:h:80:x\:password\=hunter2=1)",
             R"(password\=hunter2:h:80)",
             "tcp://h:password=hunter2",
             "tcp:///me:hunter2@h?port=80",
             "tcp://h:80?timeout=me:hunter2@h",
             "tcp://h:80?me:hunter2@h=1",
         })
    {
        EXPECT_NE(refusal(text), "accepted") << text;
        EXPECT_EQ(refusal(text).find("hunter2"), std::string::npos) << refusal(text);
    }
}
}

// SPDX-License-Identifier: BSL-1.0
// What the control protocol says to each line, without any socket.
#include "tool/control/control_answer.hpp"

#include "control_services.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace
{
namespace hf = holdfast;
using namespace std::chrono_literals;
using hf::phase;

class control_answer : public ::testing::Test
{
protected:
    control_answer()
    {
        services.add("feed");
        services.add("cache");
    }

    std::string said(std::string_view request) { return answer(services, request).line; }

    /// The sentence of a refusal, as JSON has it.
    std::string refusal(std::string_view request)
    {
        const auto line = said(request);
        constexpr std::string_view before = R"({"ok":false,"version":1,"error":")";
        return line.starts_with(before) && line.ends_with("\"}")
                   ? line.substr(before.size(), line.size() - before.size() - 2)
                   : "(no refusal) " + line;
    }

    support::services_in_memory services;
};

TEST_F(control_answer, tells_how_all_services_stand)
{
    EXPECT_EQ(said(R"({"do":"status"})"),
              R"({"ok":true,"version":1,"ready":false,"services":[)"
              R"({"name":"feed","endpoint":"tcp:127.0.0.1:7","job":"hold","state":"waiting",)"
              R"("ready":false,"must_be_ready":true,"since":-90.000000,"attempt":3,"failures":2,)"
              R"("connections":1},)"
              R"({"name":"cache","endpoint":"tcp:127.0.0.1:7","job":"hold","state":"waiting",)"
              R"("ready":false,"must_be_ready":true,"since":-90.000000,"attempt":3,"failures":2,)"
              R"("connections":1}]})");
}

TEST_F(control_answer, tells_how_one_stands_and_how_it_failed)
{
    auto& s = services.list.front();
    s.state = hf::service_state::connected;
    s.ready = true;
    s.next_attempt = services.now() + 1500ms;
    s.failed_at = services.now() - 2s;
    s.last_failure = std::make_shared<hf::failure>(
        hf::failure{.code = boost::asio::error::connection_refused,
                    .phase = phase::connect,
                    .attempt = 3,
                    .took = 200us,
                    .unacknowledged = 7,
                    .addresses = {{"127.0.0.1:7", boost::asio::error::connection_refused, 100us}},
                    .endpoint = std::make_shared<const std::string>("tcp:127.0.0.1:7"),
                    .detail = std::make_shared<const std::string>("nobody")});
    EXPECT_EQ(said(R"({"do":"status","name":"feed","version":1})"),
              R"({"ok":true,"version":1,"service":)"
              R"({"name":"feed","endpoint":"tcp:127.0.0.1:7","job":"hold","state":"connected",)"
              R"("ready":true,"must_be_ready":true,"since":-90.000000,"attempt":3,"failures":2,)"
              R"("connections":1,"next_attempt":1.500000,"last_failure":{"phase":"connect",)"
              R"("attempt":3,"took":0.000200,"reason":"Connection refused","category":"system",)"
              R"("value":111,"detail":"nobody","unacknowledged":7,"addresses":[)"
              R"({"address":"127.0.0.1:7","reason":"Connection refused","took":0.000100}],)"
              R"("text":"attempt 3 failed in connect after 0.2 ms: Connection refused: nobody, )"
              R"(7 bytes not acknowledged"},"failed_at":-2.000000}})");
}

TEST_F(control_answer, tells_why_a_service_is_not_connected)
{
    services.history = {{.attempt = 1,
                         .began = services.now() - 9s,
                         .connected = services.now() - 8s,
                         .ended = services.now() - 3s,
                         .why = std::make_shared<hf::failure>(
                             hf::failure{.phase = phase::session, .attempt = 1, .took = 5s}),
                         .next = services.now() - 1s},
                        {.attempt = 2, .began = services.now() - 1s}};
    const auto line = said(R"({"do":"why","name":"feed"})");
    EXPECT_TRUE(line.starts_with(
        R"({"ok":true,"version":1,"why":"feed: nobody listens","service":{"name":"feed")"))
        << line;
    EXPECT_EQ(line.substr(line.find("\"attempts\"")),
              R"("attempts":[{"attempt":1,"began":-9.000000,"connected":-8.000000,)"
              R"("ended":-3.000000,"why":{"phase":"session","attempt":1,"took":5.000000,)"
              R"("reason":"closed in good order","category":"system","value":0,)"
              R"("text":"connection lost after 5.0 s: closed in good order"},"next":-1.000000},)"
              R"({"attempt":2,"began":-1.000000}]})");
}

TEST_F(control_answer, carries_out_each_command)
{
    for (const std::string command : {"start", "stop", "retry", "reconnect"})
        EXPECT_EQ(said(R"({"do":")" + command + R"(","name":"cache"})"),
                  R"({"ok":true,"version":1})");
    EXPECT_EQ(services.commands, (std::vector<std::string>{"start cache", "stop cache",
                                                           "retry cache", "reconnect cache"}));
}

TEST_F(control_answer, tells_what_came_of_a_reload)
{
    EXPECT_EQ(said(R"({"do":"reload"})"),
              R"({"ok":true,"version":1,"text":"nothing has changed"})");
    services.reloaded = {false, "line 3: there is no \"prot\""};
    EXPECT_EQ(refusal(R"({"do":"reload"})"), R"(line 3: there is no \"prot\")");
}

TEST_F(control_answer, says_who_wants_to_watch)
{
    EXPECT_TRUE(answer(services, R"({"do":"watch"})").watches);
    EXPECT_FALSE(answer(services, R"({"do":"status"})").watches);
    EXPECT_EQ(said(R"({"do":"watch"})"), said(R"({"do":"status"})"));
}

TEST_F(control_answer, refuses_a_service_that_is_not_there)
{
    for (const std::string command : {"status", "why", "start", "stop", "retry", "reconnect"})
        EXPECT_EQ(refusal(R"({"do":")" + command + R"(","name":"fed"})"),
                  R"(there is no service \"fed\" (did you mean \"feed\"?))");
    EXPECT_TRUE(services.commands.empty());
}

TEST_F(control_answer, says_what_was_wrong_with_a_request_and_where)
{
    EXPECT_EQ(refusal("hello"), R"(not JSON at byte 1: syntax error; found \"hello\")");
    EXPECT_EQ(refusal(R"({"do":"status")"),
              "not JSON at byte 15: incomplete JSON; found the end of the line");
    EXPECT_EQ(refusal(""), "not JSON at byte 1: incomplete JSON; found the end of the line");
    EXPECT_EQ(refusal(R"({"do":"status"} x)"), R"(not JSON at byte 17: extra data; found \"x\")");
    EXPECT_EQ(refusal("[1]"), R"(a request is an object, such as {\"do\":\"status\"})");
    EXPECT_EQ(refusal(R"({"do":1})"), R"(\"do\" must be a text)");
    EXPECT_EQ(refusal(R"({"do":"stop","name":["a"]})"), R"(\"name\" must be a text)");
    EXPECT_EQ(refusal("{}"), R"(\"do\" is missing; it must be one of status, why, start, stop, )"
                             "retry, reconnect, reload, watch");
    EXPECT_EQ(refusal(R"({"do":"statsu"})"),
              R"(\"do\" is \"statsu\" (did you mean \"status\"?); it must be one of status, why, )"
              "start, stop, retry, reconnect, reload, watch");
    EXPECT_EQ(refusal(R"({"do":"stop","named":"feed"})"),
              R"(there is no member \"named\" (did you mean \"name\"?); there are do, name, )"
              "version");
    EXPECT_EQ(refusal(R"({"do":"stop"})"), R"(\"name\" is missing: stop is of one service)");
    EXPECT_EQ(refusal(R"({"do":"reload","name":"feed"})"),
              R"(reload is of all services, and has no \"name\")");
    EXPECT_EQ(refusal(R"({"do":"status","version":2})"),
              R"(\"version\" must be 1, the only one that is spoken here)");
}

TEST_F(control_answer, bounds_how_deep_a_request_may_be)
{
    const auto nested = [](std::size_t depth)
    { return R"({"do":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
    EXPECT_EQ(refusal(nested(7)), R"(\"do\" must be a text)");
    EXPECT_TRUE(refusal(nested(8)).starts_with("not JSON at byte 14: too deep"))
        << refusal(nested(8));
}

TEST_F(control_answer, is_one_short_line_whatever_the_bytes_of_the_request)
{
    const std::string bad("{\"do\":\"stop\",\"name\":\"a\\n\\u001b[2J\xc3\xbc\"}");
    EXPECT_EQ(refusal(bad), "there is no service \\\"a\\\\x0a\\\\x1b[2J\xc3\xbc\\\"");
    const auto line = said("{\"do\":\"" + std::string(60'000, 'x') + "\"}");
    EXPECT_LT(line.size(), 1000U);
}

TEST_F(control_answer, is_an_answer_also_if_what_it_asks_for_throws)
{
    services.on_reload = [] { throw std::runtime_error("the disk\nis gone"); };
    EXPECT_EQ(refusal(R"({"do":"reload"})"), R"(the disk\\x0ais gone)");
}

TEST_F(control_answer, tells_of_changes_in_one_line)
{
    const auto line = change_line(services, {"cache", "gone", "lost"});
    EXPECT_TRUE(line.starts_with(R"({"ready":false,"changed":[{"name":"cache",)")) << line;
    EXPECT_TRUE(line.ends_with(R"(],"removed":["gone","lost"]})")) << line;
}
}

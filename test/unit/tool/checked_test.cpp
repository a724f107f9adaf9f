// SPDX-License-Identifier: BSL-1.0
// How `holdfast check` shows what it found, to people and to programs.
#include "tool/checked.hpp"
#include "tool/json_text.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>

namespace
{
namespace hf = holdfast;
using namespace std::chrono_literals;
using hf::phase;

const hf::time_point zero{1h};

tool::checked good()
{
    return {.endpoint = "tcp:some.test:80",
            .began = zero,
            .steps = {{.phase = phase::lookup,
                       .what = "look up some.test",
                       .began = zero,
                       .ended = zero + 2ms,
                       .facts = {{"address", "::1"}, {"address", "127.0.0.1"}}},
                      {.phase = phase::connect,
                       .what = "connect to [::1]:80",
                       .began = zero + 2ms,
                       .ended = zero + 3ms,
                       .code = boost::asio::error::operation_aborted,
                       .detail = "another address was faster"},
                      {.phase = phase::connect,
                       .what = "connect to 127.0.0.1:80",
                       .began = zero + 2500us,
                       .ended = zero + 3ms},
                      {.phase = phase::session,
                       .what = "watch the connection",
                       .began = zero + 3ms,
                       .ended = zero + 5ms,
                       .detail = "the server sent 3 bytes first"}},
            .peer = "127.0.0.1:80",
            .connected_after = 3ms};
}

tool::checked bad()
{
    tool::checked c{.endpoint = "unix:/run/\xff\"", .began = zero};
    c.steps.push_back({.phase = phase::connect,
                       .what = "connect to /run/\n\xff\"",
                       .began = zero,
                       .ended = zero + 1200ms,
                       .code = boost::asio::error::connection_refused});
    c.why = hf::failure{.code = boost::asio::error::connection_refused, .took = 1200ms};
    return c;
}

TEST(checked, is_a_line_for_each_step_and_one_for_each_fact)
{
    EXPECT_EQ(text_of(good()), R"(      0.0 ms  lookup   look up some.test: done in 2.0 ms
                        address           ::1
                        address           127.0.0.1
      2.0 ms  connect  connect to [::1]:80: given up after 1.0 ms; another address was faster
      2.5 ms  connect  connect to 127.0.0.1:80: done in 0.5 ms
      3.0 ms  session  watch the connection: the server sent 3 bytes first
connected to 127.0.0.1:80 after 3.0 ms)");
}

TEST(checked, ends_with_the_cause_and_what_to_try)
{
    const auto text = text_of(bad());
    EXPECT_EQ(text.substr(0, text.find("\ntry:   ")),
              "      0.0 ms  connect  connect to /run/\\x0a\xff\": Connection refused after 1.2 s\n"
              "failed in connect after 1.2 s: Connection refused\n"
              "cause: nobody listens on the Unix socket /run/\\x0a\xff\" any more");
}

TEST(checked, is_one_line_of_JSON)
{
    EXPECT_EQ(
        json_of(good()),
        R"({"endpoint":"tcp:some.test:80","connected":true,"took":0.003000,"peer":"127.0.0.1:80",)"
        R"("steps":[{"phase":"lookup","what":"look up some.test","began":0.000000,"took":0.002000,)"
        R"("facts":{"address":["::1","127.0.0.1"]}},)"
        R"({"phase":"connect","what":"connect to [::1]:80","began":0.002000,"took":0.001000,)"
        R"("error":{"message":"Operation canceled","category":"system","value":125},)"
        R"("detail":"another address was faster","facts":{}},)"
        R"({"phase":"connect","what":"connect to 127.0.0.1:80","began":0.002500,"took":0.000500,)"
        R"("facts":{}},)"
        R"({"phase":"session","what":"watch the connection","began":0.003000,"took":0.002000,)"
        R"("detail":"the server sent 3 bytes first","facts":{}}]})");
}

TEST(checked, is_JSON_whatever_the_bytes_in_it)
{
    const auto line = json_of(bad());
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_NE(line.find(R"("endpoint":"unix:/run/\ufffd\"")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("what":"connect to /run/\u000a\ufffd\"")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("cause":"nobody listens on)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("try":"start the server)"), std::string::npos) << line;
}

TEST(json_text, keeps_UTF_8_and_replaces_what_is_none)
{
    EXPECT_EQ(tool::json_string("b\xc3\xbc\x63her"), "\"b\xc3\xbc\x63her\"");
    EXPECT_EQ(tool::json_string("\xc3"), R"("\ufffd")");
    EXPECT_EQ(tool::json_string("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")"); // a surrogate
    EXPECT_EQ(tool::json_string("\xc0\xaf"), R"("\ufffd\ufffd")");           // too long a form
    EXPECT_LT(tool::json_string(std::string(100'000, 'x')).size(), 5000U);
}
}

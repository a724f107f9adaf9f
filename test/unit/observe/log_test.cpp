// SPDX-License-Identifier: BSL-1.0
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/registry.hpp>
#include <holdfast/observe/log.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/limit.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::testing::dial_step;
using namespace std::chrono_literals;
using std::chrono::sys_days;

/// A service whose log lines are kept.
class log_lines : public ::testing::Test
{
protected:
    void make(hf::log_options options = {}, hf::retry::policy retry = hf::retry::fixed{10s})
    {
        // The time of day goes with the manual clock, from a known moment.
        options.time_of_day = [this, begin = clock.now()]
        {
            return std::chrono::time_point_cast<std::chrono::system_clock::duration>(
                sys_days(2026y / 2 / 3) + 4h + (clock.now() - begin));
        };
        service.emplace(
            context, endpoint,
            [](hf::testing::memory_stream s) -> asio::awaitable<void>
            {
                char byte = 0;
                co_await s.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
            },
            hf::client_options<hf::session>{.name = "cache",
                                            .retry = std::move(retry),
                                            .observe = hf::log_lines([this](std::string_view line)
                                                                     { lines.emplace_back(line); },
                                                                     options),
                                            .clock = &clock});
        service->start();
        clock.advance(0s, context);
    }

    hf::log_lines log(const hf::log_options& options = {})
    {
        return hf::log_lines([this](std::string_view line) { lines.emplace_back(line); }, options);
    }

    /// How many lines hold `text`.
    std::size_t count(std::string_view text) const
    {
        std::size_t n = 0;
        for (const auto& line : lines)
            n += line.find(text) != line.npos ? 1 : 0;
        return n;
    }

    hf::testing::manual_clock clock;
    asio::io_context context;
    hf::testing::scripted_endpoint endpoint;
    std::vector<std::string> lines;
    std::optional<hf::client_service<hf::session>> service;
};

TEST_F(log_lines, CS_90_tell_of_each_retry_the_count_the_endpoint_the_reason_and_the_delay)
{
    endpoint.otherwise(dial_step::fail(asio::error::connection_refused));
    make();
    clock.advance(10s, context);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(lines[1].find(" cache: scripted: attempt 2 failed in connect after 0.0 ms: "
                            "Connection refused; 2 failures in a row, next attempt in 10.0 s"),
              std::string::npos)
        << lines[1];
}

TEST_F(log_lines, CS_91_are_at_most_40_in_a_day_of_an_outage_and_the_last_has_the_reason)
{
    endpoint.otherwise(dial_step::fail(asio::error::connection_refused));
    make({}, hf::retry::fixed{60s});
    for (int hour = 0; hour < 24; ++hour)
    {
        const auto before = lines.size();
        clock.advance(1h + 1min, context);
        EXPECT_GT(lines.size(), before); // an hour without a line leaves one in doubt
        EXPECT_EQ(count("Connection refused"), lines.size());
    }
    EXPECT_LE(lines.size(), 40U);
    EXPECT_NE(lines.back().find("59 lines like this left out"), std::string::npos) << lines.back();
}

TEST_F(log_lines, CS_91_are_no_more_where_attempts_follow_one_another_at_once)
{
    const auto observe = log();
    const auto why = std::make_shared<hf::failure>(
        hf::failure{.code = asio::error::connection_refused, .attempt = 1});
    for (auto at = hf::time_point(); at < hf::time_point(24h); at += 100ms)
    {
        observe({.kind = hf::event_kind::failed, .at = at, .why = why});
        observe({.kind = hf::event_kind::waiting, .at = at, .why = why});
    }
    EXPECT_GE(lines.size(), 24U);
    EXPECT_LE(lines.size(), 40U);
}

TEST_F(log_lines, CS_91_are_bounded_where_the_peer_accepts_and_closes_at_once)
{
    const auto observe = log();
    const auto why = std::make_shared<hf::failure>(hf::failure{.phase = hf::phase::session});
    for (auto at = hf::time_point(); at < hf::time_point(24h); at += 1s)
        for (const auto kind :
             {hf::event_kind::connected, hf::event_kind::lost, hf::event_kind::waiting})
            observe({.kind = kind, .at = at, .why = why});
    EXPECT_LE(lines.size(), 80U);
    EXPECT_EQ(count("connected"), lines.size() - count("next attempt")); // and no more of them
    EXPECT_LE(count("connected"), count("next attempt") + 1);
}

TEST_F(log_lines, CS_91_tell_all_again_after_a_connection_that_lasted)
{
    for (int i = 0; i < 100; ++i)
        endpoint.then(dial_step::fail(asio::error::connection_refused));
    make();
    clock.advance(20min, context);
    EXPECT_EQ(count("connected, attempt 101"), 1U);
    const auto before = lines.size();
    endpoint.then(dial_step::fail(asio::error::connection_refused));
    endpoint.last().peer().close();
    clock.advance(10s, context);
    EXPECT_EQ(lines.size(), before + 2); // the loss, and the failure after it
}

TEST_F(log_lines, CS_91_hold_nothing_secret_and_no_control_characters)
{
    endpoint.then(dial_step::raise(std::make_exception_ptr(std::runtime_error("a\nb\x1b[2J"))));
    make();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("a\\x0ab\\x1b[2J"), std::string::npos) << lines[0];
    for (const char c : lines[0])
        EXPECT_GE(c, ' ');
}

TEST_F(log_lines, are_never_so_long_that_the_next_attempt_is_cut_off)
{
    auto step = dial_step::fail(asio::error::host_unreachable);
    step.addresses.resize(200, {.address = "192.0.2.1:80", .code = asio::error::host_unreachable});
    endpoint.then(step);
    make();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_LT(lines[0].size(), 1000U);
    EXPECT_NE(lines[0].find("next attempt in 10.0 s"), std::string::npos) << lines[0];
}

// Control characters take four bytes each, which were not counted.
TEST_F(log_lines, are_never_so_long_that_the_next_attempt_is_cut_off_whatever_the_bytes_of_others)
{
    const auto why = std::make_shared<hf::failure>();
    why->endpoint = std::make_shared<const std::string>(std::string(400, '\x01'));
    const std::string name(1000, '\x02');
    log()({.kind = hf::event_kind::waiting, .name = name, .delay = 10s, .why = why});
    EXPECT_LT(lines.back().size(), 1000U);
    EXPECT_NE(lines.back().find("next attempt in 10.0 s"), std::string::npos) << lines.back();
}

TEST_F(log_lines, say_how_it_ended)
{
    endpoint.otherwise(dial_step::fail(asio::error::connection_refused));
    make({}, hf::retry::max_attempts(1, hf::retry::fixed{10s}));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("Connection refused; gave up after 1 failure in a row"),
              std::string::npos)
        << lines[0];
    service->stop();
    clock.advance(0s, context);
    EXPECT_EQ(count("stopped"), 1U);
}

// A path may hold any bytes, which used to be passed on.
TEST_F(log_lines, is_json_in_utf8_whatever_the_bytes_of_others)
{
    const auto json = log({.format = hf::log_format::json});
    const auto told = [&](std::string_view text)
    {
        json({.kind = hf::event_kind::stopped, .endpoint = text});
        const auto at = lines.back().find("\"endpoint\":") + 11;
        return lines.back().substr(at, lines.back().find(",\"attempt\"") - at);
    };
    EXPECT_EQ(told("unix:/caf\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x90\x8e"),
              "\"unix:/caf\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x90\x8e\"");
    EXPECT_EQ(told("a\xff\"b"), R"("a\ufffd\"b")");
    EXPECT_EQ(told("\xc3"), R"("\ufffd")");
    EXPECT_EQ(told("\xe2\x82"), R"("\ufffd\ufffd")");
    EXPECT_EQ(told("\xc0\xaf"), R"("\ufffd\ufffd")") << "longer than need be";
    EXPECT_EQ(told("\xe0\x80\x80"), R"("\ufffd\ufffd\ufffd")") << "longer than need be";
    EXPECT_EQ(told("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")") << "a surrogate";
    EXPECT_EQ(told("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")") << "too large";
}

TEST_F(log_lines, can_be_json)
{
    endpoint.then(dial_step::fail(asio::error::connection_refused));
    make({.format = hf::log_format::json});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(
        lines[0],
        R"({"time":"2026-02-03T04:00:00.000Z","event":"waiting","state":"waiting",)"
        R"("name":"cache","endpoint":"scripted","attempt":1,"failures":1,"delay":10.000,)"
        R"("next":"2026-02-03T04:00:10.000Z","phase":"connect","reason":"Connection refused",)"
        R"("took":0.000000,"story":"scripted: attempt 1 failed in connect after 0.0 ms: )"
        R"(Connection refused"})");
}

TEST_F(log_lines, can_tell_everything)
{
    make({.everything = true});
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(lines[0].find("scripted: attempt 1"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find("connected"), std::string::npos) << lines[1];
}
}

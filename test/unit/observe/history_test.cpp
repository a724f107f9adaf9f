// SPDX-License-Identifier: BSL-1.0
#include <holdfast/client_service.hpp>
#include <holdfast/observe/history.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>
#include <holdfast/retry/limit.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::service_state;
using hf::testing::dial_step;
using namespace std::chrono_literals;

const auto refused = dial_step::fail(asio::error::connection_refused, 200us);

/// A service that is remembered.
class history : public ::testing::Test
{
protected:
    void make(hf::retry::policy retry = hf::retry::fixed{10s},
              hf::prepare_function<hf::session> prepare = {})
    {
        service.emplace(
            context, endpoint,
            [](hf::testing::memory_stream s) -> asio::awaitable<void>
            {
                char byte = 0;
                co_await s.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
            },
            hf::client_options<hf::session>{.retry = std::move(retry),
                                            .prepare = std::move(prepare),
                                            .observe = past,
                                            .clock = &clock});
    }

    void start()
    {
        service->start();
        go_on(0s);
    }

    void go_on(hf::duration d) { clock.advance(d, context); }
    std::string why() const { return past.why(clock.now()); }

    hf::testing::manual_clock clock;
    asio::io_context context;
    hf::testing::scripted_endpoint endpoint;
    hf::history past{4};
    std::optional<hf::client_service<hf::session>> service;
};

TEST_F(history, says_that_nothing_was_started)
{
    make();
    EXPECT_EQ(why(), "not started");
    EXPECT_EQ(past.state(), service_state::idle);
    EXPECT_EQ(past.since(), hf::time_point());
    EXPECT_EQ(past.attempt(), 0U);
    EXPECT_TRUE(past.attempts().empty());
    EXPECT_FALSE(past.ready());
}

TEST_F(history, says_for_how_long_it_has_been_connected)
{
    make();
    start();
    const auto begin = clock.now();
    go_on(192s);
    EXPECT_EQ(why(), "connected for 3.2 min");
    EXPECT_EQ(past.since(), begin);
    EXPECT_EQ(past.connections(), 1U);
    EXPECT_TRUE(past.ready());
}

TEST_F(history, says_when_the_next_attempt_begins_and_why_the_last_failed)
{
    endpoint.otherwise(refused);
    make();
    const auto begin = clock.now();
    start();
    go_on(5s);
    EXPECT_EQ(why(), "waiting for attempt 2 in 5.0 s, after a failure 5.0 s ago: scripted: attempt "
                     "1 failed in connect after 0.2 ms: Connection refused");
    go_on(31s);
    EXPECT_EQ(why(), "waiting for attempt 5 in 4.0 s, after 4 failures in a row in the last 36.0 "
                     "s: scripted: attempt 4 failed in connect after 0.2 ms: Connection refused");
    EXPECT_EQ(past.failures(), 4U);
    EXPECT_EQ(past.attempt(), 4U);
    EXPECT_EQ(past.since(), begin);
    EXPECT_EQ(past.failed_at(), begin + 30s + 800us);
    EXPECT_EQ(past.next_attempt(), begin + 40s + 800us);
    EXPECT_EQ(past.last_failure(), service->last_failure());
}

TEST_F(history, says_how_long_an_attempt_has_been_going_on)
{
    endpoint.then(dial_step::hang()).then(refused).then(dial_step::hang());
    make();
    start();
    go_on(2s);
    EXPECT_EQ(why(), "attempt 1 has been going on for 2.0 s");
    endpoint.last().fail(asio::error::host_unreachable);
    go_on(22s);
    EXPECT_EQ(why(), "attempt 3 has been going on for 2.0 s; the one before: scripted: attempt 2 "
                     "failed in connect after 0.2 ms: Connection refused");
    EXPECT_FALSE(past.next_attempt());
}

TEST_F(history, says_that_a_connection_is_being_prepared)
{
    make(hf::retry::fixed{10s},
         [this](hf::session&) -> asio::awaitable<void>
         {
             co_await clock.async_wait_until(context.get_executor(), clock.now() + 20s,
                                             asio::use_awaitable);
         });
    start();
    go_on(2s);
    EXPECT_EQ(why(), "attempt 1 has been going on for 2.0 s: preparing");
}

TEST_F(history, says_that_the_policy_gave_up)
{
    endpoint.otherwise(refused);
    make(hf::retry::max_attempts(3, hf::retry::fixed{1s}));
    start();
    go_on(10s);
    EXPECT_EQ(why(), "gave up after 3 failures: scripted: attempt 3 failed in connect after 0.2 "
                     "ms: Connection refused");
    EXPECT_FALSE(past.attempts().back().next);
}

TEST_F(history, says_that_it_was_stopped)
{
    make();
    start();
    go_on(1s);
    service->stop();
    go_on(0s);
    EXPECT_EQ(why(), "stopped");
    EXPECT_EQ(past.since(), clock.now());
    ASSERT_EQ(past.attempts().size(), 1U);
    EXPECT_EQ(past.attempts()[0].ended, clock.now());
    EXPECT_EQ(past.attempts()[0].why, nullptr);
}

TEST_F(history, says_that_something_has_still_to_end)
{
    auto stubborn = dial_step::hang();
    stubborn.when_cancelled = dial_step::cancelled::ignore;
    endpoint.then(stubborn);
    make();
    start();
    go_on(30s);
    EXPECT_EQ(past.state(), service_state::discarding);
    EXPECT_EQ(why().find("what is left of attempt 1 has still to end: scripted: attempt 1 failed "
                         "in connect after 30.0 s: "),
              0U)
        << why();
    service->stop();
    go_on(1500ms);
    EXPECT_EQ(why(), "stopping for 1.5 s");
    go_on(1min);
    EXPECT_EQ(why(), "stopped");
}

TEST_F(history, remembers_the_last_attempts_and_no_more)
{
    endpoint.otherwise(refused);
    make();
    const auto begin = clock.now();
    start();
    go_on(55s);
    const auto attempts = past.attempts();
    ASSERT_EQ(attempts.size(), 4U);
    EXPECT_EQ(attempts.front().attempt, 3U);
    EXPECT_EQ(attempts.front().began, begin + 20s + 400us);
    EXPECT_EQ(attempts.front().ended, begin + 20s + 600us);
    EXPECT_EQ(attempts.front().next, attempts[1].began);
    EXPECT_EQ(attempts.front().why->attempt, 3U);
    EXPECT_FALSE(attempts.front().connected);
    EXPECT_EQ(attempts.back().why, service->last_failure());
}

TEST_F(history, remembers_when_a_connection_was_made_and_lost)
{
    make();
    start();
    const auto begin = clock.now();
    go_on(20s);
    endpoint.last().peer().close();
    go_on(0s);
    const auto first = past.attempts().front();
    EXPECT_EQ(first.connected, begin);
    EXPECT_EQ(first.ended, begin + 20s);
    EXPECT_EQ(first.next, begin + 30s);
    EXPECT_EQ(past.since(), begin + 20s);
    EXPECT_EQ(past.failed_at(), begin + 20s);
    EXPECT_TRUE(past.ready());
    go_on(15s);
    EXPECT_EQ(past.connections(), 2U);
    EXPECT_EQ(why(), "connected for 5.0 s");
}

TEST_F(history, knows_when_an_attempt_followed_that_needed_no_delay)
{
    endpoint.then(refused);
    make(hf::retry::immediately{});
    start();
    go_on(1s);
    ASSERT_EQ(past.attempts().size(), 2U);
    EXPECT_EQ(past.attempts()[0].next, past.attempts()[1].began);
}

TEST_F(history, begins_anew_with_each_start)
{
    endpoint.then(refused).then(dial_step::succeed()).then(dial_step::hang());
    make();
    start();
    go_on(15s);
    service->stop();
    go_on(1s);
    start();
    EXPECT_FALSE(past.ready());
    EXPECT_EQ(past.since(), clock.now());
    EXPECT_EQ(past.attempt(), 1U);
    EXPECT_EQ(past.attempts().size(), 3U);
    EXPECT_EQ(past.connections(), 1U);
    EXPECT_EQ(why(), "attempt 1 has been going on for 0 ms");
}

TEST_F(history, keeps_the_next_attempt_when_it_is_started_again)
{
    endpoint.otherwise(refused);
    make();
    start();
    go_on(1s);
    const auto next = past.next_attempt();
    service->start();
    go_on(0s);
    EXPECT_TRUE(next);
    EXPECT_EQ(past.next_attempt(), next);
}

TEST_F(history, has_no_control_characters_and_is_no_longer_than_a_line)
{
    const auto why = std::make_shared<hf::failure>();
    why->endpoint = std::make_shared<const std::string>(std::string(5000, '\n'));
    past({.kind = hf::event_kind::failed, .state = service_state::choosing, .why = why});
    past({.kind = hf::event_kind::waiting, .state = service_state::waiting});
    const auto line = past.why({});
    EXPECT_LT(line.size(), 900U);
    for (const char c : line)
        EXPECT_GE(c, ' ');
}

TEST_F(history, says_something_of_every_state_whatever_it_was_told)
{
    for (const auto state :
         {service_state::idle, service_state::dialling, service_state::preparing,
          service_state::connected, service_state::discarding, service_state::choosing,
          service_state::waiting, service_state::parked, service_state::stopping,
          service_state::restarting, service_state::stopped})
        for (const auto kind :
             {hf::event_kind::already_started, hf::event_kind::dialling, hf::event_kind::preparing,
              hf::event_kind::connected, hf::event_kind::failed, hf::event_kind::lost,
              hf::event_kind::waiting, hf::event_kind::parked, hf::event_kind::forced,
              hf::event_kind::policy_failed, hf::event_kind::stopping, hf::event_kind::stopped})
        {
            hf::history h(1);
            h({.kind = kind, .state = state, .attempt = 2});
            h({.kind = kind, .state = state, .attempt = 3, .failures = 3});
            EXPECT_FALSE(h.why({}).empty());
        }
}

TEST_F(history, refuses_to_remember_nothing_or_too_much)
{
    EXPECT_THROW(hf::history(0), std::invalid_argument);
    EXPECT_THROW(hf::history(1001), std::invalid_argument);
    EXPECT_NO_THROW(hf::history(1));
    EXPECT_NO_THROW(hf::history(1000));
}
}

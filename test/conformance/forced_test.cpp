// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

namespace conformance
{
/// What does not end when it is told to.
class forced : public fixture
{
};

TEST_F(forced, CS_1A_a_connection_that_ignores_the_close_request_is_cut_off_after_stop_timeout)
{
    on_made = [](reader& r) { r.ignores_close = true; };
    run({.retry = plain(), .stop_timeout = 3s});
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    pass(3s - 1ns);
    EXPECT_TRUE(endpoint.last().peer().peer_open());
    pass(1ns);
    EXPECT_FALSE(endpoint.last().peer().peer_open());
    EXPECT_EQ(stopped.code, error_code()); // it has ended after all
    EXPECT_EQ(told(hf::event_kind::forced), 0);
}

TEST_F(forced, CS_1A_a_protocol_that_does_not_end_even_then_is_abandoned_a_second_later)
{
    on_made = [](reader& r) { r.ignores_close = r.clings = true; };
    run({.retry = plain(), .stop_timeout = 3s});
    std::array<stop_outcome, 2> stops;
    for (auto& s : stops)
        service->async_stop(s.handler());
    pass(4s - 1ns);
    EXPECT_FALSE(stops[0].code);
    EXPECT_EQ(told(hf::event_kind::forced), 0);
    pass(1ns);
    for (const auto& s : stops)
        EXPECT_EQ(s.code, hf::errc::forced);
    EXPECT_EQ(told(hf::event_kind::forced), 1);
    EXPECT_EQ(service->state(), service_state::stopped);
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_EQ(endpoint.open_streams(), 0U);
    protocols[0]->let_go();
}

TEST_F(forced, CS_1A_late_reports_of_what_was_abandoned_change_nothing)
{
    on_made = [](reader& r) { r.ignores_close = r.clings = true; };
    run();
    service->stop();
    pass(6s);
    EXPECT_EQ(service->state(), service_state::stopped);
    on_made = nullptr;
    service->start();
    settle();
    const auto before = events.size();
    protocols[0]->let_go(asio::error::broken_pipe);
    settle();
    EXPECT_EQ(service->current(), protocols.at(1));
    EXPECT_EQ(service->state(), service_state::connected);
    EXPECT_EQ(events.size(), before);
}

TEST_F(forced, CS_1A_a_restart_goes_on_when_the_old_connection_was_abandoned)
{
    on_made = [](reader& r) { r.ignores_close = r.clings = true; };
    run();
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    service->start();
    on_made = nullptr;
    pass(6s);
    EXPECT_EQ(stopped.code, hf::errc::forced);
    EXPECT_EQ(service->current(), protocols.at(1));
    protocols[0]->let_go();
}

TEST_F(forced, CS_1A_a_dial_that_ignores_its_cancellation_is_abandoned_too)
{
    live_at_once = 2; // what the abandoned dial makes late is dropped at once
    endpoint.then({.when_cancelled = dial_step::cancelled::ignore});
    run();
    const auto first = endpoint.last();
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    service->start();
    pass(6s);
    EXPECT_EQ(stopped.code, hf::errc::forced);
    EXPECT_EQ(service->state(), service_state::connected);
    first.succeed();
    settle();
    EXPECT_EQ(protocols.size(), 1U);
    EXPECT_EQ(endpoint.open_streams(), 1U);
    EXPECT_EQ(service->state(), service_state::connected);
}

TEST_F(forced, CS_1A_a_preparation_that_ignores_its_cancellation_is_abandoned_too)
{
    hf::prepare_function<reader>::handler never;
    run({.prepare = [&](reader&) -> asio::awaitable<void>
         {
             co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(error_code)>(
                 [&](auto done)
                 {
                     hf::prepare_function<reader>::handler(
                         [d = std::move(done)](std::exception_ptr) mutable
                         { std::move(d)(error_code()); })
                         .swap(never);
                 },
                 asio::use_awaitable);
         }});
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(endpoint.open_streams(), 0U);
    EXPECT_FALSE(stopped.code);
    pass(6s);
    EXPECT_EQ(stopped.code, hf::errc::forced);
    std::move(never)(nullptr);
    settle();
    EXPECT_EQ(service->state(), service_state::stopped);
}

TEST_F(forced, CS_1A_a_rejected_connection_that_does_not_end_is_abandoned_and_the_next_is_dialled)
{
    int preparations = 0;
    on_made = [](reader& r) { r.ignores_close = r.clings = true; };
    run({.retry = plain(),
         .prepare = [&](reader&)
         {
             if (++preparations == 1)
                 throw std::runtime_error("not this one");
         }});
    on_made = nullptr;
    pass(6s - 1ns);
    EXPECT_EQ(service->state(), service_state::discarding);
    EXPECT_EQ(endpoint.dial_count(), 1U);
    pass(1ns); // the delay since the failure is long over
    EXPECT_EQ(told(hf::event_kind::forced), 1);
    EXPECT_EQ(service->current(), protocols.at(1));
    protocols[0]->let_go();
}
}

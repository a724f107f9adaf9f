// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace conformance
{
class stop : public fixture
{
};

TEST_F(stop, CS_06_while_connected_closes_and_completes_when_closed)
{
    run();
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    EXPECT_EQ(protocols[0]->closes, 1);
    EXPECT_FALSE(stopped.code);
    EXPECT_EQ(service->current(), nullptr);
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(service->state(), service_state::stopped);
    pass(1h);
    EXPECT_EQ(endpoint.dial_count(), 1U);
}

TEST_F(stop, CS_06_waits_for_as_long_as_the_protocol_takes_its_leave)
{
    on_made = [](reader& r) { r.ignores_close = true; };
    run();
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    pass(4s);
    EXPECT_FALSE(stopped.code);
    EXPECT_EQ(service->state(), service_state::stopping);
    EXPECT_FALSE(service->running());
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(protocols[0]->closes, 1);
}

class stop_while_dialling : public stop, public ::testing::WithParamInterface<hf::phase>
{
};

TEST_P(stop_while_dialling, CS_07_cancels_the_attempt_in_each_phase)
{
    auto step = dial_step::hang();
    step.phase = GetParam();
    endpoint.then(step);
    run();
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    EXPECT_TRUE(endpoint.last().cancelled());
    EXPECT_FALSE(stopped.code);
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(clock.armed(), 0U);
    pass(1h);
    EXPECT_EQ(endpoint.dial_count(), 1U);
}

INSTANTIATE_TEST_SUITE_P(in, stop_while_dialling,
                         ::testing::Values(hf::phase::lookup, hf::phase::connect, hf::phase::proxy,
                                           hf::phase::tls),
                         name_of_state());

TEST_F(stop, CS_07_while_dialling_again_cancels_that_attempt)
{
    endpoint.then(refused).then(dial_step::hang());
    run();
    pass(1s);
    EXPECT_EQ(service->state(), service_state::dialling);
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(stop, CS_07_while_preparing_ends_the_preparation_and_closes_the_connection)
{
    bool unwound = false;
    run({.prepare = [&](reader&) -> asio::awaitable<void>
         {
             struct guard
             {
                 bool& flag;
                 ~guard() { flag = true; }
             } const on_exit{unwound};
             co_await hang();
         }});
    EXPECT_EQ(service->state(), service_state::preparing);
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    EXPECT_FALSE(stopped.code);
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_TRUE(unwound);
    EXPECT_EQ(protocols.at(0)->closes, 1);
    EXPECT_EQ(endpoint.open_streams(), 0U);
    EXPECT_EQ(clock.armed(), 0U);
}

TEST_F(stop, CS_07_completes_when_a_dial_that_ignores_it_has_ended)
{
    endpoint.then({.when_cancelled = dial_step::cancelled::ignore});
    run();
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    pass(3s);
    EXPECT_FALSE(stopped.code);
    endpoint.last().fail(asio::error::connection_refused);
    settle();
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(stop, CS_07_a_success_that_overtakes_it_makes_no_connection)
{
    endpoint.then({.when_cancelled = dial_step::cancelled::succeed});
    make();
    connect_outcome wait;
    service->async_when_connected(wait.handler());
    service->start();
    settle();
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(endpoint.last().result(), error_code());
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(wait.code, hf::errc::stopped);
    EXPECT_TRUE(protocols.empty());
    EXPECT_EQ(endpoint.open_streams(), 0U);
}

TEST_F(stop, CS_07_a_success_on_its_way_when_it_comes_makes_no_connection)
{
    endpoint.then(dial_step::hang());
    make().start();
    settle();
    endpoint.last().succeed(); // its handler is queued
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_TRUE(protocols.empty());
    EXPECT_EQ(endpoint.open_streams(), 0U);
}

TEST_F(stop, CS_08_while_waiting_disarms_the_timer_and_completes_at_once)
{
    reach(service_state::waiting);
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_EQ(service->state(), service_state::stopped);
    settle();
    EXPECT_EQ(stopped.code, error_code());
    pass(1h);
    EXPECT_EQ(endpoint.dial_count(), 1U);
}

TEST_F(stop, CS_08_a_timer_that_fired_just_before_it_begins_nothing)
{
    reach(service_state::waiting);
    clock.advance(1s); // what it posted has not run
    service->stop();
    settle();
    EXPECT_EQ(service->state(), service_state::stopped);
    EXPECT_EQ(endpoint.dial_count(), 1U);
}

TEST_F(stop, CS_09_before_any_start_completes_at_once)
{
    make();
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    EXPECT_FALSE(stopped.code); // though never within the call
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(endpoint.dial_count(), 0U);
}

TEST_F(stop, CS_10_of_a_stopped_service_completes_at_once)
{
    reach(service_state::stopped);
    for (int i = 0; i < 2; ++i)
    {
        stop_outcome stopped;
        service->async_stop(stopped.handler());
        settle();
        EXPECT_EQ(stopped.code, error_code());
    }
    EXPECT_EQ(told(hf::event_kind::stopped), 1);
}

TEST_F(stop, CS_11_two_while_disconnecting_complete_together)
{
    reach(service_state::stopping);
    std::array<stop_outcome, 2> stops;
    for (auto& s : stops)
        service->async_stop(s.handler());
    settle();
    for (const auto& s : stops)
        EXPECT_FALSE(s.code);
    EXPECT_EQ(protocols.at(0)->closes, 1);
    endpoint.last().peer().close();
    settle();
    for (const auto& s : stops)
    {
        EXPECT_EQ(s.code, error_code());
        EXPECT_EQ(s.completions, 1);
    }
}

TEST_F(stop, CS_16_a_loss_meanwhile_ends_it_normally_and_later_waits_are_refused)
{
    reach(service_state::stopping);
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    endpoint.last().peer().reset();
    settle();
    EXPECT_EQ(stopped.code, error_code());
    connect_outcome wait;
    service->async_when_connected(wait.handler());
    settle();
    EXPECT_EQ(wait.code, hf::errc::stopped);
    EXPECT_EQ(told(hf::event_kind::lost), 0);
}

TEST_F(stop, CS_1C_cancelling_one_wait_removes_that_alone)
{
    reach(service_state::stopping);
    asio::cancellation_signal signal;
    stop_outcome cancelled;
    stop_outcome other;
    service->async_stop(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    service->async_stop(other.handler());
    signal.emit(asio::cancellation_type::terminal);
    EXPECT_FALSE(cancelled.code);
    settle();
    EXPECT_EQ(cancelled.code, asio::error::operation_aborted);
    EXPECT_FALSE(other.code);
    EXPECT_EQ(service->state(), service_state::stopping);
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(other.code, error_code());
    EXPECT_EQ(service->state(), service_state::stopped);
    EXPECT_EQ(cancelled.completions, 1);
}

TEST_F(stop, CS_1C_cancelling_the_only_wait_does_not_stop_the_stop)
{
    reach(service_state::stopping);
    asio::cancellation_signal signal;
    stop_outcome cancelled;
    service->async_stop(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    signal.emit(asio::cancellation_type::total);
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(cancelled.code, asio::error::operation_aborted);
    EXPECT_EQ(service->state(), service_state::stopped);
}

TEST_F(stop, CS_1C_cancelling_one_on_its_way_to_the_strand_does_not_stop_the_stop)
{
    on_made = [](reader& r) { r.ignores_close = true; };
    run({.thread_safe = true});
    asio::cancellation_signal signal;
    stop_outcome cancelled;
    asio::post(service->get_executor(), [&] { signal.emit(asio::cancellation_type::all); });
    service->async_stop(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    settle(); // the strand sees the cancellation before it sees the stop
    EXPECT_EQ(cancelled.code, asio::error::operation_aborted);
    EXPECT_EQ(service->state(), service_state::stopping);
}

TEST_F(stop, CS_1C_a_cancellation_that_comes_after_the_end_changes_nothing)
{
    make();
    asio::cancellation_signal signal;
    stop_outcome stopped;
    service->async_stop(asio::bind_cancellation_slot(signal.slot(), stopped.handler()));
    signal.emit(asio::cancellation_type::all); // its completion is posted already
    settle();
    signal.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(stopped.completions, 1);
}
}

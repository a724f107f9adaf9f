// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

namespace conformance
{
class restart : public fixture
{
};

TEST_F(restart, CS_12_waits_for_the_old_connection_to_be_gone)
{
    reach(service_state::stopping);
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    connect_outcome before;
    service->async_when_connected(before.handler());
    service->start();
    connect_outcome after;
    service->async_when_connected(after.handler());
    pass(4s);
    EXPECT_EQ(service->state(), service_state::restarting);
    EXPECT_TRUE(service->running());
    EXPECT_EQ(endpoint.dial_count(), 1U);
    EXPECT_FALSE(stopped.code);
    EXPECT_FALSE(before.code);

    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(endpoint.dial_count(), 2U);
    EXPECT_EQ(before.protocol(), protocols.at(1));
    EXPECT_EQ(after.protocol(), protocols.at(1));
    EXPECT_EQ(service->state(), service_state::connected);
}

TEST_F(restart,
       CS_12_completes_the_stop_when_the_old_connection_is_gone_not_when_there_is_a_new_one)
{
    reach(service_state::stopping);
    endpoint.then(dial_step::hang());
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    service->start();
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(service->state(), service_state::dialling);
}

TEST_F(restart, CS_12_a_second_start_meanwhile_only_warns)
{
    reach(service_state::restarting);
    service->start();
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(told(hf::event_kind::already_started), 1);
    EXPECT_EQ(endpoint.dial_count(), 2U);
}

TEST_F(restart, CS_13_a_stop_meanwhile_takes_it_back)
{
    reach(service_state::stopping);
    stop_outcome first;
    service->async_stop(first.handler());
    service->start();
    stop_outcome second;
    service->async_stop(second.handler());
    settle();
    EXPECT_FALSE(first.code);
    EXPECT_FALSE(second.code);
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(first.code, error_code());
    EXPECT_EQ(second.code, error_code());
    EXPECT_EQ(service->state(), service_state::stopped);
    pass(1h);
    EXPECT_EQ(endpoint.dial_count(), 1U);
}

TEST_F(restart, CS_14_a_stopped_service_starts_again_and_again_from_no_failures)
{
    for (std::size_t life = 1; life <= 3; ++life)
    {
        endpoint.then(refused).then(dial_step::succeed());
        if (life == 1)
            make();
        service->start();
        settle();
        EXPECT_EQ(events.back().kind, hf::event_kind::waiting);
        EXPECT_EQ(events.back().failures, 1U);
        EXPECT_EQ(events.back().attempt, 1U);
        EXPECT_EQ(events.back().delay, 1s);
        pass(1s);
        EXPECT_EQ(service->state(), service_state::connected);
        EXPECT_EQ(protocols.size(), life);
        connect_outcome wait;
        service->async_when_connected(wait.handler());
        service->stop();
        settle();
        EXPECT_EQ(wait.protocol(), protocols.back());
        EXPECT_EQ(service->state(), service_state::stopped);
    }
}

TEST_F(restart, CS_14_a_service_stopped_before_its_first_start_can_be_started)
{
    reach(service_state::stopped);
    service->start();
    settle();
    EXPECT_EQ(service->state(), service_state::connected);
}

class restart_while_dialling : public restart, public ::testing::WithParamInterface<error_code>
{
};

TEST_P(restart_while_dialling, CS_17_the_late_report_of_the_cancelled_attempt_begins_nothing_more)
{
    endpoint.then({.when_cancelled = dial_step::cancelled::ignore});
    run();
    const auto first = endpoint.last();
    service->stop();
    service->start();
    settle();
    EXPECT_EQ(endpoint.dial_count(), 1U);
    if (GetParam())
        first.fail(GetParam());
    else
        first.succeed();
    settle();
    EXPECT_EQ(endpoint.dial_count(), 2U);
    EXPECT_EQ(protocols.size(), 1U);
    EXPECT_EQ(service->state(), service_state::connected);
    EXPECT_EQ(told(hf::event_kind::failed), 0);
    pass(1h);
    EXPECT_EQ(endpoint.dial_count(), 2U);
}

INSTANTIATE_TEST_SUITE_P(which_then, restart_while_dialling,
                         ::testing::Values(error_code(),
                                           error_code(asio::error::connection_refused),
                                           error_code(asio::error::operation_aborted)),
                         [](const auto& which)
                         {
                             return which.index == 0   ? "succeeds"
                                    : which.index == 1 ? "fails"
                                                       : "is_aborted";
                         });

TEST_F(restart, CS_17_a_success_that_overtook_the_cancellation_is_closed_before_the_next_dial)
{
    endpoint.then({.when_cancelled = dial_step::cancelled::succeed});
    run();
    service->stop();
    service->start();
    settle();
    EXPECT_EQ(endpoint.dial_count(), 2U);
    EXPECT_EQ(protocols.size(), 1U);
    EXPECT_EQ(service->state(), service_state::connected);
    EXPECT_FALSE(endpoint.dials()[0].peer().peer_open());
}

TEST_F(restart, CS_17_while_preparing_the_old_connection_goes_before_the_new_one_comes)
{
    int preparations = 0;
    run({.prepare = [&](reader&) -> asio::awaitable<void>
         {
             if (++preparations == 1)
                 co_await hang();
         }});
    service->stop();
    service->start();
    settle();
    EXPECT_EQ(preparations, 2);
    EXPECT_EQ(service->current(), protocols.at(1));
}

TEST_F(restart, CS_17_while_waiting_begins_at_once_and_the_old_timer_begins_nothing_more)
{
    reach(service_state::waiting);
    endpoint.then(dial_step::hang());
    clock.advance(1s); // the timer has fired, and what it posted is queued
    service->stop();
    service->start();
    EXPECT_EQ(endpoint.dial_count(), 2U);
    settle();
    EXPECT_EQ(endpoint.dial_count(), 2U);
    EXPECT_EQ(service->state(), service_state::dialling);
}
}

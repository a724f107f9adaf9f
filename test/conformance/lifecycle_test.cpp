// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

namespace conformance
{
class lifecycle : public fixture
{
};

TEST_F(lifecycle, CS_01_start_begins_one_attempt_at_once)
{
    make();
    EXPECT_EQ(service->state(), service_state::idle);
    service->start();
    EXPECT_EQ(endpoint.dial_count(), 1U);
    EXPECT_EQ(service->state(), service_state::dialling);
    settle();
    EXPECT_EQ(service->state(), service_state::connected);
    EXPECT_EQ(endpoint.dial_count(), 1U);
}

TEST_F(lifecycle, CS_02_start_on_a_running_service_warns_and_changes_nothing)
{
    make().start();
    service->start();
    settle();
    service->start();
    settle();
    EXPECT_EQ(told(hf::event_kind::already_started), 2);
    EXPECT_EQ(endpoint.dial_count(), 1U);
    EXPECT_EQ(protocols.size(), 1U);
}

TEST_F(lifecycle, CS_03_each_failed_attempt_arms_one_timer_with_the_policys_delay)
{
    endpoint.otherwise(dial_step::fail(asio::error::connection_refused));
    make().start();
    settle();
    for (const auto delay : {1s, 2s, 4s})
    {
        const auto dials = endpoint.dial_count();
        EXPECT_EQ(service->state(), service_state::waiting);
        EXPECT_EQ(clock.armed(), 1U);
        EXPECT_EQ(events.back().delay, delay);
        EXPECT_EQ(events.back().failures, dials);
        pass(delay - 1ns);
        EXPECT_EQ(endpoint.dial_count(), dials);
        pass(1ns);
        EXPECT_EQ(endpoint.dial_count(), dials + 1);
    }
}

TEST_F(lifecycle, CS_06_stop_while_connected_closes_and_completes_when_closed)
{
    make().start();
    settle();
    stop_outcome stop;
    service->async_stop(stop.handler());
    EXPECT_EQ(protocols[0]->closes, 1);
    EXPECT_FALSE(stop.code);
    EXPECT_EQ(service->current(), nullptr);
    settle();
    EXPECT_EQ(stop.code, error_code());
    EXPECT_EQ(service->state(), service_state::stopped);
    pass(1h);
    EXPECT_EQ(endpoint.dial_count(), 1U);
}
}

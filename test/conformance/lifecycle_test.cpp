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

TEST_F(lifecycle, CS_01_nothing_is_dialled_before_the_start)
{
    make();
    pass(1h);
    EXPECT_EQ(endpoint.dial_count(), 0U);
    EXPECT_EQ(clock.armed(), 0U);
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

TEST_F(lifecycle, CS_02_start_while_waiting_does_not_hurry_the_retry)
{
    reach(service_state::waiting);
    service->start();
    settle();
    EXPECT_EQ(told(hf::event_kind::already_started), 1);
    EXPECT_EQ(clock.armed(), 1U);
    pass(1s - 1ns);
    EXPECT_EQ(endpoint.dial_count(), 1U);
    pass(1ns);
    EXPECT_EQ(endpoint.dial_count(), 2U);
}

TEST_F(lifecycle, CS_03_each_failed_attempt_arms_one_timer_with_the_policys_delay)
{
    endpoint.otherwise(refused);
    run();
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

TEST_F(lifecycle, CS_03_an_endpoint_that_throws_is_a_failed_attempt)
{
    endpoint.then(dial_step::raise(std::make_exception_ptr(std::runtime_error("no such thing"))));
    run();
    EXPECT_EQ(service->state(), service_state::waiting);
    EXPECT_EQ(service->last_failure()->code, hf::errc::exception_thrown);
    pass(1s);
    EXPECT_EQ(service->state(), service_state::connected);
}

TEST_F(lifecycle, CS_03_an_attempt_that_takes_too_long_is_cancelled_and_is_a_failure_of_its_phase)
{
    auto step = dial_step::hang();
    step.phase = hf::phase::tls;
    endpoint.then(step);
    run({.retry = plain(), .attempt_timeout = 7s});
    pass(7s - 1ns);
    EXPECT_EQ(service->state(), service_state::dialling);
    pass(1ns);
    EXPECT_TRUE(endpoint.last().cancelled());
    EXPECT_EQ(service->state(), service_state::waiting);
    EXPECT_EQ(service->last_failure()->code, hf::errc::tls_timed_out);
    EXPECT_EQ(service->last_failure()->phase, hf::phase::tls);
    EXPECT_EQ(service->last_failure()->took, 7s);
}

TEST_F(lifecycle, CS_04_once_connected_the_failures_are_forgotten_and_all_waiters_get_one_protocol)
{
    endpoint.then(refused).then(refused);
    make();
    std::array<connect_outcome, 3> waits;
    for (auto& w : waits)
        service->async_when_connected(w.handler());
    service->start();
    pass(1s + 2s);
    EXPECT_EQ(events.back().kind, hf::event_kind::connected);
    EXPECT_EQ(events.back().failures, 0U);
    for (const auto& w : waits)
    {
        EXPECT_EQ(w.code, error_code());
        EXPECT_EQ(w.protocol(), protocols.at(0));
    }
    EXPECT_EQ(service->current(), protocols.at(0));
}

TEST_F(lifecycle, CS_05_a_loss_asks_the_policy_with_1_and_a_failure_after_it_with_2)
{
    std::vector<unsigned> asked;
    endpoint.then(refused).then(dial_step::succeed()).then(refused).then(refused);
    run({.retry = [&](unsigned failures)
         {
             asked.push_back(failures);
             return 1s;
         }});
    pass(1s);
    endpoint.last().peer().close();
    pass(3s);
    EXPECT_EQ(asked, (std::vector{1U, 1U, 2U, 3U}));
    EXPECT_EQ(service->state(), service_state::connected);
    service->stop();
    settle();
}

TEST_F(lifecycle, CS_03_the_error_of_a_time_out_names_the_phase_that_the_endpoint_was_in)
{
    using hf::phase;
    const std::array<std::pair<phase, hf::errc>, 4> named{
        {{phase::lookup, hf::errc::lookup_timed_out},
         {phase::connect, hf::errc::connect_timed_out},
         {phase::proxy, hf::errc::proxy_timed_out},
         {phase::tls, hf::errc::tls_timed_out}}};
    for (const auto& [p, code] : named)
    {
        endpoint.then({.phase = p});
        run();
        pass(30s);
        EXPECT_EQ(service->last_failure()->code, code);
        EXPECT_EQ(service->last_failure()->phase, p);
    }
}

TEST_F(lifecycle, CS_05_a_lost_connection_is_not_current_any_more_and_says_how_it_ended)
{
    run();
    endpoint.last().peer().reset();
    settle();
    EXPECT_EQ(service->current(), nullptr);
    EXPECT_EQ(service->state(), service_state::waiting);
    EXPECT_EQ(service->last_failure()->code, asio::error::connection_reset);
    EXPECT_EQ(service->last_failure()->phase, hf::phase::session);
    EXPECT_EQ(told(hf::event_kind::lost), 1);
    EXPECT_EQ(told(hf::event_kind::failed), 0);
    pass(1s);
    EXPECT_EQ(service->current(), protocols.at(1));
}

TEST_F(lifecycle, CS_18_one_life_has_one_connection_and_one_timer_at_a_time)
{
    endpoint.then(refused).then(dial_step::succeed()).then(refused);
    run();
    for (int step = 0; step < 12; ++step) // the fixture looks at the connections
    {
        EXPECT_LE(clock.armed(), 1U);
        EXPECT_LE(endpoint.pending_dials(), 1U);
        if (service->current() != nullptr)
            endpoint.last().peer().close();
        settle();
        EXPECT_LE(clock.armed(), 1U);
        clock.advance_to_next(context);
    }
    EXPECT_GT(endpoint.dial_count(), 5U);
}

TEST_F(lifecycle, options_that_make_no_sense_are_refused_by_name)
{
    const auto refused_field = [this](options o)
    {
        try
        {
            make(std::move(o));
        }
        catch (const std::invalid_argument& e)
        {
            return std::string(e.what());
        }
        return std::string("accepted");
    };
    EXPECT_EQ(refused_field({.attempt_timeout = 0s}),
              "client_options: attempt_timeout must be more than 0 and at most 24 h");
    EXPECT_EQ(refused_field({.prepare_timeout = 24h + 1ns}),
              "client_options: prepare_timeout must be more than 0 and at most 24 h");
    EXPECT_EQ(refused_field({.stop_timeout = -1s}),
              "client_options: stop_timeout must be more than 0 and at most 24 h");
    EXPECT_EQ(refused_field({.stable_after = -1ns}),
              "client_options: stable_after must be 0 or more");
    EXPECT_EQ(refused_field({.delay_floor = 24h + 1ns}),
              "client_options: delay_floor must be from 0 to 24 h");
    EXPECT_EQ(refused_field({.attempt_timeout = 24h, .stable_after = 0s, .delay_floor = 0s}),
              "accepted");
}
}

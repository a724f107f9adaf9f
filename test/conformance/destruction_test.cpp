// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace conformance
{
class destruction : public fixture
{
protected:
    /// Destroys the service, and sees that nothing of the user's is called any more.
    void destroy()
    {
        const auto told_before = events.size();
        const auto made_before = protocols.size();
        const auto dialled_before = endpoint.dial_count();
        service.reset();
        EXPECT_EQ(clock.armed(), 0U);
        pass(24h);
        EXPECT_EQ(events.size(), told_before);
        EXPECT_EQ(protocols.size(), made_before);
        EXPECT_EQ(endpoint.dial_count(), dialled_before);
        EXPECT_EQ(endpoint.open_streams(), 0U);
    }
};

class destruction_in : public destruction, public ::testing::WithParamInterface<service_state>
{
};

TEST_P(destruction_in, CS_19_aborts_what_waits_and_calls_nobody_any_more)
{
    reach(GetParam());
    connect_outcome w;
    connect_outcome limited;
    const bool waits = GetParam() != service_state::connected &&
                       GetParam() != service_state::parked && GetParam() != service_state::stopped;
    if (waits)
    {
        service->async_when_connected(w.handler());
        service->async_when_connected({hf::fail_after{1}, hf::within{1h}}, limited.handler());
    }
    destroy();
    if (waits)
    {
        EXPECT_EQ(w.code, asio::error::operation_aborted);
        EXPECT_EQ(limited.code, asio::error::operation_aborted);
        EXPECT_EQ(w.completions + limited.completions, 2);
    }
}

TEST_P(destruction_in, CS_19_completes_nothing_within_the_destructor)
{
    reach(GetParam());
    connect_outcome w;
    stop_outcome s;
    service->async_when_connected(w.handler());
    service->async_stop(s.handler());
    service.reset();
    EXPECT_EQ(w.completions + s.completions, 0);
    settle();
    EXPECT_EQ(w.completions, 1);
    EXPECT_EQ(s.completions, 1);
}

INSTANTIATE_TEST_SUITE_P(state, destruction_in, ::testing::ValuesIn(lasting_states),
                         name_of_state());

TEST_F(destruction, CS_19_leaves_a_context_that_can_be_destroyed_without_being_run)
{
    for (const auto& step : {dial_step::hang(), dial_step::succeed(), refused})
    {
        endpoint.then(step);
        connect_outcome w;
        stop_outcome s;
        std::weak_ptr<reader> last;
        {
            asio::io_context brief;
            hf::client_service<reader> mine(
                brief, endpoint,
                [&](hf::testing::memory_stream stream)
                {
                    auto made = std::make_shared<reader>(std::move(stream));
                    last = made;
                    return made;
                },
                options{.clock = &clock});
            mine.start();
            brief.poll();
            mine.async_when_connected(hf::within{1h}, w.handler());
            mine.async_stop(s.handler());
        }
        EXPECT_EQ(clock.armed(), 0U);
        EXPECT_EQ(w.completions + s.completions, 0);
        if (const auto left = last.lock())
            left->forget();
        EXPECT_TRUE(last.expired());
    }
}

TEST_F(destruction, CS_19_aborts_the_stops_that_wait)
{
    for (const auto s : {service_state::stopping, service_state::restarting})
    {
        reach(s);
        stop_outcome stopped;
        service->async_stop(stopped.handler());
        destroy();
        EXPECT_EQ(stopped.code, asio::error::operation_aborted);
        EXPECT_EQ(stopped.completions, 1);
    }
}

TEST_F(destruction, CS_19_while_dialling_closes_a_connection_that_was_made_after_all)
{
    for (const auto how : {dial_step::cancelled::succeed, dial_step::cancelled::ignore})
    {
        endpoint.then({.when_cancelled = how});
        run({.retry = plain(), .prepare = [](reader&) { ADD_FAILURE(); }});
        destroy();
        endpoint.last().succeed();
        settle();
        EXPECT_EQ(endpoint.open_streams(), 0U);
        EXPECT_TRUE(protocols.empty());
    }
}

TEST_F(destruction, CS_19_asks_the_protocol_to_close_and_then_closes_the_socket_under_it)
{
    on_made = [](reader& r) { r.ignores_close = r.clings = true; };
    run();
    auto& peer = endpoint.last().peer();
    service.reset();
    EXPECT_GE(protocols.at(0)->closes, 1);
    EXPECT_FALSE(peer.peer_open());
    settle();
    protocols[0]->let_go(); // a late report to nobody
    settle();
}

TEST_F(destruction, CS_19_ends_a_preparation_that_runs)
{
    error_code seen;
    run({.prepare = [&](reader& r) -> asio::awaitable<void>
         {
             const auto alive = r.shared_from_this();
             try
             {
                 co_await hang();
             }
             catch (const boost::system::system_error& e)
             {
                 seen = e.code();
                 throw;
             }
         }});
    destroy();
    EXPECT_EQ(seen, asio::error::operation_aborted);
}

TEST_F(destruction, CS_19_keeps_what_a_preparation_uses_until_it_has_ended)
{
    auto token = std::make_shared<int>(7);
    std::weak_ptr<int> life = token;
    run({.prepare = [this, token = std::move(token)](reader&) -> asio::awaitable<void>
         {
             co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
             co_await wait(1h);
             EXPECT_EQ(*token, 7);
         }});
    service.reset();
    protocols.clear();
    pass(1h - 1ns);
    EXPECT_FALSE(life.expired());
    pass(1ns);
    EXPECT_TRUE(life.expired());
}

TEST_F(destruction, CS_19_with_the_timer_of_the_retry_fired_begins_nothing)
{
    reach(service_state::waiting);
    clock.advance(1s); // what it posted is queued
    destroy();
    EXPECT_EQ(endpoint.dial_count(), 1U);
}

TEST_F(destruction, CS_19_of_many_services_of_one_definition_ends_each_alone)
{
    live_at_once = 2;
    const hf::client_definition<reader> definition(
        context, endpoint, [](hf::testing::memory_stream s)
        { return std::make_shared<reader>(std::move(s)); }, options{.clock = &clock});
    hf::client_service<reader> first(definition);
    {
        hf::client_service<reader> second(definition);
        first.start();
        second.start();
        settle();
        EXPECT_NE(first.current(), second.current());
        EXPECT_EQ(endpoint.open_streams(), 2U);
    }
    settle();
    EXPECT_EQ(endpoint.open_streams(), 1U);
    EXPECT_EQ(first.state(), service_state::connected);
}

TEST_F(destruction, CS_19_a_moved_service_goes_on_and_the_one_assigned_to_ends)
{
    live_at_once = 2;
    run();
    hf::client_service<reader> other = std::move(*service);
    EXPECT_EQ(other.state(), service_state::connected);
    service.reset();
    settle();
    EXPECT_EQ(other.state(), service_state::connected);
    run();
    other = std::move(*service);
    service.reset(); // holds what other was
    settle();
    EXPECT_EQ(other.current(), protocols.at(1));
    EXPECT_EQ(endpoint.open_streams(), 1U);
}

TEST_F(destruction, CS_19_from_a_preparation_that_needs_no_waiting_leaves_nothing)
{
    make({.retry = plain(), .prepare = [this](reader&) { service.reset(); }});
    service->start();
    settle();
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_FALSE(endpoint.last().peer().peer_open());
}
}

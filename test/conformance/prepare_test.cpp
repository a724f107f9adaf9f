// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <new>
#include <system_error>

namespace conformance
{
class preparation : public fixture
{
protected:
    std::vector<reader*> prepared;
    std::vector<unsigned> asked; // what the policy was asked with

    auto asking()
    {
        return [this](unsigned failures)
        {
            asked.push_back(failures);
            return 1s;
        };
    }
};

TEST_F(preparation, CS_20_is_called_once_for_each_new_connection_with_its_protocol)
{
    run({.retry = plain(), .prepare = [&](reader& r) { prepared.push_back(&r); }});
    EXPECT_EQ(prepared, (std::vector{protocols.at(0).get()}));
    endpoint.last().peer().close();
    pass(1s);
    EXPECT_EQ(prepared, (std::vector{protocols.at(0).get(), protocols.at(1).get()}));
    EXPECT_EQ(service->state(), service_state::connected);
}

TEST_F(preparation, CS_20_is_not_called_for_an_attempt_that_failed)
{
    refusals = 1;
    endpoint.then(refused);
    run({.retry = plain(), .prepare = [&](reader& r) { prepared.push_back(&r); }});
    pass(1s); // which the factory refuses
    EXPECT_TRUE(prepared.empty());
    pass(2s);
    EXPECT_EQ(prepared.size(), 1U);
}

TEST_F(preparation, CS_20_comes_after_the_protocol_runs)
{
    bool read = false;
    on_made = [&](reader& r) { r.on_end = [&] { read = true; }; };
    run({.retry = plain(),
         .prepare = [&](reader&) -> asio::awaitable<void>
         {
             endpoint.last().peer().give("welcome");
             co_await wait(1s);
             EXPECT_EQ(endpoint.last().peer().unacknowledged(), 0U);
         }});
    pass(1s);
    EXPECT_EQ(service->state(), service_state::connected);
    EXPECT_FALSE(read);
    finish();
}

TEST_F(preparation, CS_21_what_it_results_in_is_ignored)
{
    make({.retry = plain(),
          .prepare = [](reader&) -> asio::awaitable<std::string> { co_return "a greeting"; }});
    connect_outcome wait;
    service->async_when_connected(wait.handler());
    service->start();
    settle();
    EXPECT_EQ(wait.code, error_code());
    EXPECT_EQ(wait.protocol(), protocols.at(0));
}

TEST_F(preparation, CS_22_waiters_wait_for_it)
{
    make({.retry = plain(), .prepare = [&](reader&) { return wait(5s); }});
    connect_outcome before;
    service->async_when_connected(before.handler());
    service->start();
    settle();
    connect_outcome meanwhile;
    service->async_when_connected(hf::fail_after{1}, meanwhile.handler());
    pass(5s - 1ns);
    EXPECT_EQ(service->state(), service_state::preparing);
    EXPECT_EQ(service->current(), nullptr);
    EXPECT_FALSE(before.code);
    EXPECT_FALSE(meanwhile.code);
    pass(1ns);
    EXPECT_EQ(before.protocol(), protocols.at(0));
    EXPECT_EQ(meanwhile.protocol(), protocols.at(0));
    EXPECT_EQ(clock.armed(), 0U);
}

TEST_F(preparation, CS_23_that_throws_is_a_failure_and_the_policy_sees_the_count_grow)
{
    run({.retry = asking(),
         .prepare = [](reader&) -> asio::awaitable<void>
         {
             throw std::runtime_error("no such user");
             co_return;
         }});
    pass(2s);
    EXPECT_EQ(asked, (std::vector{1U, 2U, 3U}));
    EXPECT_EQ(told(hf::event_kind::failed), 3);
    EXPECT_EQ(told(hf::event_kind::connected), 0);
    for (const auto& p : protocols)
        EXPECT_EQ(p->closes, 1);
    service->stop();
    settle();
}

TEST_F(preparation, CS_23_a_waiter_at_its_limit_gets_the_exception_and_its_text)
{
    make({.retry = plain(), .prepare = [](reader&) { throw std::runtime_error("no such user"); }});
    hf::failure why;
    connect_outcome first;
    connect_outcome second;
    service->async_when_connected(hf::fail_after{1}, why, first.handler());
    service->async_when_connected(hf::fail_after{2}, second.handler());
    service->start();
    settle();
    EXPECT_EQ(first.code, hf::errc::exception_thrown);
    EXPECT_FALSE(second.code);
    EXPECT_EQ(why.phase, hf::phase::prepare);
    ASSERT_NE(why.exception, nullptr);
    EXPECT_THROW(std::rethrow_exception(why.exception), std::runtime_error);
    EXPECT_NE(to_string(why).find("no such user"), std::string::npos) << to_string(why);
    pass(1s);
    EXPECT_EQ(second.code, hf::errc::exception_thrown);
}

TEST_F(preparation, CS_23_the_code_of_a_system_error_is_what_the_waiter_gets)
{
    make({.retry = plain(),
          .prepare = [](reader&) -> asio::awaitable<void>
          {
              throw boost::system::system_error(asio::error::access_denied);
              co_return;
          }});
    connect_outcome wait;
    service->async_when_connected(hf::fail_after{1}, wait.handler());
    service->start();
    settle();
    EXPECT_EQ(wait.code, asio::error::access_denied);
}

TEST_F(preparation, CS_23_the_code_of_a_standard_system_error_too)
{
    make({.retry = plain(),
          .prepare = [](reader&)
          { throw std::system_error(std::make_error_code(std::errc::permission_denied)); }});
    connect_outcome wait;
    service->async_when_connected(hf::fail_after{1}, wait.handler());
    service->start();
    settle();
    EXPECT_EQ(wait.code, std::errc::permission_denied);
}

TEST_F(preparation, CS_23_want_of_memory_is_told_as_that)
{
    run({.retry = plain(), .prepare = [](reader&) { throw std::bad_alloc(); }});
    EXPECT_EQ(service->last_failure()->code, boost::system::errc::not_enough_memory);
}

TEST_F(preparation, CS_24_a_rejected_connection_is_closed_before_the_next_attempt)
{
    int preparations = 0;
    on_made = [](reader& r) { r.ignores_close = true; };
    run({.retry = plain(),
         .prepare = [&](reader&)
         {
             if (++preparations == 1)
                 throw std::runtime_error("not this one");
         }});
    EXPECT_EQ(protocols.at(0)->closes, 1);
    pass(4s); // the delay is over, and the connection still there
    EXPECT_EQ(endpoint.dial_count(), 1U);
    EXPECT_EQ(service->state(), service_state::discarding);
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(endpoint.dial_count(), 2U);
    EXPECT_EQ(service->current(), protocols.at(1));
    on_made = nullptr;
    protocols[1]->ignores_close = false;
}

TEST_F(preparation, CS_25_a_connection_lost_meanwhile_is_one_failure_and_cancels_it)
{
    int ended = 0;
    make({.retry = asking(),
          .prepare = [&](reader&) -> asio::awaitable<void>
          {
              try
              {
                  co_await hang();
              }
              catch (const boost::system::system_error& e)
              {
                  EXPECT_EQ(e.code(), asio::error::operation_aborted);
                  ++ended;
                  throw;
              }
          }});
    connect_outcome wait;
    connect_outcome limited;
    service->async_when_connected(wait.handler());
    service->async_when_connected(hf::fail_after{1}, limited.handler());
    service->start();
    settle();
    endpoint.last().peer().reset();
    settle();
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(asked, (std::vector{1U}));
    EXPECT_EQ(told(hf::event_kind::failed), 1);
    EXPECT_EQ(told(hf::event_kind::lost), 0);
    EXPECT_EQ(limited.code, asio::error::connection_reset);
    EXPECT_FALSE(wait.code);
    EXPECT_EQ(service->state(), service_state::waiting);
    pass(1s);
    EXPECT_EQ(service->state(), service_state::preparing);
    finish();
}

TEST_F(preparation, CS_25_a_preparation_that_succeeds_after_the_loss_gives_nobody_a_dead_connection)
{
    make({.retry = plain(),
          .prepare = [&](reader&) -> asio::awaitable<void>
          {
              co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
              co_await wait(3s);
          }});
    connect_outcome wait;
    service->async_when_connected(wait.handler());
    service->start();
    settle();
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(service->state(), service_state::discarding);
    pass(3s);
    EXPECT_FALSE(wait.code);
    EXPECT_EQ(service->last_failure()->code, asio::error::eof);
    pass(3s);
    EXPECT_EQ(wait.protocol(), protocols.at(1));
}

TEST_F(preparation, CS_26_that_takes_too_long_is_a_failure_which_names_the_phase)
{
    make({.retry = plain(), .prepare = [&](reader&) { return hang(); }, .prepare_timeout = 4s});
    hf::failure why;
    connect_outcome wait;
    service->async_when_connected(hf::fail_after{1}, why, wait.handler());
    service->start();
    pass(4s - 1ns);
    EXPECT_FALSE(wait.code);
    pass(1ns);
    EXPECT_EQ(wait.code, hf::errc::prepare_timed_out);
    EXPECT_EQ(wait.code, std::errc::timed_out);
    EXPECT_EQ(why.phase, hf::phase::prepare);
    EXPECT_EQ(protocols.at(0)->closes, 1);
    EXPECT_EQ(service->state(), service_state::waiting);
}

TEST_F(preparation, CS_26_has_no_more_than_the_rest_of_the_attempt)
{
    endpoint.then(dial_step::succeed(6s));
    run({.retry = plain(), .prepare = [&](reader&) { return hang(); }, .attempt_timeout = 10s});
    pass(10s - 1ns);
    EXPECT_EQ(service->state(), service_state::preparing);
    pass(1ns);
    EXPECT_EQ(service->last_failure()->code, hf::errc::prepare_timed_out);
    EXPECT_EQ(service->last_failure()->took, 10s);
}

TEST_F(preparation, CS_07_a_stop_from_outside_of_the_context_finds_one_that_has_just_ended)
{
    make({.retry = plain(), .prepare = [](reader&) -> asio::awaitable<void> { co_return; }});
    service->start();
    while (service->state() != service_state::preparing && context.poll_one() != 0)
    {
    }
    ASSERT_EQ(service->state(), service_state::preparing);
    service->stop(); // its end is on its way, and so is now its cancellation
    settle();
    EXPECT_EQ(service->state(), service_state::stopped);
}
}

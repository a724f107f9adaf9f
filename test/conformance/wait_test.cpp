// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

namespace conformance
{
class waiting : public fixture
{
protected:
    void wait(connect_outcome& w) { service->async_when_connected(w.handler()); }
    void wait(connect_outcome& w, hf::wait_limit limit)
    {
        service->async_when_connected(limit, w.handler());
    }
};

TEST_F(waiting, CS_30_while_connected_gives_the_protocol_whatever_the_limit)
{
    run();
    std::array<connect_outcome, 3> waits;
    wait(waits[0]);
    wait(waits[1], hf::fail_after{1});
    wait(waits[2], hf::within{0s});
    settle();
    for (const auto& w : waits)
    {
        EXPECT_EQ(w.code, error_code());
        EXPECT_EQ(w.protocol(), protocols.at(0));
    }
}

TEST_F(waiting, CS_31_all_get_the_next_protocol_to_connect)
{
    endpoint.then(refused);
    make();
    std::array<connect_outcome, 3> waits;
    wait(waits[0]);
    service->start();
    wait(waits[1], hf::fail_after{2});
    settle();
    wait(waits[2], hf::fail_after{1});
    pass(1s);
    for (const auto& w : waits)
        EXPECT_EQ(w.protocol(), protocols.at(0));
}

TEST_F(waiting, CS_32_fails_at_its_nth_failure_with_the_error_of_that_one)
{
    endpoint.then(dial_step::fail(asio::error::host_unreachable))
        .then(dial_step::fail(asio::error::network_down));
    make();
    std::array<connect_outcome, 4> waits; // limits: none, 1, 2, 3
    wait(waits[0]);
    for (std::uint32_t n = 1; n <= 3; ++n)
        wait(waits[n], hf::fail_after{n});
    service->start();
    settle();
    EXPECT_EQ(waits[1].code, asio::error::host_unreachable);
    EXPECT_FALSE(waits[2].code);
    pass(1s);
    EXPECT_EQ(waits[2].code, asio::error::network_down);
    EXPECT_FALSE(waits[3].code);
    pass(2s);
    EXPECT_EQ(waits[0].protocol(), protocols.at(0));
    EXPECT_EQ(waits[3].protocol(), protocols.at(0));
}

TEST_F(waiting, CS_32_counts_only_failures_after_it_was_launched)
{
    endpoint.otherwise(refused);
    run();
    pass(1s + 2s); // three failures
    connect_outcome w;
    wait(w, hf::fail_after{2});
    pass(4s);
    EXPECT_FALSE(w.code);
    pass(8s);
    EXPECT_EQ(w.code, asio::error::connection_refused);
}

TEST_F(waiting, CS_32_a_loss_is_no_failure)
{
    connect_outcome w;
    run();
    protocols[0]->on_end = [&]
    {
        service->stop(); // so that one can wait, with the loss still to come
        service->start();
        wait(w, hf::fail_after{1});
    };
    endpoint.last().peer().reset();
    settle();
    EXPECT_EQ(w.code, error_code());
    EXPECT_EQ(w.protocol(), protocols.at(1));
}

TEST_F(waiting, CS_32_counts_from_a_loss_on_no_failure_but_those_that_follow)
{
    connect_outcome w;
    endpoint.then(dial_step::succeed()).then(refused);
    make({.retry = plain(),
          .observe = [&](const hf::event& e)
          {
              if (e.kind == hf::event_kind::lost)
                  wait(w, hf::fail_after{2});
          }});
    service->start();
    settle();
    endpoint.last().peer().reset();
    pass(1s);
    EXPECT_EQ(service->last_failure()->code, asio::error::connection_refused);
    EXPECT_FALSE(w.code);
    pass(2s);
    EXPECT_EQ(w.code, error_code());
}

TEST_F(waiting, CS_32_none_at_all_is_refused)
{
    EXPECT_THROW(hf::fail_after{0}, std::invalid_argument);
    EXPECT_THROW(hf::within{-1ns}, std::invalid_argument);
}

TEST_F(waiting, CS_33_without_a_limit_bears_any_number_of_failures)
{
    endpoint.otherwise(refused);
    make();
    connect_outcome w;
    wait(w);
    service->start();
    pass(24h);
    EXPECT_GT(endpoint.dial_count(), 1000U);
    EXPECT_FALSE(w.code);
    service->stop();
    settle();
    EXPECT_EQ(w.code, hf::errc::stopped);
}

class waiting_when_stopped : public waiting, public ::testing::WithParamInterface<service_state>
{
};

TEST_P(waiting_when_stopped, CS_34_fails_with_stopped_once_it_has)
{
    reach(GetParam());
    connect_outcome without_limit;
    connect_outcome with_limit;
    wait(without_limit);
    wait(with_limit, hf::fail_after{1});
    service->stop();
    pass(10s);
    EXPECT_EQ(without_limit.code, hf::errc::stopped);
    EXPECT_EQ(with_limit.code, hf::errc::stopped);
    EXPECT_EQ(without_limit.code, std::errc::operation_canceled);
    EXPECT_EQ(without_limit.protocol(), nullptr);
}

INSTANTIATE_TEST_SUITE_P(in, waiting_when_stopped,
                         ::testing::Values(service_state::idle, service_state::dialling,
                                           service_state::preparing, service_state::waiting,
                                           service_state::discarding, service_state::stopping,
                                           service_state::restarting),
                         name_of_state());

TEST_F(waiting, CS_34_is_not_refused_before_the_stop_is_complete)
{
    reach(service_state::stopping);
    connect_outcome w;
    wait(w);
    pass(4s);
    EXPECT_FALSE(w.code);
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(w.code, hf::errc::stopped);
}

TEST_F(waiting, CS_35_of_a_stopped_service_fails_at_once)
{
    reach(service_state::stopped);
    connect_outcome w;
    wait(w);
    EXPECT_FALSE(w.code);
    settle();
    EXPECT_EQ(w.code, hf::errc::stopped);
}

class waiting_patiently : public waiting, public ::testing::WithParamInterface<service_state>
{
};

TEST_P(waiting_patiently, CS_36_waits_while_there_is_nothing_to_fail_for)
{
    reach(GetParam());
    connect_outcome w;
    wait(w, hf::fail_after{1});
    pass(4s);
    EXPECT_FALSE(w.code);
    service->start();
    pass(4s); // the old connection is cut off after five
    EXPECT_EQ(w.code, error_code());
    EXPECT_EQ(w.protocol(), protocols.back());
}

INSTANTIATE_TEST_SUITE_P(in, waiting_patiently,
                         ::testing::Values(service_state::idle, service_state::stopping,
                                           service_state::restarting),
                         name_of_state());

class waiting_from : public waiting, public ::testing::WithParamInterface<service_state>
{
};

TEST_P(waiting_from, CS_37_completes_once_and_never_within_the_call)
{
    reach(GetParam());
    connect_outcome w;
    wait(w);
    EXPECT_EQ(w.completions, 0);
    settle();
    const bool answered = GetParam() == service_state::connected ||
                          GetParam() == service_state::parked ||
                          GetParam() == service_state::stopped;
    EXPECT_EQ(w.completions, answered ? 1 : 0);
    service->stop();
    pass(10s);
    EXPECT_EQ(w.completions, 1);
    service->start();
    pass(10s);
    EXPECT_EQ(w.completions, 1);
}

TEST_P(waiting_from, CS_38_is_cancelled_alone_through_its_slot)
{
    reach(GetParam());
    const auto before = events.size();
    asio::cancellation_signal signal;
    connect_outcome cancelled;
    connect_outcome other;
    service->async_when_connected(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    wait(other);
    signal.emit(asio::cancellation_type::partial);
    EXPECT_EQ(cancelled.completions, 0);
    settle();
    EXPECT_EQ(cancelled.completions, 1);
    EXPECT_EQ(cancelled.code == asio::error::operation_aborted, other.completions == 0);
    EXPECT_EQ(events.size(), before);
    EXPECT_EQ(service->state(), GetParam());
    service->stop();
    pass(10s);
    EXPECT_EQ(other.completions, 1);
    EXPECT_EQ(cancelled.completions, 1);
}

INSTANTIATE_TEST_SUITE_P(in, waiting_from, ::testing::ValuesIn(lasting_states), name_of_state());

TEST_F(waiting, CS_37_completes_on_the_associated_executor_of_each)
{
    asio::io_context other;
    make();
    connect_outcome served;
    connect_outcome stopped;
    connect_outcome at_once;
    const auto there = [&](connect_outcome& w)
    { service->async_when_connected(asio::bind_executor(other.get_executor(), w.handler())); };
    there(served);
    service->start();
    settle();
    there(at_once);
    settle();
    EXPECT_FALSE(served.code);
    EXPECT_FALSE(at_once.code);
    other.run();
    EXPECT_EQ(served.code, error_code());
    EXPECT_EQ(at_once.code, error_code());
    service->stop();
    settle();
    there(stopped);
    settle();
    EXPECT_FALSE(stopped.code);
    other.restart();
    other.run();
    EXPECT_EQ(stopped.code, hf::errc::stopped);
}

TEST_F(waiting, CS_37_keeps_the_associated_executor_at_work_meanwhile)
{
    asio::io_context other;
    make();
    connect_outcome w;
    stop_outcome s;
    service->async_when_connected(asio::bind_executor(other.get_executor(), w.handler()));
    other.poll();
    EXPECT_FALSE(other.stopped());
    service->stop();
    settle();
    other.run();
    EXPECT_EQ(w.code, hf::errc::stopped);
}

TEST_F(waiting, CS_37_completes_in_the_order_of_the_calls)
{
    make();
    std::vector<int> order;
    for (int i = 0; i < 3; ++i)
        service->async_when_connected([&order, i](error_code, const std::shared_ptr<reader>&)
                                      { order.push_back(i); });
    service->start();
    settle();
    EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST_F(waiting, CS_37_works_with_any_completion_token)
{
    make();
    std::shared_ptr<reader> got;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            got = co_await service->async_when_connected(asio::use_awaitable);
            co_await service->async_stop(); // deferred
        },
        [](std::exception_ptr e) { EXPECT_EQ(e, nullptr); });
    settle();
    service->start();
    settle();
    EXPECT_EQ(got, protocols.at(0));
    EXPECT_EQ(service->state(), service_state::stopped);
}

TEST_F(waiting, CS_38_a_cancellation_that_comes_after_the_answer_changes_nothing)
{
    make();
    asio::cancellation_signal signal;
    connect_outcome w;
    service->async_when_connected(asio::bind_cancellation_slot(signal.slot(), w.handler()));
    service->start();
    while (service->state() != service_state::connected)
        context.run_one();
    signal.emit(asio::cancellation_type::all); // the answer is on its way
    settle();
    signal.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(w.code, error_code());
    EXPECT_EQ(w.completions, 1);
}

TEST_F(waiting, CS_38_is_cancelled_on_its_way_to_the_strand)
{
    make({.thread_safe = true});
    asio::cancellation_signal signal;
    connect_outcome w;
    asio::post(service->get_executor(), [&] { signal.emit(asio::cancellation_type::all); });
    service->async_when_connected(asio::bind_cancellation_slot(signal.slot(), w.handler()));
    settle(); // the strand sees the cancellation before it sees the wait
    EXPECT_EQ(w.code, asio::error::operation_aborted);
    EXPECT_EQ(w.completions, 1);
}

TEST_F(waiting, CS_38_is_cancelled_with_a_coroutine_that_is)
{
    make();
    asio::cancellation_signal signal;
    error_code seen;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            try
            {
                co_await service->async_when_connected();
            }
            catch (const boost::system::system_error& e)
            {
                seen = e.code();
            }
        },
        asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    settle();
    signal.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(seen, asio::error::operation_aborted);
}

TEST_F(waiting, CS_38_a_time_limit_ends_it_alone)
{
    endpoint.then(dial_step::hang());
    make();
    connect_outcome limited;
    connect_outcome patient;
    wait(limited, hf::within{3s});
    wait(patient);
    service->start();
    pass(3s - 1ns);
    EXPECT_FALSE(limited.code);
    pass(1ns);
    EXPECT_EQ(limited.code, hf::errc::wait_timed_out);
    EXPECT_EQ(limited.code, std::errc::timed_out);
    EXPECT_FALSE(patient.code);
    EXPECT_EQ(service->state(), service_state::dialling);
    endpoint.last().succeed();
    settle();
    EXPECT_EQ(patient.code, error_code());
    EXPECT_EQ(limited.completions, 1);
}

TEST_F(waiting, CS_38_a_time_limit_goes_when_the_wait_is_served_or_cancelled)
{
    make();
    asio::cancellation_signal signal;
    connect_outcome served;
    connect_outcome cancelled;
    wait(served, hf::within{1h});
    service->async_when_connected(hf::within{1h},
                                  asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    EXPECT_EQ(clock.armed(), 2U);
    signal.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(clock.armed(), 1U);
    service->start();
    settle();
    EXPECT_EQ(clock.armed(), 0U);
    pass(2h);
    EXPECT_EQ(served.completions, 1);
}

TEST_F(waiting, CS_38_a_time_limit_of_nothing_or_of_ages_is_well)
{
    make();
    connect_outcome impatient;
    connect_outcome patient;
    wait(impatient, hf::within{0s});
    wait(patient, hf::within{hf::duration::max() - 1ns});
    settle();
    EXPECT_EQ(impatient.code, hf::errc::wait_timed_out);
    pass(1h);
    EXPECT_FALSE(patient.code);
}

TEST_F(waiting, CS_32_the_first_of_two_limits_counts)
{
    endpoint.then(refused).then(dial_step::hang());
    make();
    connect_outcome by_failure;
    connect_outcome by_time;
    wait(by_failure, {hf::fail_after{1}, hf::within{3s}});
    wait(by_time, {hf::fail_after{2}, hf::within{3s}});
    service->start();
    pass(3s);
    EXPECT_EQ(by_failure.code, asio::error::connection_refused);
    EXPECT_EQ(by_time.code, hf::errc::wait_timed_out);
    EXPECT_EQ(clock.armed(), 1U);
}

TEST_F(waiting, CS_32_a_wait_that_fails_tells_the_last_failure)
{
    auto step = dial_step::fail(asio::error::timed_out, 2s);
    step.addresses = {{.address = "192.0.2.1:80", .code = asio::error::timed_out, .took = 2s}};
    step.phase = hf::phase::proxy;
    endpoint.then(step).then(dial_step::hang());
    make({.name = "cache", .retry = plain()});
    hf::failure why;
    connect_outcome w;
    service->async_when_connected(hf::within{4s}, why, w.handler());
    service->start();
    pass(4s);
    EXPECT_EQ(w.code, hf::errc::wait_timed_out);
    EXPECT_EQ(why.code, asio::error::timed_out);
    EXPECT_EQ(why.phase, hf::phase::proxy);
    EXPECT_EQ(why.attempt, 1U);
    EXPECT_EQ(why.took, 2s);
    EXPECT_EQ(why.addresses, step.addresses);
    ASSERT_NE(why.endpoint, nullptr);
    EXPECT_EQ(*why.endpoint, "scripted");
}

TEST_F(waiting, CS_32_a_wait_that_succeeds_leaves_the_failure_alone)
{
    endpoint.then(refused);
    make();
    hf::failure why{.attempt = 77};
    connect_outcome w;
    service->async_when_connected(hf::wait_limit(), why, w.handler());
    service->start();
    pass(1s);
    EXPECT_EQ(w.code, error_code());
    EXPECT_EQ(why, hf::failure{.attempt = 77});
}
}

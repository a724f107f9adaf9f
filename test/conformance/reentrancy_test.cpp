// SPDX-License-Identifier: BSL-1.0
#include "conformance/world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/system/system_error.hpp>

// CS-1B: the user's code, wherever it is called from, may call the service back.

namespace conformance
{
namespace
{
/// Where user code is called from.
enum class place
{
    prepare,
    prepare_later,
    factory,
    policy,
    close,
    run_end,
    destructor,
    waiter,
    stop_handler,
    told_dialling,
    told_preparing,
    told_connected,
    told_failed,
    told_lost,
    told_waiting,
    told_stopping,
    told_stopped,
};

constexpr std::array places{place::prepare,       place::prepare_later,  place::factory,
                            place::policy,        place::close,          place::run_end,
                            place::destructor,    place::waiter,         place::stop_handler,
                            place::told_dialling, place::told_preparing, place::told_connected,
                            place::told_failed,   place::told_lost,      place::told_waiting,
                            place::told_stopping, place::told_stopped};

constexpr std::array place_names{
    "prepare",        "prepare_later",  "factory",     "policy",       "close",
    "run_end",        "destructor",     "waiter",      "stop_handler", "told_dialling",
    "told_preparing", "told_connected", "told_failed", "told_lost",    "told_waiting",
    "told_stopping",  "told_stopped"};

/// What it calls.
enum class call
{
    start,
    stop,
    stop_and_start,
    destroy,
    wait,
    wait_for_the_stop,
    retry_now,
    reset,
};

constexpr std::array calls{call::start,     call::stop, call::stop_and_start,
                           call::destroy,   call::wait, call::wait_for_the_stop,
                           call::retry_now, call::reset};

constexpr std::array call_names{"start",     "stop", "stop_and_start",
                                "destroy",   "wait", "wait_for_the_stop",
                                "retry_now", "reset"};

std::optional<place> place_of(hf::event_kind k)
{
    switch (k)
    {
    case hf::event_kind::dialling:
        return place::told_dialling;
    case hf::event_kind::preparing:
        return place::told_preparing;
    case hf::event_kind::connected:
        return place::told_connected;
    case hf::event_kind::failed:
        return place::told_failed;
    case hf::event_kind::lost:
        return place::told_lost;
    case hf::event_kind::waiting:
        return place::told_waiting;
    case hf::event_kind::stopping:
        return place::told_stopping;
    case hf::event_kind::stopped:
        return place::told_stopped;
    default:
        return std::nullopt; // not on the way through this life
    }
}
}

class reentrancy : public fixture, public ::testing::WithParamInterface<std::tuple<place, call>>
{
protected:
    /// A life that comes through every place: a failure, a connection that is lost, another that
    /// is stopped.
    void live()
    {
        endpoint.then(refused);
        on_made = [this](reader& r)
        {
            called(place::factory);
            r.on_close = [this] { at(place::close); };
            r.on_end = [this] { at(place::run_end); };
            r.on_destroyed = [this] { at(place::destructor); };
        };
        make({.retry =
                  [this](unsigned)
              {
                  called(place::policy);
                  return 1s;
              },
              .prepare = [this](reader&) -> asio::awaitable<void>
              {
                  called(place::prepare);
                  co_await wait(1s);
                  called(place::prepare_later);
              },
              .observe =
                  [this](const hf::event& e)
              {
                  EXPECT_FALSE(destroyed) << to_string(e.kind);
                  if (const auto p = place_of(e.kind))
                      at(*p);
              }});
        service->async_when_connected(
            [this, h = first_wait.handler()](error_code ec, std::shared_ptr<reader> r) mutable
            {
                h(ec, std::move(r));
                at(place::waiter);
            });
        if (service)
            service->start();
        go_on(10s);
        if (service && service->current() != nullptr)
            endpoint.last().peer().close();
        go_on(10s);
        if (service)
            service->async_stop(
                [this, h = last_stop.handler()](error_code ec) mutable
                {
                    h(ec);
                    at(place::stop_handler);
                });
        go_on(20s);
    }

    void go_on(hf::duration d)
    {
        std::get<0>(first_wait.results) = nullptr;
        protocols.clear(); // so that the service alone keeps them
        pass(d);
        std::get<0>(first_wait.results) = nullptr;
        protocols.clear();
        settle();
    }

    /// User code that must not be called once the service is destroyed.
    void called(place p)
    {
        EXPECT_FALSE(destroyed) << place_names[static_cast<std::size_t>(p)];
        at(p);
    }

    void at(place p)
    {
        if (p != std::get<0>(GetParam()) || std::exchange(visited, true) || !service)
            return;
        switch (std::get<1>(GetParam()))
        {
        case call::start:
            service->start();
            break;
        case call::stop:
            service->stop();
            break;
        case call::stop_and_start:
            service->stop();
            service->start();
            break;
        case call::destroy:
            destroyed = true;
            service.reset();
            break;
        case call::wait:
            service->async_when_connected(hf::within{20s}, wait_from_inside.handler());
            EXPECT_EQ(wait_from_inside.completions, 0);
            break;
        case call::wait_for_the_stop:
            service->async_stop(stop_from_inside.handler());
            EXPECT_EQ(stop_from_inside.completions, 0);
            break;
        case call::retry_now:
            service->retry_now();
            break;
        case call::reset:
            service->reset();
            break;
        }
    }

    bool visited = false;
    bool destroyed = false;
    connect_outcome first_wait;
    stop_outcome last_stop;
    connect_outcome wait_from_inside;
    stop_outcome stop_from_inside;
};

TEST_P(reentrancy, CS_1B_every_call_is_legal_from_everywhere)
{
    live();
    EXPECT_TRUE(visited);
    EXPECT_EQ(first_wait.completions, 1);
    const auto [where, what] = GetParam();
    EXPECT_EQ(wait_from_inside.completions, what == call::wait ? 1 : 0);
    EXPECT_EQ(stop_from_inside.completions, what == call::wait_for_the_stop ? 1 : 0);
    if (what == call::wait_for_the_stop)
    {
        EXPECT_EQ(stop_from_inside.code, error_code());
    }
    if (what == call::destroy)
        return;
    EXPECT_EQ(last_stop.code, error_code());
    EXPECT_EQ(last_stop.completions, 1);
    // What was called in the last moment may have started it again. It is well in any case.
    const bool again = (what == call::start || what == call::stop_and_start) &&
                       (where == place::told_stopping || where == place::told_stopped ||
                        where == place::close || where == place::stop_handler);
    EXPECT_EQ(service->running(), again);
    service->start();
    go_on(10s);
    EXPECT_EQ(service->state(), service_state::connected);
    service->stop();
    go_on(10s);
    EXPECT_EQ(service->state(), service_state::stopped);
}

INSTANTIATE_TEST_SUITE_P(
    from, reentrancy, ::testing::Combine(::testing::ValuesIn(places), ::testing::ValuesIn(calls)),
    [](const auto& which)
    {
        return std::string(place_names[static_cast<std::size_t>(std::get<0>(which.param))]) +
               "_calls_" + call_names[static_cast<std::size_t>(std::get<1>(which.param))];
    });

class reentrant_order : public world
{
};

TEST_F(reentrant_order, CS_1B_a_wait_after_a_start_in_one_callback_sees_the_start)
{
    connect_outcome w;
    make({.retry = plain(),
          .observe = [&](const hf::event& e)
          {
              if (e.kind != hf::event_kind::stopped)
                  return;
              service->start();
              service->async_when_connected(w.handler());
          }});
    service->start();
    settle();
    service->stop();
    settle();
    EXPECT_EQ(w.code, error_code());
    EXPECT_EQ(w.protocol(), protocols.at(1));
}

TEST_F(reentrant_order, CS_1B_a_wait_after_a_stop_in_one_callback_sees_the_stop)
{
    connect_outcome w;
    make({.retry = plain(),
          .observe = [&](const hf::event& e)
          {
              if (e.kind != hf::event_kind::connected)
                  return;
              service->stop();
              service->async_when_connected(w.handler());
          }});
    service->start();
    settle();
    EXPECT_EQ(w.code, hf::errc::stopped);
}

TEST_F(reentrant_order, CS_1B_a_wait_for_a_stop_ends_no_sooner_than_that_stop)
{
    stop_outcome from_inside;
    on_made = [](reader& r) { r.ignores_close = r.clings = true; };
    run();
    on_made = nullptr;
    service->stop();
    service->start();
    endpoint.then({.when_cancelled = dial_step::cancelled::ignore});
    pass(5s); // cut off; what is left is abandoned, and asked to close once more
    protocols[0]->on_close = [&] { service->async_stop(from_inside.handler()); };
    pass(1s);
    EXPECT_EQ(service->state(), service_state::stopping);
    EXPECT_FALSE(from_inside.code);
    endpoint.last().fail(asio::error::connection_refused);
    settle();
    EXPECT_EQ(from_inside.code, error_code());
    protocols[0]->let_go();
}

TEST_F(reentrant_order, CS_1B_waits_from_one_callback_are_aborted_when_it_then_destroys)
{
    connect_outcome w;
    connect_outcome late;
    stop_outcome s;
    make({.retry = plain(),
          .observe = [&](const hf::event& e)
          {
              if (e.kind != hf::event_kind::dialling)
                  return;
              service->async_when_connected(w.handler());
              service->async_stop(s.handler());
              service->async_when_connected(late.handler());
              service.reset();
          }});
    service->start();
    settle();
    EXPECT_EQ(w.code, asio::error::operation_aborted);
    EXPECT_EQ(late.code, asio::error::operation_aborted);
    EXPECT_EQ(s.code, asio::error::operation_aborted);
}

TEST_F(reentrant_order, CS_1B_a_wait_from_one_callback_can_be_cancelled_in_it)
{
    asio::cancellation_signal signal;
    stop_outcome s;
    bool done = false;
    make({.retry = plain(),
          .observe = [&](const hf::event& e)
          {
              if (e.kind != hf::event_kind::connected || std::exchange(done, true))
                  return;
              service->async_stop(asio::bind_cancellation_slot(signal.slot(), s.handler()));
              signal.emit(asio::cancellation_type::all);
          }});
    service->start();
    settle();
    EXPECT_EQ(s.code, asio::error::operation_aborted);
    EXPECT_EQ(service->state(), service_state::stopped);
}

TEST_F(reentrant_order, CS_1B_more_calls_than_find_room_leave_the_last_one)
{
    bool done = false;
    make({.retry = plain(),
          .observe = [&](const hf::event& e)
          {
              if (e.kind != hf::event_kind::connected || std::exchange(done, true))
                  return;
              for (int i = 0; i < 100; ++i)
              {
                  service->stop();
                  service->start();
              }
              service->stop();
          }});
    service->start();
    settle();
    EXPECT_EQ(service->state(), service_state::stopped);
}

TEST_F(reentrant_order, CS_19_a_policy_that_destroys_the_service_and_throws_tells_nobody)
{
    bool gone = false;
    endpoint.then(refused);
    make({.retry = [&](unsigned) -> hf::duration
          {
              service.reset();
              gone = true;
              throw std::runtime_error("after me the deluge");
          },
          .observe = [&](const hf::event& e) { EXPECT_FALSE(gone) << to_string(e.kind); }});
    service->start();
    settle();
    EXPECT_TRUE(gone);
}

TEST_F(reentrant_order, CS_1B_an_observer_that_throws_harms_nobody)
{
    make({.retry = plain(), .observe = [](const hf::event&) { throw 7; }});
    service->start();
    settle();
    EXPECT_EQ(service->state(), service_state::connected);
}

TEST_F(reentrant_order, CS_1B_a_preparation_that_waits_for_the_stop_does_not_hold_it_up)
{
    error_code seen;
    make({.retry = plain(),
          .prepare = [&](reader&) -> asio::awaitable<void>
          {
              try
              {
                  co_await service->async_stop();
              }
              catch (const boost::system::system_error& e)
              {
                  seen = e.code();
                  throw;
              }
          }});
    service->start();
    settle();
    EXPECT_EQ(seen, asio::error::operation_aborted);
    EXPECT_EQ(service->state(), service_state::stopped);
}

TEST_F(reentrant_order, CS_1B_a_preparation_that_waits_for_its_own_connection_runs_out_of_time)
{
    error_code seen;
    make({.retry = plain(),
          .prepare = [&](reader&) -> asio::awaitable<void>
          {
              try
              {
                  co_await service->async_when_connected();
              }
              catch (const boost::system::system_error& e)
              {
                  seen = e.code();
                  throw;
              }
          },
          .prepare_timeout = 3s});
    service->start();
    pass(3s);
    EXPECT_EQ(seen, asio::error::operation_aborted);
    EXPECT_EQ(service->last_failure()->code, hf::errc::prepare_timed_out);
}
}

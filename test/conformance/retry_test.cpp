// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>
#include <holdfast/retry/limit.hpp>
#include <holdfast/retry/twisted_backoff.hpp>

#include <algorithm>
#include <limits>
#include <set>

namespace conformance
{
/// Policies, at the level of the service.
class retrying : public fixture
{
protected:
    /// The delays that a service with these options waits in a row while each dial fails.
    std::vector<hf::duration> delays(options o, std::size_t count)
    {
        endpoint.otherwise(refused);
        run(std::move(o));
        while (events_of(hf::event_kind::waiting).size() < count)
            clock.advance_to_next(context);
        service->stop();
        std::vector<hf::duration> result;
        for (const auto& e : events_of(hf::event_kind::waiting))
            result.push_back(e.delay);
        return result;
    }

    std::vector<hf::event> events_of(hf::event_kind k) const
    {
        std::vector<hf::event> result;
        for (const auto& e : events)
            if (e.kind == k)
                result.push_back(e);
        return result;
    }
};

TEST_F(retrying, CS_40_any_callable_of_the_failures_in_a_row_is_a_policy)
{
    EXPECT_EQ(delays({.retry = [](int failures) { return std::chrono::seconds(failures); }}, 3),
              (std::vector<hf::duration>{1s, 2s, 3s}));
    events.clear();
    EXPECT_EQ(delays({.retry = [](unsigned n) { return n * 1.5s; }}, 2),
              (std::vector<hf::duration>{1500ms, 3s}));
}

TEST_F(retrying, CS_41_twisteds_policy_first_waits_its_factor_and_its_jitter_comes_on_top)
{
    const auto d = delays({.retry = hf::retry::twisted_backoff{}}, 20);
    EXPECT_GE(d.front(), 1500ms);
    EXPECT_LT(d.front(), 2500ms);
    EXPECT_GE(d.back(), 60s);
    EXPECT_LT(d.back(), 61s);
}

TEST_F(retrying, CS_42_each_parameter_is_set_by_name)
{
    EXPECT_EQ(delays({.retry = hf::retry::backoff{.initial = 100ms,
                                                  .factor = 3,
                                                  .max = 2s,
                                                  .jitter = hf::retry::jitter::none}},
                     4),
              (std::vector<hf::duration>{100ms, 300ms, 900ms, 2s}));
    events.clear();
    EXPECT_EQ(delays({.retry =
                          hf::retry::twisted_backoff{
                              .initial = 100ms, .factor = 3, .max = 2s, .jitter = 0s}},
                     4),
              (std::vector<hf::duration>{300ms, 900ms, 2s, 2s}));
}

TEST_F(retrying, CS_43_delays_that_make_no_sense_are_raised_to_the_floor_or_cut)
{
    const auto with = [&](auto delay)
    {
        events.clear();
        return delays({.retry = [delay](unsigned) { return delay; }, .delay_floor = 30ms}, 1)[0];
    };
    using seconds = std::chrono::duration<double>;
    EXPECT_EQ(with(0s), 30ms);
    EXPECT_EQ(with(-5s), 30ms);
    EXPECT_EQ(with(1ms), 30ms);
    EXPECT_EQ(with(seconds(std::numeric_limits<double>::quiet_NaN())), 30ms);
    EXPECT_EQ(with(seconds(-std::numeric_limits<double>::infinity())), 30ms);
    EXPECT_EQ(with(seconds(std::numeric_limits<double>::infinity())), hf::retry::longest_delay);
    EXPECT_EQ(with(std::chrono::hours::max()), hf::retry::longest_delay);
}

TEST_F(retrying, CS_43_immediately_alone_has_no_floor)
{
    endpoint.then(refused).then(refused);
    run({.retry = hf::retry::immediately{}});
    EXPECT_EQ(endpoint.dial_count(), 3U);
    EXPECT_EQ(service->state(), service_state::connected);
}

TEST_F(retrying, CS_44_a_policy_that_throws_is_reported_and_the_default_one_is_used)
{
    endpoint.otherwise(refused);
    run({.retry = [](unsigned) -> hf::duration { throw std::logic_error("no idea"); }});
    const auto reports = events_of(hf::event_kind::policy_failed);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THROW(std::rethrow_exception(reports[0].exception), std::logic_error);
    EXPECT_EQ(service->state(), service_state::waiting);
    EXPECT_LE(events.back().delay, 1s); // the default grows from there
    pass(1s);
    EXPECT_GE(endpoint.dial_count(), 2U);
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(retrying, CS_45_a_policy_may_give_up_and_waiters_then_fail_at_once)
{
    endpoint.then(refused).then(dial_step::fail(asio::error::host_unreachable));
    make({.retry = hf::retry::max_attempts(2, hf::retry::fixed{1s})});
    connect_outcome before;
    service->async_when_connected(before.handler());
    service->start();
    pass(1s);
    EXPECT_EQ(service->state(), service_state::parked);
    EXPECT_TRUE(service->running());
    EXPECT_EQ(before.code, asio::error::host_unreachable);
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_EQ(told(hf::event_kind::parked), 1);
    hf::failure why;
    connect_outcome after;
    service->async_when_connected(hf::wait_limit(), why, after.handler());
    EXPECT_FALSE(after.code);
    settle();
    EXPECT_EQ(after.code, asio::error::host_unreachable);
    EXPECT_EQ(why.attempt, 2U);
    pass(24h);
    EXPECT_EQ(endpoint.dial_count(), 2U);
}

TEST_F(retrying, CS_45_after_a_loss_in_good_order_waiters_of_a_parked_service_fail_all_the_same)
{
    run({.retry = [](unsigned) { return std::optional<hf::duration>(); }});
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(service->state(), service_state::parked);
    connect_outcome w;
    service->async_when_connected(w.handler());
    settle();
    EXPECT_EQ(w.code, asio::error::eof);
}

TEST_F(retrying, CS_45_stop_of_a_parked_service_completes_at_once)
{
    reach(service_state::parked);
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(service->state(), service_state::stopped);
}

TEST_F(retrying, CS_45_start_retry_now_and_reset_begin_anew)
{
    using call = void (hf::client_service<reader>::*)();
    for (const call again :
         {call(&hf::client_service<reader>::start), call(&hf::client_service<reader>::retry_now),
          call(&hf::client_service<reader>::reset)})
    {
        endpoint.then(refused).then(dial_step::succeed());
        run({.retry = [](unsigned) { return std::optional<hf::duration>(); }});
        EXPECT_EQ(service->state(), service_state::parked);
        connect_outcome w;
        (*service.*again)();
        service->async_when_connected(w.handler());
        pass(10ms); // the floor
        EXPECT_EQ(w.protocol(), protocols.back());
        EXPECT_EQ(service->state(), service_state::connected);
    }
}

TEST_F(retrying, CS_45_retry_now_keeps_the_count_and_reset_forgets_it)
{
    std::vector<unsigned> asked;
    endpoint.otherwise(refused);
    run({.retry = [&](unsigned n)
         {
             asked.push_back(n);
             return 1h;
         }});
    pass(1s);
    service->retry_now();
    settle();
    service->reset();
    pass(10ms);
    EXPECT_EQ(asked, (std::vector{1U, 2U, 1U}));
    EXPECT_EQ(endpoint.dial_count(), 3U);
}

TEST_F(retrying, CS_45_retry_now_on_each_failure_does_not_spin)
{
    endpoint.otherwise(refused);
    make({.retry = plain(),
          .delay_floor = 50ms,
          .observe = [&](const hf::event& e)
          {
              if (e.kind == hf::event_kind::waiting)
                  service->retry_now();
          }});
    service->start();
    pass(1s);
    EXPECT_EQ(endpoint.dial_count(), 1U + 20U);
}

TEST_F(retrying, CS_4A_the_default_grows_from_1_s_to_60_s_with_all_of_it_drawn)
{
    std::set<hf::duration> seen;
    const auto d = delays({}, 200);
    for (std::size_t i = 0; i < d.size(); ++i)
    {
        EXPECT_LE(d[i], i < 6 ? 1s * (1 << i) : 60s);
        seen.insert(d[i]);
    }
    EXPECT_GT(seen.size(), 190U);                          // still drawn at the cap
    EXPECT_GT(*std::max_element(d.begin(), d.end()), 50s); // but for one in 10^15
    EXPECT_LT(*std::min_element(d.begin() + 10, d.end()), 10s);
}

TEST_F(retrying, CS_4A_two_services_differ)
{
    const auto first = delays({}, 5);
    events.clear();
    EXPECT_NE(delays({}, 5), first);
}

TEST_F(retrying, CS_4A_the_default_grows_on_early_losses_as_on_failures)
{
    run();
    for (const auto delay : {1s, 2s, 4s, 8s})
    {
        pass(10s - 1ns); // not yet stable
        endpoint.last().peer().close();
        settle();
        EXPECT_EQ(events.back().delay, delay);
        EXPECT_EQ(events.back().failures, 1U); // what a plain callable sees
        pass(delay);
        EXPECT_EQ(service->state(), service_state::connected);
    }
    pass(10s);
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(events.back().delay, 1s);
}

TEST_F(retrying, CS_50_the_delay_counts_from_the_failure_on_the_clock_that_was_given)
{
    endpoint.then(dial_step::fail(asio::error::timed_out, 5s));
    const auto begin = clock.now();
    run();
    pass(5s);
    EXPECT_EQ(events.back().next_attempt, begin + 6s);
    EXPECT_EQ(clock.next(), begin + 6s);
}

TEST_F(retrying, CS_50_without_a_clock_it_is_the_monotonic_one_of_the_context)
{
    const hf::client_service<reader> plain_service(
        context, endpoint,
        [](hf::testing::memory_stream s) { return std::make_shared<reader>(std::move(s)); });
    auto& c = hf::default_clock(context.get_executor());
    const auto before = std::chrono::steady_clock::now().time_since_epoch();
    const auto now = c.now().time_since_epoch();
    const auto after = std::chrono::steady_clock::now().time_since_epoch();
    EXPECT_LE(before, now);
    EXPECT_LE(now, after);
}

TEST_F(retrying, CS_51_a_whole_life_passes_without_real_time)
{
    const auto begin = std::chrono::steady_clock::now();
    endpoint.otherwise(refused);
    run();
    pass(24h * 30);
    EXPECT_GT(endpoint.dial_count(), 40'000U);
    endpoint.otherwise(dial_step::succeed());
    pass(60s);
    EXPECT_EQ(service->state(), service_state::connected);
    stop_outcome stopped;
    service->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 24h);
}
}

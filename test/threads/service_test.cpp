// SPDX-License-Identifier: BSL-1.0
#include <holdfast/client_service.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

// Services with the option thread_safe (CS-37, CS-19): called from several threads, while a context
// is run by several more. What is asserted holds whatever the interleaving; ThreadSanitizer does
// the rest.

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::testing::dial_step;
using hf::testing::memory_stream;
using namespace std::chrono_literals;

/// A context that a number of threads run.
class pool
{
public:
    explicit pool(int threads)
    {
        for (int i = 0; i < threads; ++i)
            threads_.emplace_back([this] { context.run(); });
    }

    /// Waits until all is done.
    ~pool() { join(); }

    void join()
    {
        work_.reset();
        for (auto& t : threads_)
            if (t.joinable())
                t.join();
    }

    asio::io_context context;

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_ =
        asio::make_work_guard(context);
    std::vector<std::thread> threads_;
};

asio::awaitable<void> read_all(memory_stream s)
{
    for (std::array<char, 16> buffer{};;)
        co_await s.async_read_some(asio::buffer(buffer), asio::use_awaitable);
}

hf::client_options<hf::session> options()
{
    return {.retry = hf::retry::fixed{1ms}, .delay_floor = 1ms, .thread_safe = true};
}

/// Runs `f(i)` on so many threads at once.
template <class F>
void at_once(int threads, F f)
{
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([f, i] { f(i); });
    for (auto& t : all)
        t.join();
}

class threads : public ::testing::TestWithParam<int>
{
};

TEST_P(threads, CS_37_each_wait_completes_once_while_others_start_and_stop)
{
    constexpr int callers = 4;
    constexpr int rounds = 100;
    pool p(GetParam());
    hf::testing::scripted_endpoint endpoint; // its record holds strands of the context
    std::atomic<int> completions{0};
    {
        hf::client_service<hf::session> service(p.context, endpoint, read_all, options());
        at_once(callers,
                [&](int caller)
                {
                    for (int i = 0; i < rounds; ++i)
                    {
                        if (caller == 0)
                            service.start();
                        else if (caller == 1 && i % 8 == 7)
                            service.stop();
                        else if (caller == 2)
                            service.retry_now();
                        service.async_when_connected(
                            hf::within{1min}, [&](hf::error_code, const auto&) { ++completions; });
                        EXPECT_LE(service.state(), hf::service_state::stopped);
                        static_cast<void>(service.last_failure());
                        static_cast<void>(service.running());
                    }
                });
        service.async_stop(asio::use_future).get();
    }
    p.join();
    EXPECT_EQ(completions, callers * rounds);
    EXPECT_EQ(endpoint.open_streams(), 0U);
    EXPECT_LE(endpoint.open_streams_max(), 1U); // CS-18
}

TEST_P(threads, CS_19_a_service_is_destroyed_from_another_thread_in_whatever_state)
{
    constexpr int rounds = 100;
    pool p(GetParam());
    hf::testing::scripted_endpoint endpoint; // its record holds strands of the context
    std::atomic<int> completions{0};
    int expected = 0;
    for (int i = 0; i < rounds; ++i)
    {
        if (i % 3 == 1)
            endpoint.then(dial_step::hang());
        else if (i % 3 == 2)
            endpoint.then(dial_step::fail(asio::error::connection_refused));
        std::optional<hf::client_service<hf::session>> service;
        service.emplace(p.context, endpoint, read_all, options());
        service->start();
        for (int w = 0; w < 2; ++w, ++expected)
            service->async_when_connected([&](hf::error_code, const auto&) { ++completions; });
        for (int turn = 0; turn < i; ++turn)
            std::this_thread::yield();
        if (i % 2 == 0)
        {
            ++expected;
            service->async_stop([&](hf::error_code) { ++completions; });
        }
        service.reset();
    }
    p.join();
    EXPECT_EQ(completions, expected);
    EXPECT_EQ(endpoint.open_streams(), 0U);
}

TEST_P(threads, CS_38_a_wait_whose_time_is_over_at_once_completes_once)
{
    constexpr int rounds = 200;
    pool p(GetParam());
    hf::testing::scripted_endpoint endpoint; // its record holds strands of the context
    std::atomic<int> completions{0};
    {
        hf::client_service<hf::session> service(p.context, endpoint, read_all, options());
        at_once(2,
                [&](int)
                {
                    for (int i = 0; i < rounds; ++i)
                        service.async_when_connected(hf::within{std::chrono::microseconds(i % 50)},
                                                     [&](hf::error_code, const auto&)
                                                     { ++completions; });
                });
        service.start();
        service.async_when_connected(asio::use_future).get();
    }
    p.join();
    EXPECT_EQ(completions, 2 * rounds);
}

TEST_P(threads, CS_06_a_completed_stop_says_that_nothing_runs_any_more)
{
    pool p(GetParam());
    hf::testing::scripted_endpoint endpoint; // its record holds strands of the context
    for (int i = 0; i < 50; ++i)
    {
        int not_atomic = 0; // what only a finished connection may be read beside
        auto session = [&](memory_stream s) -> asio::awaitable<void>
        {
            ++not_atomic;
            co_await read_all(std::move(s));
        };
        hf::client_service<hf::session> service(p.context, endpoint, session, options());
        service.start();
        if (i % 2 == 0)
            service.async_when_connected(asio::use_future).get();
        service.async_stop(asio::use_future).get();
        EXPECT_LE(not_atomic, 1);
        EXPECT_EQ(service.state(), hf::service_state::stopped);
        EXPECT_EQ(endpoint.open_streams(), 0U);
        service.async_stop(asio::use_future).get();
    }
}

TEST_P(threads, CS_18_services_of_one_definition_live_in_parallel)
{
    constexpr int services = 8;
    pool p(GetParam());
    hf::testing::scripted_endpoint endpoint; // its record holds strands of the context
    std::atomic<int> losses{0};
    auto o = options();
    o.observe = [&](const hf::event& e)
    {
        if (e.kind == hf::event_kind::lost)
            ++losses;
    };
    const hf::client_definition<hf::session> definition(p.context, endpoint, read_all, o);
    at_once(services,
            [&](int)
            {
                hf::client_service<hf::session> service(definition);
                service.start();
                for (int i = 0; i < 10; ++i)
                {
                    service.async_when_connected(asio::use_future).get();
                    service.stop();
                    service.start();
                }
                service.async_stop(asio::use_future).get();
            });
    EXPECT_EQ(losses, 0);
    EXPECT_LE(endpoint.open_streams_max(), std::size_t{services});
    EXPECT_EQ(endpoint.open_streams(), 0U);
}

INSTANTIATE_TEST_SUITE_P(run_the_context, threads, ::testing::Values(2, 4));

TEST(thread_safe_service, CS_19_may_be_destroyed_when_its_context_has_stopped_running)
{
    asio::io_context context;
    hf::testing::scripted_endpoint endpoint{dial_step::hang()}; // its record holds a strand
    bool waited = false;
    {
        hf::client_service service(context, endpoint, [](memory_stream) -> asio::awaitable<void>
                                   { co_return; }, {.thread_safe = true});
        service.start();
        service.async_when_connected([&](hf::error_code, const std::shared_ptr<hf::session>&)
                                     { waited = true; });
        context.poll();
        EXPECT_EQ(service.state(), hf::service_state::dialling);
    } // posts its end to a context that will never run it
    EXPECT_FALSE(waited);
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/observe/event_stream.hpp>
#include <holdfast/observe/metrics.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

// What several services may share that are on different threads.

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::event_kind;

constexpr int threads_count = 4;
constexpr int rounds = 500;

/// Runs `f(i)` on each of a few threads.
template <class F>
void on_threads(F f)
{
    std::vector<std::thread> threads;
    threads.reserve(threads_count);
    for (int i = 0; i < threads_count; ++i)
        threads.emplace_back(f, i);
    for (auto& t : threads)
        t.join();
}

TEST(metrics, are_counted_and_read_by_any_thread)
{
    const hf::metrics counts;
    on_threads(
        [&](int number)
        {
            auto mine = counts;
            for (int i = 0; i < rounds; ++i)
            {
                mine.for_service("shared")({.kind = event_kind::parked});
                mine.for_service(std::to_string(number))({.kind = event_kind::parked});
                if (i % 50 == 0)
                {
                    EXPECT_TRUE(mine.text({}).ends_with("# EOF\n"));
                    mine.forget(std::to_string(number));
                }
            }
        });
    EXPECT_NE(counts.text({}).find("holdfast_give_ups_total{service=\"shared\"} 2000\n"),
              std::string::npos);
}

TEST(event_stream, is_told_by_any_thread_and_forgets_nothing_untold)
{
    asio::io_context context;
    hf::event_stream stream(context, {.capacity = 8});
    const auto observe = stream.observe();
    std::uint64_t read = 0;
    std::uint64_t dropped = 0;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            try
            {
                for (;;)
                {
                    const auto e = co_await stream.async_next_event(asio::use_awaitable);
                    ++read;
                    dropped += e.dropped;
                }
            }
            catch (const boost::system::system_error& e)
            {
                EXPECT_EQ(e.code(), asio::error::eof);
            }
        },
        asio::detached);
    std::thread reader([&] { context.run(); });
    on_threads(
        [&](int)
        {
            for (int i = 0; i < rounds; ++i)
                observe({.kind = event_kind::dialling});
        });
    asio::post(context, [&] { stream.close(); });
    reader.join();
    EXPECT_EQ(read + dropped, static_cast<std::uint64_t>(threads_count * rounds));
}

TEST(event_stream, may_be_destroyed_while_it_is_told)
{
    asio::io_context context;
    for (int i = 0; i < 50; ++i)
    {
        hf::observer observe;
        std::thread teller;
        {
            hf::event_stream stream(context);
            observe = stream.observe();
            teller = std::thread(
                [&]
                {
                    for (int n = 0; n < 20; ++n)
                        observe({.kind = event_kind::dialling});
                });
            stream.async_next_event(asio::detached);
            context.restart();
            context.poll();
        }
        context.restart();
        context.poll();
        teller.join();
    }
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/client_service.hpp>
#include <holdfast/observe/event_stream.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::event_kind;
using namespace std::chrono_literals;

/// A stream of four events, and what a read of it gave.
class event_stream : public ::testing::Test
{
protected:
    void tell(event_kind kind) { observe({.kind = kind, .name = "cache"}); }

    /// Begins a read, whose result goes to `code` and `got`.
    auto result()
    {
        return [this](hf::error_code ec, hf::numbered_event e)
        {
            ++completions;
            code = ec;
            got = std::move(e);
        };
    }

    void read() { stream->async_next_event(result()); }

    /// Runs until nothing is left; what waits in vain makes a test fail in the end.
    void run()
    {
        context.restart();
        context.run_for(10s);
    }

    asio::io_context context;
    std::optional<hf::event_stream> stream{std::in_place, context,
                                           hf::event_stream_options{.capacity = 4}};
    hf::observer observe = stream->observe();
    int completions = 0;
    hf::error_code code;
    hf::numbered_event got;
};

TEST_F(event_stream, gives_what_was_told_before_the_read)
{
    tell(event_kind::dialling);
    tell(event_kind::connected);
    read();
    EXPECT_EQ(completions, 0); // never inside the call
    run();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(code, hf::error_code());
    EXPECT_EQ(got.sequence, 1U);
    EXPECT_EQ(got.kind, event_kind::dialling);
    read();
    run();
    EXPECT_EQ(got.sequence, 2U);
    EXPECT_EQ(got.dropped, 0U);
    EXPECT_EQ(got.kind, event_kind::connected);
}

TEST_F(event_stream, has_a_read_wait_for_the_next_event)
{
    read();
    context.poll();
    EXPECT_EQ(completions, 0);
    tell(event_kind::dialling);
    EXPECT_EQ(completions, 0);
    run();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(got.kind, event_kind::dialling);
}

TEST_F(event_stream, owns_what_it_gives)
{
    const auto why = std::make_shared<const hf::failure>(hf::failure{.attempt = 7});
    {
        const std::string name(100, 'n');
        const std::string endpoint(100, 'e');
        observe({.kind = event_kind::waiting,
                 .state = hf::service_state::waiting,
                 .name = name,
                 .endpoint = endpoint,
                 .at = hf::time_point(1s),
                 .attempt = 7,
                 .failures = 2,
                 .delay = 3s,
                 .next_attempt = hf::time_point(4s),
                 .why = why});
    }
    read();
    run();
    EXPECT_EQ(got.name, std::string(100, 'n'));
    EXPECT_EQ(got.endpoint, std::string(100, 'e'));
    EXPECT_EQ(got.state, hf::service_state::waiting);
    EXPECT_EQ(got.at, hf::time_point(1s));
    EXPECT_EQ(got.attempt, 7U);
    EXPECT_EQ(got.failures, 2U);
    EXPECT_EQ(got.delay, 3s);
    EXPECT_EQ(got.next_attempt, hf::time_point(4s));
    EXPECT_EQ(got.why, why);
}

TEST_F(event_stream, drops_the_oldest_and_says_how_many)
{
    for (int i = 0; i < 7; ++i)
        tell(event_kind::dialling);
    read();
    run();
    EXPECT_EQ(got.sequence, 4U);
    EXPECT_EQ(got.dropped, 3U);
    tell(event_kind::dialling); // takes the place of the first
    tell(event_kind::dialling); // drops the fifth
    read();
    run();
    EXPECT_EQ(got.sequence, 6U);
    EXPECT_EQ(got.dropped, 1U);
    read();
    run();
    EXPECT_EQ(got.sequence, 7U);
    EXPECT_EQ(got.dropped, 0U);
}

TEST_F(event_stream, refuses_a_second_reader_and_leaves_the_first_alone)
{
    read();
    hf::error_code refused;
    stream->async_next_event([&](hf::error_code ec, const hf::numbered_event&) { refused = ec; });
    context.poll();
    EXPECT_EQ(refused, hf::errc::already_reading);
    EXPECT_EQ(completions, 0);
    tell(event_kind::dialling);
    run();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(code, hf::error_code());
    read(); // the refused one has left nothing behind
    tell(event_kind::connected);
    run();
    EXPECT_EQ(got.kind, event_kind::connected);
}

TEST_F(event_stream, can_be_read_on_from_inside_a_read)
{
    tell(event_kind::dialling);
    tell(event_kind::connected);
    stream->async_next_event([this](hf::error_code, const hf::numbered_event&) { read(); });
    run();
    EXPECT_EQ(got.kind, event_kind::connected);
}

class event_stream_cancelled : public event_stream,
                               public ::testing::WithParamInterface<asio::cancellation_type>
{
};

INSTANTIATE_TEST_SUITE_P(all_types, event_stream_cancelled,
                         ::testing::Values(asio::cancellation_type::total,
                                           asio::cancellation_type::partial,
                                           asio::cancellation_type::terminal));

TEST_P(event_stream_cancelled, ends_the_read_and_loses_no_event)
{
    asio::cancellation_signal signal;
    stream->async_next_event(asio::bind_cancellation_slot(signal.slot(), result()));
    context.poll();
    signal.emit(GetParam());
    EXPECT_EQ(completions, 0);
    tell(event_kind::dialling);
    run();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(code, asio::error::operation_aborted);
    read();
    run();
    EXPECT_EQ(got.kind, event_kind::dialling);
    EXPECT_EQ(got.dropped, 0U);
}

TEST_P(event_stream_cancelled, outranks_an_event_that_arrived_together_with_it)
{
    asio::cancellation_signal signal;
    stream->async_next_event(asio::bind_cancellation_slot(signal.slot(), result()));
    context.poll();
    tell(event_kind::dialling);
    signal.emit(GetParam());
    run();
    EXPECT_EQ(code, asio::error::operation_aborted);
    read();
    run();
    EXPECT_EQ(got.sequence, 1U);
}

TEST_F(event_stream, may_be_cancelled_after_it_is_gone)
{
    asio::cancellation_signal signal;
    stream->async_next_event(asio::bind_cancellation_slot(signal.slot(), result()));
    context.poll();
    stream.reset();
    signal.emit(asio::cancellation_type::all);
    run();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(code, asio::error::operation_aborted);
}

TEST_F(event_stream, ends_a_read_when_it_is_destroyed_and_lets_its_observers_live)
{
    read();
    context.poll();
    stream.reset();
    EXPECT_EQ(completions, 0);
    tell(event_kind::dialling);
    run();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(code, asio::error::operation_aborted);
}

TEST_F(event_stream, ends_a_read_that_found_an_event_when_it_is_destroyed)
{
    tell(event_kind::dialling);
    read();
    stream.reset();
    run();
    EXPECT_EQ(code, asio::error::operation_aborted);
}

TEST_F(event_stream, that_is_closed_is_read_to_its_end)
{
    tell(event_kind::dialling);
    stream->close();
    stream->close();
    tell(event_kind::connected); // too late
    read();
    run();
    EXPECT_EQ(got.kind, event_kind::dialling);
    read();
    run();
    EXPECT_EQ(code, asio::error::eof);
}

TEST_F(event_stream, ends_a_read_that_waits_when_it_is_closed)
{
    read();
    context.poll();
    stream->close();
    run();
    EXPECT_EQ(code, asio::error::eof);
}

TEST_F(event_stream, completes_on_the_executor_of_the_handler)
{
    asio::io_context other;
    stream->async_next_event(asio::bind_executor(other, result()));
    tell(event_kind::dialling);
    run();
    EXPECT_EQ(completions, 0);
    EXPECT_EQ(other.run(), 1U);
    EXPECT_EQ(completions, 1);
}

TEST_F(event_stream, completes_on_a_strand_of_the_handler)
{
    const auto strand = asio::make_strand(context);
    bool there = false;
    stream->async_next_event(asio::bind_executor(strand,
                                                 [&](hf::error_code, const hf::numbered_event&)
                                                 { there = strand.running_in_this_thread(); }));
    tell(event_kind::dialling);
    run();
    EXPECT_TRUE(there);
}

/// Counts what is allocated.
template <class T>
struct counting_allocator
{
    using value_type = T;
    explicit counting_allocator(int& n) noexcept : count(&n) {}
    template <class U>
    counting_allocator(const counting_allocator<U>& other) noexcept : count(other.count)
    {
    }
    T* allocate(std::size_t n)
    {
        ++*count;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) { std::allocator<T>().deallocate(p, n); }
    bool operator==(const counting_allocator&) const = default;
    int* count;
};

TEST_F(event_stream, allocates_by_the_allocator_of_the_handler)
{
    int allocations = 0;
    stream->async_next_event(asio::bind_allocator(counting_allocator<int>(allocations), result()));
    EXPECT_GT(allocations, 0);
    tell(event_kind::dialling);
    run();
    EXPECT_EQ(completions, 1);
}

TEST_F(event_stream, ends_with_its_context_though_a_coroutine_owns_it_and_waits)
{
    const auto alive = std::make_shared<int>();
    {
        asio::io_context short_lived;
        asio::co_spawn(
            short_lived,
            [](std::shared_ptr<int>) -> asio::awaitable<void>
            {
                hf::event_stream own(co_await asio::this_coro::executor);
                co_await own.async_next_event(asio::use_awaitable);
            }(alive),
            asio::detached);
        short_lived.poll();
    }
    EXPECT_EQ(alive.use_count(), 1);
}

TEST_F(event_stream, may_be_told_after_its_context_is_gone)
{
    hf::observer late;
    {
        asio::io_context short_lived;
        const hf::event_stream s(short_lived);
        late = s.observe();
    }
    late({.kind = event_kind::dialling});
}

TEST_F(event_stream, tells_the_story_of_a_service)
{
    hf::testing::manual_clock clock;
    asio::io_context world;
    hf::event_stream story(world);
    hf::testing::scripted_endpoint endpoint{
        hf::testing::dial_step::fail(asio::error::connection_refused)};
    hf::client_service service(
        world, endpoint,
        [](hf::testing::memory_stream s) -> asio::awaitable<void>
        {
            char byte = 0;
            co_await s.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
        },
        {.retry = hf::retry::fixed{10s}, .observe = story.observe(), .clock = &clock});
    std::vector<event_kind> kinds;
    asio::co_spawn(
        world,
        [&]() -> asio::awaitable<void>
        {
            while (kinds.size() < 6)
                kinds.push_back((co_await story.async_next_event(asio::use_awaitable)).kind);
        },
        asio::detached);
    service.start();
    clock.advance(1min, world);
    service.stop();
    clock.advance(0s, world);
    const std::vector expected{event_kind::dialling, event_kind::failed,    event_kind::waiting,
                               event_kind::dialling, event_kind::connected, event_kind::stopping};
    EXPECT_EQ(kinds, expected);
}

TEST_F(event_stream, refuses_to_keep_nothing_or_too_much)
{
    EXPECT_THROW(hf::event_stream(context, {.capacity = 0}), std::invalid_argument);
    EXPECT_THROW(hf::event_stream(context, {.capacity = 100'001}), std::invalid_argument);
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/scripted_endpoint.hpp>

#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::testing::dial_step;
using hf::testing::manual_clock;
using hf::testing::memory_stream;
using hf::testing::scripted_endpoint;
using namespace std::chrono_literals;

static_assert(hf::endpoint<scripted_endpoint>);

const hf::error_code refused = asio::error::connection_refused;
const hf::error_code aborted = asio::error::operation_aborted;

struct scripted_endpoint_test : testing::Test
{
    manual_clock clock;
    asio::io_context context;
    scripted_endpoint endpoint;
    std::vector<hf::error_code> ends;
    std::vector<memory_stream> streams;
    asio::cancellation_signal cancel;
    hf::dial_report report;

    hf::dial_context dial_context()
    {
        return {.executor = context.get_executor(),
                .clock = &clock,
                .deadline = hf::time_point::max(),
                .attempt = 1,
                .report = &report};
    }

    void dial()
    {
        endpoint.async_connect(dial_context(), asio::bind_cancellation_slot(
                                                   cancel.slot(),
                                                   [this](hf::error_code ec, memory_stream stream)
                                                   {
                                                       EXPECT_EQ(stream.is_open(), !ec);
                                                       ends.push_back(ec);
                                                       if (!ec)
                                                           streams.push_back(std::move(stream));
                                                   }));
    }

    void run() { clock.advance(0s, context); }

    void TearDown() override { EXPECT_EQ(clock.armed(), 0U); }
};

TEST_F(scripted_endpoint_test, follows_its_script_and_then_succeeds)
{
    endpoint.then(dial_step::fail(refused)).then(dial_step::fail(asio::error::host_unreachable));
    for (int i = 0; i < 3; ++i)
    {
        dial();
        EXPECT_EQ(ends.size(), static_cast<std::size_t>(i)) << "completed inside the call";
        run();
    }
    EXPECT_EQ(ends, (std::vector<hf::error_code>{refused, asio::error::host_unreachable, {}}));
    EXPECT_EQ(endpoint.dial_count(), 3U);
}

TEST_F(scripted_endpoint_test, shares_its_script_with_its_copies)
{
    const auto copy = endpoint;
    endpoint.otherwise(dial_step::fail(refused));
    dial();
    run();
    EXPECT_EQ(ends, (std::vector<hf::error_code>{refused}));
    EXPECT_EQ(copy.last().result(), refused);
    EXPECT_EQ(to_string(copy), "scripted");
}

TEST_F(scripted_endpoint_test, gives_the_test_the_other_end)
{
    dial();
    EXPECT_THROW(scripted_endpoint().last(), std::logic_error);
    run();
    memory_stream& peer = endpoint.last().peer();
    EXPECT_TRUE(streams[0].give("hello"));
    EXPECT_EQ(peer.take(), "hello");
    EXPECT_TRUE(peer.give("you"));
    EXPECT_EQ(streams[0].take(), "you");
    peer.close();
    EXPECT_TRUE(streams[0].ended());
}

TEST_F(scripted_endpoint_test, waits_on_the_clock_it_is_given)
{
    endpoint.then(dial_step::succeed(3s)).then(dial_step::fail(refused, 5s));
    dial();
    dial();
    clock.advance(3s - 1ns, context);
    EXPECT_TRUE(ends.empty());
    clock.advance(1ns, context);
    EXPECT_EQ(ends, (std::vector<hf::error_code>{{}}));
    clock.advance(2s, context);
    EXPECT_EQ(ends, (std::vector<hf::error_code>{{}, refused}));
}

TEST_F(scripted_endpoint_test, hangs_until_it_is_completed_by_hand)
{
    endpoint.otherwise(dial_step::hang());
    dial();
    dial();
    run();
    EXPECT_EQ(endpoint.pending_dials(), 2U);
    EXPECT_THROW(endpoint.last().peer(), std::logic_error);
    EXPECT_TRUE(endpoint.dials()[1].fail(refused));
    EXPECT_TRUE(endpoint.dials()[0].succeed());
    EXPECT_FALSE(endpoint.dials()[0].fail(refused)) << "it has ended";
    EXPECT_TRUE(ends.empty()) << "completed inside the call";
    run();
    EXPECT_EQ(ends, (std::vector<hf::error_code>{refused, {}}));
    EXPECT_EQ(endpoint.pending_dials(), 0U);
}

TEST_F(scripted_endpoint_test, keeps_the_context_busy_while_it_hangs)
{
    endpoint.otherwise(dial_step::hang());
    dial();
    context.poll();
    EXPECT_FALSE(context.stopped());
    endpoint.last().fail(refused);
    EXPECT_EQ(context.run(), 1U);
}

TEST_F(scripted_endpoint_test, ends_at_once_when_it_is_cancelled)
{
    for (const auto& step :
         {dial_step::hang(), dial_step::succeed(1s), dial_step::fail(refused, 1s)})
    {
        endpoint.then(step);
        dial();
        cancel.emit(asio::cancellation_type::terminal);
        EXPECT_TRUE(endpoint.last().cancelled());
        EXPECT_EQ(clock.armed(), 0U);
        run();
        EXPECT_EQ(ends.back(), aborted);
    }
    EXPECT_EQ(endpoint.cancellations(), 3U);
}

TEST_F(scripted_endpoint_test, can_ignore_being_cancelled)
{
    auto step = dial_step::succeed(1s);
    step.when_cancelled = dial_step::cancelled::ignore;
    endpoint.then(step);
    dial();
    cancel.emit(asio::cancellation_type::terminal);
    run();
    EXPECT_TRUE(ends.empty());
    clock.advance(1s, context);
    EXPECT_EQ(ends, (std::vector<hf::error_code>{{}}));
    EXPECT_EQ(endpoint.cancellations(), 1U);
}

TEST_F(scripted_endpoint_test, can_succeed_though_it_was_cancelled)
{
    auto step = dial_step::hang();
    step.when_cancelled = dial_step::cancelled::succeed;
    endpoint.then(step);
    dial();
    cancel.emit(asio::cancellation_type::partial);
    run();
    EXPECT_EQ(ends, (std::vector<hf::error_code>{{}}));
    EXPECT_EQ(endpoint.open_streams(), 1U);
}

TEST_F(scripted_endpoint_test, a_cancellation_after_its_end_changes_nothing)
{
    dial();
    cancel.emit(asio::cancellation_type::terminal);
    run();
    EXPECT_EQ(ends, (std::vector<hf::error_code>{{}}));
    EXPECT_EQ(endpoint.cancellations(), 0U);
}

TEST_F(scripted_endpoint_test, throws_what_it_is_told_to)
{
    endpoint.then(dial_step::raise(std::make_exception_ptr(std::domain_error("no"))));
    EXPECT_THROW(dial(), std::domain_error);
    EXPECT_EQ(endpoint.dial_count(), 1U);
    EXPECT_FALSE(endpoint.last().pending());
}

TEST_F(scripted_endpoint_test, tells_the_report)
{
    auto step = dial_step::hang();
    step.phase = hf::phase::tls;
    step.addresses = {{.address = "192.0.2.1:1", .code = refused, .took = 1s}};
    endpoint.then(step);
    dial();
    EXPECT_EQ(report.phase, hf::phase::tls);
    EXPECT_EQ(report.addresses, step.addresses);
    endpoint.last().fail(aborted);
}

TEST_F(scripted_endpoint_test, counts_open_streams)
{
    for (int i = 0; i < 3; ++i)
        dial();
    run();
    EXPECT_EQ(endpoint.open_streams(), 3U);
    streams.pop_back();
    streams.back().close();
    EXPECT_EQ(endpoint.open_streams(), 1U);
    dial();
    run();
    EXPECT_EQ(endpoint.open_streams(), 2U);
    EXPECT_EQ(endpoint.open_streams_max(), 3U);
}

TEST_F(scripted_endpoint_test, completes_on_the_executor_of_the_handler)
{
    asio::io_context mine;
    bool done = false;
    endpoint.async_connect(dial_context(), asio::bind_executor(mine.get_executor(),
                                                               [&](hf::error_code, memory_stream)
                                                               { done = true; }));
    run();
    EXPECT_FALSE(done);
    mine.run();
    EXPECT_TRUE(done);
}

struct owner // of a dial, held by the handler of that very dial: a circle
{
    explicit owner(const scripted_endpoint& e) : endpoint(e) {}
    scripted_endpoint endpoint;
    std::optional<memory_stream> stream;
};

TEST(scripted_endpoint_lifetime, a_context_that_goes_away_takes_its_dials_along)
{
    manual_clock clock;
    std::weak_ptr<owner> gone;
    hf::dial_report report;
    const auto dials = [&]
    {
        asio::io_context context;
        auto self = std::make_shared<owner>(
            scripted_endpoint{dial_step::hang(), dial_step::succeed(1s), dial_step::succeed()});
        gone = self;
        for (int i = 0; i < 3; ++i)
            self->endpoint.async_connect({.executor = context.get_executor(),
                                          .clock = &clock,
                                          .deadline = hf::time_point::max(),
                                          .attempt = 1,
                                          .report = &report},
                                         [self](hf::error_code, memory_stream) { ADD_FAILURE(); });
        EXPECT_EQ(clock.armed(), 1U);
        return self->endpoint.dials();
    }();
    EXPECT_TRUE(gone.expired());
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_FALSE(dials[0].pending());
    EXPECT_FALSE(dials[0].succeed());
    EXPECT_EQ(dials[0].result(), std::nullopt);
    clock.advance(2s);
}

TEST(scripted_endpoint_lifetime, a_dial_outlives_its_clock)
{
    asio::io_context context;
    scripted_endpoint endpoint{dial_step::succeed(1s)};
    hf::dial_report report;
    {
        manual_clock clock;
        endpoint.async_connect({.executor = context.get_executor(),
                                .clock = &clock,
                                .deadline = hf::time_point::max(),
                                .attempt = 1,
                                .report = &report},
                               [](hf::error_code ec, memory_stream) { EXPECT_FALSE(ec); });
    }
    EXPECT_TRUE(endpoint.last().succeed());
    EXPECT_EQ(context.run(), 1U);
}
}

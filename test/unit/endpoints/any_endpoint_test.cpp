// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/any_endpoint.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace
{
namespace asio = boost::asio;
using holdfast::error_code;
using socket_type = holdfast::linked_socket<asio::local::stream_protocol>;

struct shared_state
{
    socket_type far;
    std::optional<asio::steady_timer> gate; // a dial waits here, if it is there
    int dials = 0;
};

/// Gives one end of a socket pair, or an error.
struct pair_endpoint
{
    using stream_type = socket_type;
    std::shared_ptr<shared_state> state;
    error_code error{};

    template <class Token>
    auto async_connect(const holdfast::dial_context& context, Token&& token) const
    {
        ++state->dials;
        return asio::async_compose<Token, void(error_code, socket_type)>(
            [this, executor = context.executor, waited = false](auto& self,
                                                                error_code ec = {}) mutable
            {
                if (!waited)
                {
                    waited = true;
                    return state->gate ? state->gate->async_wait(std::move(self))
                                       : asio::post(executor, std::move(self));
                }
                socket_type near(executor);
                if (ec = ec ? ec : error; !ec)
                    asio::local::connect_pair(near, state->far);
                self.complete(ec, std::move(near));
            },
            token, context.executor);
    }

    friend std::string to_string(const pair_endpoint&) { return "pair:1"; }
};

static_assert(holdfast::endpoint<pair_endpoint>);
static_assert(holdfast::endpoint<holdfast::any_endpoint>);

struct any_endpoint : testing::Test
{
    holdfast::dial_context context()
    {
        holdfast::dial_context c;
        c.executor = io.get_executor();
        c.report = &report;
        return c;
    }

    asio::io_context io;
    holdfast::dial_report report;
    std::shared_ptr<shared_state> state =
        std::make_shared<shared_state>(shared_state{socket_type(io), {}});
    std::optional<error_code> ended;
    holdfast::stream got;

    auto note()
    {
        return [this](error_code ec, holdfast::stream s)
        {
            ASSERT_FALSE(ended) << "completed twice";
            ended = ec;
            got = std::move(s);
        };
    }
};

TEST_F(any_endpoint, keeps_the_description)
{
    const holdfast::any_endpoint e = pair_endpoint{state};
    const auto copy = e;
    EXPECT_EQ(to_string(copy), "pair:1");
}

TEST_F(any_endpoint, gives_the_erased_stream_of_the_endpoint_within)
{
    const holdfast::any_endpoint e = pair_endpoint{state};
    const auto copy = e;
    copy.async_connect(context(), note());
    EXPECT_FALSE(ended) << "completed inside the initiating call";
    io.run();
    ASSERT_EQ(ended, error_code());
    EXPECT_EQ(state->dials, 1);
    got.close();
    char byte = 0;
    error_code ec;
    asio::read(state->far, asio::buffer(&byte, 1), ec);
    EXPECT_EQ(ec, asio::error::eof);
}

TEST_F(any_endpoint, passes_an_error_with_an_empty_stream)
{
    const holdfast::any_endpoint e = pair_endpoint{state, asio::error::connection_refused};
    e.async_connect(context(), note());
    io.run();
    EXPECT_EQ(ended, error_code(asio::error::connection_refused));
    EXPECT_EQ(got.peer(), "");
}

TEST_F(any_endpoint, a_cancelled_dial_ends_on_the_handlers_executor)
{
    state->gate.emplace(io, asio::steady_timer::time_point::max());
    asio::io_context other;
    asio::cancellation_signal signal;
    const holdfast::any_endpoint e = pair_endpoint{state};
    e.async_connect(
        context(), asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(other, note())));
    signal.emit(asio::cancellation_type::terminal);
    io.poll();
    EXPECT_FALSE(ended);
    for (int turn = 0; turn < 4; ++turn) // the steps of the dial run there as well
    {
        other.restart();
        other.poll();
        io.poll();
    }
    EXPECT_EQ(ended, error_code(asio::error::operation_aborted));
}

TEST_F(any_endpoint, lives_within_while_it_is_dialled)
{
    state->gate.emplace(io, asio::steady_timer::time_point::max());
    {
        const holdfast::any_endpoint e = pair_endpoint{state};
        e.async_connect(context(), note());
    }
    EXPECT_EQ(state.use_count(), 2);
    state->gate->expires_at(asio::steady_timer::time_point::min()); // which ends the wait
    io.run();
    EXPECT_EQ(ended, error_code(asio::error::operation_aborted));
    EXPECT_EQ(state.use_count(), 1);
}
}

// SPDX-License-Identifier: BSL-1.0
#include "conformance/fixture.hpp"

#include <holdfast/connect_once.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

namespace conformance
{
class connect_once : public fixture
{
protected:
    static auto factory()
    {
        return [](hf::testing::memory_stream s) { return std::make_shared<reader>(std::move(s)); };
    }

    connect_outcome& connect(connect_outcome& w, options o = {})
    {
        o.clock = &clock;
        hf::async_connect_protocol(context.get_executor(), endpoint, factory(), std::move(o),
                                   w.handler());
        return w;
    }
};

TEST_F(connect_once, CS_84_gives_the_protocol_and_does_not_connect_again)
{
    connect_outcome w;
    connect(w);
    EXPECT_FALSE(w.code);
    settle();
    EXPECT_EQ(w.code, error_code());
    ASSERT_NE(w.protocol(), nullptr);
    endpoint.last().peer().close();
    pass(24h);
    EXPECT_EQ(endpoint.dial_count(), 1U);
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_EQ(w.protocol()->closes, 0); // still there to be asked
    std::get<0>(w.results) = nullptr;
}

TEST_F(connect_once, CS_84_fails_with_the_first_failure)
{
    endpoint.then(refused);
    connect_outcome w;
    connect(w, {.retry = plain()}); // the policy is not asked
    settle();
    EXPECT_EQ(w.code, asio::error::connection_refused);
    EXPECT_EQ(w.protocol(), nullptr);
    pass(24h);
    EXPECT_EQ(endpoint.dial_count(), 1U);
}

TEST_F(connect_once, CS_84_prepares_the_connection)
{
    connect_outcome well;
    connect(well, {.prepare = [this](reader&) { return wait(2s); }});
    pass(2s - 1ns);
    EXPECT_FALSE(well.code);
    pass(1ns);
    EXPECT_EQ(well.code, error_code());
    std::get<0>(well.results) = nullptr;
    settle();
    connect_outcome rejected;
    connect(rejected, {.prepare = [](reader&) { throw std::runtime_error("no such user"); }});
    settle();
    EXPECT_EQ(rejected.code, hf::errc::exception_thrown);
    EXPECT_EQ(endpoint.open_streams(), 0U);
}

TEST_F(connect_once, CS_84_the_pointer_keeps_the_connection)
{
    connect_outcome w;
    connect(w);
    settle();
    auto copy = w.protocol();
    std::get<0>(w.results) = nullptr;
    settle();
    EXPECT_TRUE(endpoint.last().peer().peer_open());
    copy = nullptr;
    EXPECT_FALSE(endpoint.last().peer().peer_open());
    settle();
}

TEST_F(connect_once, CS_84_is_cancelled_with_all_that_it_began)
{
    for (const auto how : {dial_step::cancelled::abort, dial_step::cancelled::succeed})
    {
        endpoint.then({.when_cancelled = how});
        asio::cancellation_signal signal;
        connect_outcome w;
        hf::async_connect_protocol(context.get_executor(), endpoint, factory(),
                                   options{.clock = &clock},
                                   asio::bind_cancellation_slot(signal.slot(), w.handler()));
        settle();
        signal.emit(asio::cancellation_type::total);
        settle();
        EXPECT_EQ(w.code, asio::error::operation_aborted);
        EXPECT_TRUE(endpoint.last().cancelled());
        EXPECT_EQ(endpoint.open_streams(), 0U);
        EXPECT_EQ(clock.armed(), 0U);
    }
}

TEST_F(connect_once, CS_84_connects_a_protocol_that_exists_already)
{
    struct greeter : hf::callback_protocol
    {
        void made(hf::transport& t) override { t.write("hello"); }
        void received(std::string_view) override {}
    };
    const auto mine = std::make_shared<greeter>();
    std::shared_ptr<greeter> got;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            got = co_await hf::async_connect_protocol(context.get_executor(), endpoint,
                                                      [&] { return mine; });
        },
        [](std::exception_ptr e) { EXPECT_EQ(e, nullptr); });
    settle();
    EXPECT_EQ(got, mine);
    EXPECT_EQ(endpoint.last().peer().take(), "hello");
    got = nullptr;
    settle();
}
}

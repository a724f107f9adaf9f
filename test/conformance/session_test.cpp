// SPDX-License-Identifier: BSL-1.0
#include "conformance/world.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

namespace conformance
{
using hf::testing::memory_stream;

/// Connections that are coroutines.
class sessions : public world
{
protected:
    static asio::awaitable<void> read_all(memory_stream s)
    {
        for (std::array<char, 8> buffer{};;)
            co_await s.async_read_some(asio::buffer(buffer), asio::use_awaitable);
    }

    template <class Factory>
    hf::client_service<hf::session> start(Factory f, hf::client_options<hf::session> o = {})
    {
        return begin<hf::session>(std::move(f), std::move(o));
    }
};

TEST_F(sessions, CS_04_a_coroutine_is_ready_when_it_starts)
{
    bool began = false;
    auto client = start(
        [&](memory_stream s) -> asio::awaitable<void>
        {
            began = true;
            co_await read_all(std::move(s));
        });
    EXPECT_TRUE(began);
    EXPECT_EQ(client.state(), service_state::connected);
    EXPECT_NE(client.current(), nullptr);
}

TEST_F(sessions, CS_05_returning_is_a_loss_in_good_order)
{
    auto client =
        start([](memory_stream s) -> asio::awaitable<void>
              { co_await asio::async_write(s, asio::buffer("bye", 3), asio::use_awaitable); });
    EXPECT_EQ(client.state(), service_state::waiting);
    EXPECT_EQ(client.last_failure()->code, error_code());
    EXPECT_EQ(client.last_failure()->phase, hf::phase::session);
    EXPECT_EQ(endpoint.last().peer().take(), "bye");
    EXPECT_EQ(told(hf::event_kind::lost), 1);
    EXPECT_EQ(endpoint.open_streams(), 0U);
}

TEST_F(sessions, CS_05_throwing_is_a_loss_with_that_failure)
{
    auto client = start(
        [](memory_stream s) -> asio::awaitable<void>
        {
            memory_stream mine = std::move(s);
            throw std::runtime_error("a reply that makes no sense");
            co_return;
        });
    EXPECT_EQ(client.last_failure()->code, hf::errc::exception_thrown);
    EXPECT_NE(to_string(*client.last_failure()).find("a reply that makes no sense"),
              std::string::npos);
    EXPECT_EQ(told(hf::event_kind::lost), 1);
}

TEST_F(sessions, CS_05_an_error_of_the_stream_is_that_of_the_loss)
{
    auto client = start(read_all);
    endpoint.last().peer().reset();
    settle();
    EXPECT_EQ(client.last_failure()->code, asio::error::connection_reset);
}

TEST_F(sessions, CS_06_a_stop_cancels_the_coroutine_and_waits_for_its_farewell)
{
    auto client = start(
        [&](memory_stream s) -> asio::awaitable<void>
        {
            try
            {
                std::array<char, 8> buffer{};
                co_await s.async_read_some(asio::buffer(buffer), asio::use_awaitable);
            }
            catch (const boost::system::system_error&)
            {
            }
            co_await asio::this_coro::reset_cancellation_state();
            co_await wait(2s);
            s.give("bye");
        });
    stop_outcome stopped;
    client.async_stop(stopped.handler());
    pass(2s - 1ns);
    EXPECT_FALSE(stopped.code);
    pass(1ns);
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(endpoint.last().peer().take(), "bye");
}

TEST_F(sessions, CS_22_with_ready_what_comes_before_is_the_preparation)
{
    const std::shared_ptr<hf::session>* current = nullptr;
    auto client = start(
        [&](memory_stream s, hf::session& self) -> asio::awaitable<void>
        {
            co_await wait(3s);
            self.ready();
            self.ready(); // does nothing
            co_await read_all(std::move(s));
        });
    current = &client.current();
    outcome<std::shared_ptr<hf::session>> w;
    client.async_when_connected(w.handler());
    pass(3s - 1ns);
    EXPECT_EQ(client.state(), service_state::preparing);
    EXPECT_FALSE(w.code);
    pass(1ns);
    EXPECT_EQ(client.state(), service_state::connected);
    EXPECT_EQ(w.protocol(), *current);
    EXPECT_EQ(told(hf::event_kind::connected), 1);
}

TEST_F(sessions, CS_23_what_throws_before_it_is_ready_has_failed)
{
    auto client = start(
        [](memory_stream s, hf::session&) -> asio::awaitable<void>
        {
            memory_stream mine = std::move(s);
            throw boost::system::system_error(asio::error::access_denied);
            co_return;
        });
    EXPECT_EQ(told(hf::event_kind::failed), 1);
    EXPECT_EQ(told(hf::event_kind::lost), 0);
    EXPECT_EQ(client.last_failure()->code, asio::error::access_denied);
    EXPECT_EQ(client.last_failure()->phase, hf::phase::prepare);
}

TEST_F(sessions, CS_23_what_returns_before_it_is_ready_has_failed)
{
    auto client = start(
        [](memory_stream s, hf::session&) -> asio::awaitable<void>
        {
            memory_stream mine = std::move(s);
            co_return;
        });
    EXPECT_EQ(told(hf::event_kind::failed), 1);
    EXPECT_EQ(client.last_failure()->code, asio::error::eof);
}

TEST_F(sessions, CS_26_what_is_not_ready_in_time_is_ended)
{
    auto client = start([](memory_stream s, hf::session&) -> asio::awaitable<void>
                        { co_await read_all(std::move(s)); }, {.prepare_timeout = 2s});
    pass(2s);
    EXPECT_EQ(client.last_failure()->code, hf::errc::prepare_timed_out);
    EXPECT_EQ(endpoint.open_streams(), 0U);
    EXPECT_EQ(client.state(), service_state::waiting);
}

TEST_F(sessions, CS_07_a_stop_before_it_is_ready_ends_it)
{
    auto client = start([](memory_stream s, hf::session&) -> asio::awaitable<void>
                        { co_await read_all(std::move(s)); });
    stop_outcome stopped;
    client.async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(sessions, CS_1A_what_does_not_end_is_cut_off)
{
    auto client = start(
        [](memory_stream s) -> asio::awaitable<void>
        {
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
            co_await read_all(std::move(s));
        });
    stop_outcome stopped;
    client.async_stop(stopped.handler());
    pass(5s - 1ns);
    EXPECT_FALSE(stopped.code);
    pass(1ns);
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(sessions, CS_1B_a_session_that_waits_for_its_own_stop_does_not_hold_it_up)
{
    hf::client_service<hf::session>* client = nullptr;
    error_code of_the_wait;
    auto s = start(
        [&](memory_stream stream) -> asio::awaitable<void>
        {
            std::array<char, 8> buffer{};
            co_await stream.async_read_some(asio::buffer(buffer), asio::use_awaitable);
            try
            {
                co_await client->async_stop();
            }
            catch (const boost::system::system_error& e)
            {
                of_the_wait = e.code();
                throw;
            }
        });
    client = &s;
    endpoint.last().peer().give("stop");
    settle();
    EXPECT_EQ(of_the_wait, asio::error::operation_aborted);
    EXPECT_EQ(s.state(), service_state::stopped);
}

TEST_F(sessions, CS_1B_a_session_may_destroy_its_service)
{
    std::optional<hf::client_service<hf::session>> client;
    bool unwound = false;
    client.emplace(start(
        [&](memory_stream s) -> asio::awaitable<void>
        {
            struct guard
            {
                bool& flag;
                ~guard() { flag = true; }
            } const on_exit{unwound};
            std::array<char, 8> buffer{};
            co_await s.async_read_some(asio::buffer(buffer), asio::use_awaitable);
            client.reset();
            co_await wait(1h);
            ADD_FAILURE() << "it is cancelled";
        }));
    endpoint.last().peer().give("destroy");
    settle();
    EXPECT_TRUE(unwound);
    EXPECT_FALSE(endpoint.last().peer().peer_open());
}

TEST_F(sessions, CS_19_the_coroutine_of_a_destroyed_service_unwinds)
{
    bool unwound = false;
    {
        auto client = start(
            [&](memory_stream s) -> asio::awaitable<void>
            {
                struct guard
                {
                    bool& flag;
                    ~guard() { flag = true; }
                } const on_exit{unwound};
                co_await read_all(std::move(s));
            });
    }
    settle();
    EXPECT_TRUE(unwound);
    EXPECT_EQ(endpoint.open_streams(), 0U);
}

TEST_F(sessions, CS_06_a_stop_from_outside_of_the_context_finds_one_that_is_just_ending)
{
    auto client = start(read_all);
    endpoint.last().peer().close();
    client.stop(); // the end of the stream is on its way, and so is now the cancellation
    settle();
    EXPECT_EQ(client.state(), service_state::stopped);
}

TEST_F(sessions, CS_1B_a_session_may_end_itself_before_it_waits_for_anything)
{
    auto client = start(
        [](memory_stream, hf::session& self) -> asio::awaitable<void>
        {
            self.close();
            co_return;
        });
    EXPECT_EQ(client.state(), service_state::waiting);
    EXPECT_EQ(told(hf::event_kind::failed), 1);
}

TEST_F(sessions, CS_1B_a_session_may_destroy_its_service_before_it_waits_for_anything)
{
    std::optional<hf::client_service<hf::session>> client;
    hf::client_options<hf::session> o;
    o.clock = &clock;
    bool cancelled = false;
    client.emplace(
        context, endpoint,
        [&](memory_stream s) -> asio::awaitable<void>
        {
            client.reset();
            const memory_stream mine = std::move(s);
            try
            {
                co_await wait(1h);
            }
            catch (const boost::system::system_error& e)
            {
                cancelled = e.code() == asio::error::operation_aborted;
            }
        },
        o);
    client->start();
    settle();
    EXPECT_TRUE(cancelled);
}

TEST_F(sessions, CS_1B_a_session_may_destroy_its_service_and_do_nothing_else)
{
    std::optional<hf::client_service<hf::session>> client;
    hf::client_options<hf::session> o;
    o.clock = &clock;
    client.emplace(
        context, endpoint,
        [&](memory_stream) -> asio::awaitable<void>
        {
            client.reset();
            co_return;
        },
        o);
    client->start();
    settle();
    EXPECT_FALSE(endpoint.last().peer().peer_open());
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/protocols/callback_protocol.hpp>

#include "unit/protocols/callback_fixture.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace callbacks
{
struct callback_protocol : in_memory
{
    static constexpr std::size_t capacity = 100;

    /// Connects to a peer that holds few bytes of what is sent to it.
    void connect_to_slow_peer(options o = {})
    {
        auto step = dial_step::succeed();
        step.capacity = capacity;
        endpoint.otherwise(step);
        connect(std::move(o));
    }
};

TEST_F(callback_protocol, CS_80_one_is_made_for_each_connection)
{
    connect({.retry = hf::retry::fixed{1s}});
    peer().give("one");
    settle();
    peer().close();
    settle();
    clock.advance(1s, context);
    EXPECT_EQ(endpoint.dial_count(), 2U);
    EXPECT_EQ(script_.log, (strings{"made", "receive_ended", "lost", "made"}));
    EXPECT_EQ(script_.losses, (std::vector<error_code>{{}}));
    EXPECT_EQ(script_.received, "one");
}

TEST_F(callback_protocol, receives_all_in_order_whatever_the_sizes)
{
    connect();
    std::string sent;
    const auto give = [&](std::size_t size)
    {
        const auto text = pattern(size);
        sent += text;
        peer().give(text);
        settle();
        EXPECT_EQ(script_.received.size(), sent.size());
    };
    for (const std::size_t size : sizes)
    {
        give(size);
        give(1);
    }
    EXPECT_EQ(script_.received, sent);
}

TEST_F(callback_protocol, reads_into_a_buffer_that_grows_and_shrinks)
{
    connect();
    peer().give(pattern(100'000));
    settle();
    EXPECT_EQ(script_.chunks, (std::vector<std::size_t>{32, 2048, 65536, 32384}));
    script_.chunks.clear();
    for (const std::size_t size : {10U, 100U, 2100U, 70'000U})
    {
        peer().give(pattern(size));
        settle();
    }
    EXPECT_EQ(script_.chunks, (std::vector<std::size_t>{10, 32, 68, 2048, 52, 2048, 65536, 2416}));
}

TEST_F(callback_protocol, writes_in_order_and_tells_once_of_each_crossing_of_the_limit)
{
    script_.limit = 150;
    connect_to_slow_peer();
    const auto text = pattern(1000);
    const std::string_view all = text;
    for (int round = 1; round <= 2; ++round)
    {
        for (std::size_t at = 0; at < all.size(); at += 50)
        {
            script_.transport->write(all.substr(at, 50));
            EXPECT_EQ(script_.transport->unsent(), at + 50);
            EXPECT_EQ(count("write_paused"), at + 50 > script_.limit ? round : round - 1);
        }
        EXPECT_EQ(drain(), text);
        EXPECT_EQ(script_.transport->unsent(), 0U);
        EXPECT_EQ(count("write_resumed"), round);
    }
}

TEST_F(callback_protocol, the_limit_itself_is_no_crossing)
{
    script_.limit = 150;
    connect_to_slow_peer();
    script_.transport->write(pattern(150));
    EXPECT_EQ(count("write_paused"), 0);
    drain();
    script_.transport->write(pattern(151));
    EXPECT_EQ(count("write_paused"), 1);
    drain();
    EXPECT_EQ(script_.log, (strings{"made", "write_paused", "write_resumed"}));
}

TEST_F(callback_protocol, may_write_on_when_told_that_all_was_sent)
{
    script_.limit = 10;
    connect_to_slow_peer();
    script_.in = [this](std::string_view callback, std::string_view)
    {
        if (callback == "write_resumed" && count("write_resumed") < 3)
            script_.transport->write(pattern(200));
    };
    script_.transport->write(pattern(200));
    EXPECT_EQ(drain(), pattern(200) + pattern(200) + pattern(200));
    EXPECT_EQ(count("write_paused"), 3);
    EXPECT_EQ(count("write_resumed"), 3);
}

TEST_F(callback_protocol, an_empty_write_does_nothing)
{
    connect();
    script_.transport->write("");
    EXPECT_EQ(script_.transport->unsent(), 0U);
    EXPECT_EQ(drain(), "");
}

TEST_F(callback_protocol, receives_nothing_while_it_pauses_but_what_one_read_took)
{
    connect();
    script_.transport->pause_reading();
    peer().give(pattern(1000));
    settle();
    EXPECT_EQ(script_.received, pattern(32));
    script_.transport->resume_reading();
    script_.transport->resume_reading();
    settle();
    EXPECT_EQ(script_.received, pattern(1000));
}

TEST_F(callback_protocol, may_pause_from_within_received)
{
    connect();
    script_.in = [this](std::string_view callback, std::string_view)
    {
        if (callback == "received")
            script_.transport->pause_reading();
    };
    peer().give(pattern(1000));
    std::vector<std::size_t> chunks;
    for (const std::size_t expected : {32U, 968U})
    {
        settle();
        chunks.push_back(expected);
        EXPECT_EQ(script_.chunks, chunks);
        script_.transport->resume_reading();
    }
    EXPECT_EQ(script_.received, pattern(1000));
}

// A resume used to read at once, into the bytes that were being looked at.
TEST_F(callback_protocol, a_resume_within_received_leaves_its_bytes_alone)
{
    connect();
    std::string seen;
    script_.in = [&](std::string_view callback, std::string_view bytes)
    {
        if (callback != "received")
            return;
        script_.transport->pause_reading();
        script_.transport->resume_reading();
        script_.transport->resume_reading();
        seen += bytes;
    };
    peer().give(pattern(100'000));
    settle();
    EXPECT_TRUE(seen == pattern(100'000));
    EXPECT_TRUE(script_.received == seen);
}

TEST_F(callback_protocol,
       CS_82_without_half_close_the_connection_is_over_when_the_peer_has_finished)
{
    connect();
    peer().give("last");
    peer().shutdown_send();
    settle();
    EXPECT_EQ(script_.received, "last");
    EXPECT_EQ(script_.log, (strings{"made", "receive_ended", "lost"}));
    EXPECT_EQ(script_.losses, (std::vector<error_code>{{}}));
    EXPECT_EQ(loss(), error_code());
    EXPECT_FALSE(peer().peer_open());
}

TEST_F(callback_protocol, CS_82_with_half_close_it_may_go_on_writing)
{
    script_.half_close = true;
    connect();
    peer().shutdown_send();
    settle();
    script_.transport->write("still ");
    script_.transport->resume_reading(); // there is nothing left to read
    settle();
    script_.transport->write("here");
    EXPECT_EQ(drain(), "still here");
    EXPECT_EQ(service->state(), service_state::connected);
    script_.transport->close();
    settle();
    EXPECT_EQ(script_.log, (strings{"made", "receive_ended", "lost"}));
    EXPECT_EQ(loss(), error_code());
}

TEST_F(callback_protocol, shutdown_send_comes_after_what_is_unsent_and_reading_goes_on)
{
    connect_to_slow_peer();
    script_.transport->write(pattern(1000));
    script_.transport->shutdown_send();
    script_.transport->shutdown_send();
    script_.transport->write("too late");
    settle();
    EXPECT_FALSE(peer().ended());
    EXPECT_EQ(drain(), pattern(1000));
    EXPECT_TRUE(peer().ended());
    peer().give("heard");
    settle();
    EXPECT_EQ(script_.received, "heard");
    EXPECT_EQ(script_.log, (strings{"made"}));
}

TEST_F(callback_protocol, a_connection_that_both_sides_have_finished_is_over)
{
    script_.half_close = true;
    for (const bool peer_first : {true, false})
    {
        script_.log.clear();
        connect();
        if (peer_first)
            peer().shutdown_send();
        else
            script_.transport->shutdown_send();
        settle();
        EXPECT_EQ(service->state(), service_state::connected);
        if (peer_first)
            script_.transport->shutdown_send();
        else
            peer().shutdown_send();
        settle();
        EXPECT_EQ(script_.log, (strings{"made", "receive_ended", "lost"}));
        EXPECT_EQ(loss(), error_code());
    }
}

TEST_F(callback_protocol, close_first_sends_what_is_unsent_and_receives_nothing_more)
{
    connect_to_slow_peer();
    script_.transport->write(pattern(1000));
    script_.transport->pause_reading();
    script_.transport->close();
    script_.transport->close();
    script_.transport->write("too late");
    peer().give(pattern(1000));
    settle();
    EXPECT_EQ(peer().unacknowledged(), 0U) << "who is stuck with it might never read";
    peer().shutdown_send(); // which is no reason to drop what is unsent
    settle();
    EXPECT_EQ(script_.log, (strings{"made"}));
    EXPECT_EQ(drain(), pattern(1000));
    EXPECT_TRUE(peer().ended());
    EXPECT_EQ(script_.received, "");
    EXPECT_EQ(script_.log, (strings{"made", "lost"}));
    EXPECT_EQ(loss(), error_code());
}

TEST_F(callback_protocol, lost_is_never_called_from_within_the_call_that_ends_it)
{
    connect();
    script_.transport->close();
    EXPECT_EQ(count("lost"), 0);
    EXPECT_FALSE(peer().peer_open());
    settle();
    EXPECT_EQ(count("lost"), 1);
    EXPECT_EQ(service->current(), nullptr);
}

TEST_F(callback_protocol, abort_drops_what_is_unsent_and_the_peer_can_tell)
{
    connect_to_slow_peer();
    script_.transport->write(pattern(1000));
    settle();
    script_.transport->abort();
    script_.transport->abort();
    settle();
    EXPECT_EQ(peer().take(), "") << "it was reset";
    EXPECT_EQ(script_.losses, (std::vector<error_code>{asio::error::connection_aborted}));
    EXPECT_EQ(loss(), asio::error::connection_aborted);
    EXPECT_EQ(service->last_failure()->unacknowledged, capacity);
}

TEST_F(callback_protocol, a_reset_by_the_peer_is_the_reason_of_the_loss)
{
    connect();
    peer().reset();
    settle();
    EXPECT_EQ(script_.log, (strings{"made", "lost"}));
    EXPECT_EQ(loss(), asio::error::connection_reset);
}

// Pain 83: the first error in either direction ends it.
TEST_F(callback_protocol, a_failed_write_ends_it_though_nothing_is_read)
{
    script_.half_close = true;
    connect();
    peer().close();
    settle();
    EXPECT_EQ(service->state(), service_state::connected);
    script_.transport->write("x");
    settle();
    EXPECT_EQ(script_.losses, (std::vector<error_code>{asio::error::broken_pipe}));
}

// Pain 96: what was not sent is dropped with its connection.
TEST_F(callback_protocol, nothing_unsent_is_sent_on_the_next_connection)
{
    connect_to_slow_peer({.retry = hf::retry::fixed{1s}});
    script_.transport->write(pattern(1000));
    peer().reset();
    settle();
    clock.advance(1s, context);
    ASSERT_EQ(count("made"), 2);
    EXPECT_EQ(script_.transport->unsent(), 0U);
    EXPECT_EQ(drain(), "");
}

TEST_F(callback_protocol, CS_1A_a_peer_that_never_reads_is_cut_off_after_the_stop_timeout)
{
    connect_to_slow_peer({.stop_timeout = 5s});
    script_.transport->write(pattern(1000));
    std::optional<error_code> stopped;
    service->async_stop([&](error_code ec) { stopped = ec; });
    clock.advance(5s - 1ns, context);
    EXPECT_FALSE(stopped);
    EXPECT_EQ(count("lost"), 0);
    clock.advance(1ns, context);
    EXPECT_EQ(stopped, error_code()) << "nothing had to be abandoned";
    EXPECT_EQ(script_.losses, (std::vector<error_code>{asio::error::operation_aborted}));
    EXPECT_EQ(peer().take(), "") << "it was reset";
}

TEST_F(callback_protocol, CS_19_when_the_service_is_destroyed_only_lost_is_called)
{
    for (const bool unsent : {false, true})
    {
        script_.log.clear();
        script_.losses.clear();
        connect_to_slow_peer();
        if (unsent)
            script_.transport->write(pattern(1000));
        peer().give("a read of this has completed, and waits for its turn");
        service.reset();
        EXPECT_EQ(count("lost"), 0);
        EXPECT_FALSE(peer().peer_open());
        settle();
        EXPECT_EQ(script_.log, (strings{"made", "lost"}));
        EXPECT_EQ(script_.losses[0], unsent ? asio::error::operation_aborted : error_code());
        EXPECT_EQ(script_.received, "");
    }
}

TEST_F(callback_protocol, before_it_is_prepared_the_end_of_the_peer_is_an_error)
{
    hf::testing::scripted_endpoint other;
    make({.prepare = [this](probe&) -> asio::awaitable<void>
          { co_await clock.async_wait_until(context.get_executor(), clock.now() + 1s); }});
    service->start();
    settle();
    peer().close();
    settle();
    EXPECT_EQ(script_.losses, (std::vector<error_code>{asio::error::eof}));
}

TEST(callback_protocol_lifetime, a_context_that_goes_away_takes_its_connections_along)
{
    script s;
    hf::testing::manual_clock clock;
    hf::testing::scripted_endpoint endpoint;
    std::weak_ptr<probe> gone;
    {
        asio::io_context context;
        hf::client_service<probe> service(context, endpoint,
                                          [&]
                                          {
                                              auto p = std::make_shared<probe>(s);
                                              gone = p;
                                              return p;
                                          },
                                          {.clock = &clock});
        service.start();
        clock.advance(0s, context);
        s.transport->write("x");
    }
    EXPECT_TRUE(gone.expired());
    EXPECT_EQ(s.log, (strings{"made"}));
    EXPECT_EQ(endpoint.open_streams(), 0U);
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/tls_stream.hpp>

#include "tls_fixture.hpp"

#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/testing/memory_stream.hpp>

#include <optional>
#include <type_traits>
#include <vector>

namespace holdfast
{
static_assert(endpoint<tls>);
static_assert(endpoint<tls_over<any_endpoint>>);
static_assert(std::is_same_v<tls::stream_type, tls_stream<tcp::stream_type>>);
static_assert(std::is_nothrow_move_constructible_v<tls::stream_type>);

namespace
{
class tls_stream_test : public tls_fixture
{
protected:
    tls::stream_type connected(const support::tls_server& server)
    {
        const auto result = dial(to(server));
        finish(result);
        EXPECT_EQ(result->code, error_code()) << detail();
        return std::move(*result->stream);
    }

    stream connected(const any_endpoint& endpoint)
    {
        std::optional<stream> made;
        endpoint.async_connect(context(),
                               [&](error_code ec, stream s)
                               {
                                   EXPECT_EQ(ec, error_code()) << detail();
                                   made = std::move(s);
                               });
        runs_until([&] { return made.has_value(); });
        return std::move(*made);
    }
};

TEST_F(tls_stream_test, carries_bytes_both_ways)
{
    support::tls_server server(io_);
    auto stream = connected(server);
    const std::string much(100'000, 'x');
    EXPECT_EQ(echo(stream, "ping"), "ping");
    EXPECT_EQ(echo(stream, much), much);
}

TEST_F(tls_stream_test, tells_what_was_agreed)
{
    support::tls_server server(io_, {.protocol = "h2"});
    auto options = trusting();
    options.alpn = {"http/1.1", "h2"};
    const auto result = dial(to(server, options));
    finish(result);
    const auto details = result->stream->details();
    EXPECT_EQ(details.version, "TLSv1.3");
    EXPECT_EQ(details.protocol, "h2");
    EXPECT_NE(details.cipher.find("TLS_"), std::string::npos) << details.cipher;
    EXPECT_FALSE(details.resumed);
}

TEST_F(tls_stream_test, a_close_says_goodbye)
{
    support::tls_server server(io_);
    auto stream = connected(server);
    stream.close();
    EXPECT_FALSE(stream.is_open());
    stream.close();
    ASSERT_TRUE(runs_until([&] { return server.last().ended; }));
    EXPECT_EQ(server.last().why, asio::error::eof);
}

TEST_F(tls_stream_test, so_does_its_destruction)
{
    support::tls_server server(io_);
    {
        const auto stream = connected(server);
    }
    ASSERT_TRUE(runs_until([&] { return server.last().ended; }));
    EXPECT_EQ(server.last().why, asio::error::eof);
}

TEST_F(tls_stream_test, so_does_an_assignment_over_it)
{
    support::tls_server server(io_);
    auto stream = connected(server);
    stream = tls::stream_type(io_.get_executor());
    ASSERT_TRUE(runs_until([&] { return server.last().ended; }));
    EXPECT_EQ(server.last().why, asio::error::eof);
}

TEST_F(tls_stream_test, a_reset_says_nothing_and_is_one)
{
    support::tls_server server(io_);
    stream erased(connected(server));
    erased.reset();
    ASSERT_TRUE(runs_until([&] { return server.last().ended; }));
    EXPECT_EQ(server.last().why, asio::error::connection_reset);
}

TEST_F(tls_stream_test, a_close_in_the_middle_of_a_write_cuts_it_short_and_says_no_goodbye)
{
    // Without tickets: what was not read when it is closed would make it a reset.
    support::tls_server server(io_, {.behaves = manners::swallow, .tickets = 0});
    auto stream = connected(server);
    std::optional<error_code> written;
    const std::vector<char> much(20'000'000); // more than both kernels take
    asio::async_write(stream, asio::buffer(much),
                      [&](error_code ec, std::size_t) { written = ec; });
    stream.close();
    ASSERT_TRUE(runs_until([&] { return written && server.last().ended; }));
    EXPECT_EQ(*written, asio::error::operation_aborted);
    EXPECT_EQ(server.last().why, asio::ssl::error::stream_truncated);
}

TEST_F(tls_stream_test, a_goodbye_of_the_peer_is_the_end_and_its_absence_is_told)
{
    support::tls_server server(io_);
    auto polite = connected(server);
    server.say_goodbye();
    EXPECT_EQ(read_ends(polite), asio::error::eof);

    auto rude = connected(server);
    server.cut_off();
    EXPECT_EQ(read_ends(rude), asio::ssl::error::stream_truncated);
}

TEST_F(tls_stream_test, may_be_moved_while_operations_are_pending)
{
    support::tls_server server(io_);
    auto first = connected(server);
    std::string back(4, 0);
    bool done = false;
    first.async_read_some(asio::buffer(back), [&](error_code, std::size_t) { done = true; });
    auto second = std::move(first);
    EXPECT_FALSE(first.is_open()); // NOLINT(bugprone-use-after-move): that is the question
    asio::async_write(second, asio::buffer("ping", 4), [](error_code, std::size_t) {});
    ASSERT_TRUE(runs_until([&] { return done; }));
    EXPECT_EQ(back, "ping");
}

TEST_F(tls_stream_test, may_be_destroyed_while_operations_are_pending)
{
    support::tls_server server(io_);
    std::optional<tls::stream_type> stream(connected(server));
    std::optional<error_code> read, written;
    char byte = 0;
    stream->async_read_some(asio::buffer(&byte, 1), [&](error_code ec, std::size_t) { read = ec; });
    stream->async_write_some(asio::buffer("x", 1),
                             [&](error_code ec, std::size_t) { written = ec; });
    stream.reset();
    ASSERT_TRUE(runs_until([&] { return read && written; }));
    EXPECT_EQ(*read, asio::error::operation_aborted);
}

TEST_F(tls_stream_test, a_link_closes_the_socket_below_and_knows_what_was_not_acknowledged)
{
    support::tls_server server(io_);
    auto stream = connected(server);
    stream_link link;
    tie(stream, link);
    EXPECT_TRUE(link.tied());
    auto moved = std::move(stream);
    const std::vector<char> much(20'000'000);
    std::optional<error_code> written;
    asio::async_write(moved, asio::buffer(much), [&](error_code ec, std::size_t) { written = ec; });
    EXPECT_GT(link.unacknowledged(), 10'000U);
    link.close();
    ASSERT_TRUE(runs_until([&] { return written.has_value(); }));
    EXPECT_TRUE(*written);
}

TEST_F(tls_stream_test, erased_it_is_what_it_was)
{
    support::tls_server server(io_);
    auto stream = connected(any_endpoint(to(server)));
    stream_link link;
    tie(stream, link);
    EXPECT_TRUE(link.tied());
    EXPECT_EQ(stream.peer(), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_EQ(echo(stream, "ping"), "ping");
    error_code ec;
    stream.shutdown_send(ec);
    EXPECT_EQ(ec, asio::error::operation_not_supported);
    stream.close();
    ASSERT_TRUE(runs_until([&] { return server.last().ended; }));
    EXPECT_EQ(server.last().why, asio::error::eof);
}
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/flaky_server.hpp>

#include <holdfast/testing/check_no_leaks.hpp>
#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <optional>
#include <unistd.h>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::testing::check_no_leaks;
using hf::testing::flaky_server;
using hf::testing::manual_clock;
using hf::testing::serve_step;
using namespace std::chrono_literals;

struct flaky_server_test : testing::Test
{
    struct client
    {
        explicit client(asio::io_context& c) : socket(c) {}
        asio::ip::tcp::socket socket;
        std::array<char, 4096> room{};
        std::string got;
        std::optional<hf::error_code> connected, end;

        void read()
        {
            socket.async_read_some(asio::buffer(room),
                                   [this](hf::error_code ec, std::size_t size)
                                   {
                                       got.append(room.data(), size);
                                       if (ec)
                                           end = ec;
                                       else
                                           read();
                                   });
        }
    };

    manual_clock clock;
    asio::io_context context;
    asio::ip::tcp::socket first{context, asio::ip::tcp::v4()}; // the context's own descriptors
    check_no_leaks leaks;
    std::optional<flaky_server> server;

    void serve(std::initializer_list<serve_step> steps = {}, std::size_t connections_max = 10)
    {
        server.emplace(
            context.get_executor(), steps,
            hf::testing::flaky_server_options{.clock = &clock, .connections_max = connections_max});
        leaks.watch(clock);
    }

    // Runs until it is so: what the kernel delivers wakes the context.
    template <class Condition>
    void until(Condition condition)
    {
        context.restart();
        while (!condition() && context.run_one() != 0)
            ;
        EXPECT_TRUE(condition());
    }

    void connect(client& c)
    {
        c.socket.async_connect({asio::ip::address_v4::loopback(), server->port()},
                               [&c](hf::error_code ec) { c.connected = ec; });
        until([&] { return c.connected.has_value(); });
    }

    void connect_and_read(client& c)
    {
        connect(c);
        ASSERT_EQ(c.connected, hf::error_code());
        c.read();
    }

    void TearDown() override
    {
        server.reset();
        context.restart();
        context.poll();
        EXPECT_EQ(leaks.left(), std::vector<std::string>{});
    }
};

TEST_F(flaky_server_test, echoes_by_default)
{
    serve();
    client c(context);
    connect_and_read(c);
    asio::write(c.socket, asio::buffer("hello", 5));
    until([&] { return c.got == "hello"; });
    EXPECT_EQ(server->received(), "hello");
    EXPECT_EQ(server->accepted(), 1U);
    c.socket.close();
    until([&] { return server->connections() == 0 && c.end; });
}

TEST_F(flaky_server_test, follows_its_script_and_then_the_rest)
{
    serve({serve_step::close(), serve_step::reset()});
    server->then(serve_step::send("hello")).otherwise(serve_step::send("bye"));
    client closed(context), was_reset(context), sent(context), other(context);
    for (client* c : {&closed, &was_reset, &sent, &other})
        connect_and_read(*c);
    until([&] { return closed.end && was_reset.end && sent.got == "hello" && other.got == "bye"; });
    EXPECT_EQ(closed.end, asio::error::eof);
    EXPECT_EQ(was_reset.end, asio::error::connection_reset);
    sent.socket.close();
    other.socket.close();
    until([&] { return server->connections() == 0 && sent.end && other.end; });
}

TEST_F(flaky_server_test, waits_on_the_clock_it_is_given)
{
    serve({serve_step::close(5s), serve_step::reset(6s)});
    client a(context), b(context);
    connect_and_read(a);
    connect_and_read(b);
    until([&] { return server->connections() == 2; });
    clock.advance(5s - 1ns, context);
    EXPECT_FALSE(a.end);
    clock.advance(1ns, context);
    until([&] { return a.end.has_value(); });
    EXPECT_EQ(a.end, asio::error::eof);
    clock.advance(1s, context);
    until([&] { return b.end.has_value(); });
    EXPECT_EQ(b.end, asio::error::connection_reset);
}

TEST_F(flaky_server_test, can_be_slow_to_accept)
{
    auto step = serve_step::send("hello");
    step.accept_after = 3s;
    serve({step});
    client c(context);
    connect_and_read(c);
    until([&] { return clock.armed() == 1; });
    clock.advance(2s, context);
    EXPECT_EQ(server->accepted(), 0U);
    clock.advance(1s, context);
    EXPECT_EQ(server->accepted(), 1U);
    until([&] { return c.got == "hello"; });
    c.socket.close();
    until([&] { return server->connections() == 0 && c.end; });
}

TEST_F(flaky_server_test, a_stalled_connection_neither_reads_nor_answers)
{
    serve({serve_step::stall()});
    client c(context);
    connect_and_read(c);
    until([&] { return server->connections() == 1; });
    c.socket.non_blocking(true);
    const std::string much(1 << 16, 'x');
    hf::error_code ec;
    while (!ec)
        c.socket.write_some(asio::buffer(much), ec);
    EXPECT_EQ(ec, asio::error::would_block) << "nobody reads";
    context.poll();
    EXPECT_EQ(server->received(), "");
    EXPECT_FALSE(c.end);
    c.socket.close();
    until([&] { return c.end.has_value(); });
}

TEST_F(flaky_server_test, half_closed_it_goes_on_reading)
{
    serve({serve_step::half_close()});
    client c(context);
    connect_and_read(c);
    until([&] { return c.end.has_value(); });
    EXPECT_EQ(c.end, asio::error::eof);
    asio::write(c.socket, asio::buffer("still", 5));
    until([&] { return server->received() == "still"; });
    EXPECT_EQ(server->connections(), 1U);
    c.socket.close();
    until([&] { return server->connections() == 0 && c.end; });
}

TEST_F(flaky_server_test, closes_after_so_many_bytes)
{
    serve({serve_step::close_after_bytes(5)});
    client c(context);
    connect_and_read(c);
    asio::write(c.socket, asio::buffer("1234", 4));
    until([&] { return server->received() == "1234"; });
    EXPECT_FALSE(c.end);
    asio::write(c.socket, asio::buffer("5", 1));
    until([&] { return c.end.has_value(); });
    EXPECT_EQ(c.end, asio::error::eof);
}

TEST_F(flaky_server_test, sends_its_greeting_before_it_ends)
{
    auto step = serve_step::close();
    step.greeting = std::string(1 << 20, 'g');
    serve({step});
    client c(context);
    connect_and_read(c);
    until([&] { return c.end.has_value(); });
    EXPECT_EQ(c.end, asio::error::eof);
    EXPECT_EQ(c.got, step.greeting);
}

TEST_F(flaky_server_test, refuses_while_it_does_not_listen_and_keeps_its_port)
{
    serve();
    const auto port = server->port();
    client before(context), refused(context), after(context);
    connect_and_read(before);
    until([&] { return server->connections() == 1; });
    server->stop_listening();
    server->stop_listening();
    connect(refused);
    EXPECT_EQ(refused.connected, asio::error::connection_refused);
    EXPECT_EQ(server->connections(), 1U) << "connections go on";
    server->listen();
    server->listen();
    EXPECT_EQ(server->port(), port);
    connect_and_read(after);
    asio::write(before.socket, asio::buffer("b", 1));
    asio::write(after.socket, asio::buffer("a", 1));
    until([&] { return before.got == "b" && after.got == "a"; });
    server->close_connections();
    until([&] { return before.end && after.end; });
}

TEST_F(flaky_server_test, nobody_else_gets_its_port_while_it_does_not_listen)
{
    serve();
    server->stop_listening();
    asio::ip::tcp::socket other(context, asio::ip::tcp::v4());
    hf::error_code ec;
    other.bind({asio::ip::address_v4::loopback(), server->port()}, ec);
    EXPECT_EQ(ec, asio::error::address_in_use);
}

TEST_F(flaky_server_test, speaks_and_resets_when_the_test_says_so)
{
    serve();
    client c(context);
    connect_and_read(c);
    until([&] { return server->connections() == 1; });
    server->send("hello");
    until([&] { return c.got == "hello"; });
    server->reset_connections();
    until([&] { return c.end.has_value(); });
    EXPECT_EQ(c.end, asio::error::connection_reset);
    EXPECT_EQ(server->connections(), 0U);
}

TEST_F(flaky_server_test, holds_no_more_connections_than_it_may)
{
    serve({serve_step::send("1"), serve_step::send("2")}, 1);
    client a(context), b(context);
    connect_and_read(a);
    connect_and_read(b);
    until([&] { return a.got == "1"; });
    clock.advance(0s, context);
    EXPECT_EQ(server->accepted(), 1U);
    a.socket.close();
    until([&] { return b.got == "2"; });
    EXPECT_EQ(server->connections_max(), 1U);
    b.socket.close();
    until([&] { return server->connections() == 0 && b.end; });
}

TEST_F(flaky_server_test, closes_everything_when_it_is_destroyed)
{
    auto slow = serve_step::echo();
    slow.accept_after = 1s;
    serve({serve_step::echo(), serve_step::close(1s), slow});
    client a(context), b(context), c(context);
    connect_and_read(a);
    connect_and_read(b);
    connect_and_read(c);
    until([&] { return clock.armed() == 2; });
    server.reset();
    EXPECT_EQ(clock.armed(), 0U);
    until([&] { return a.end && b.end && c.end; });
    EXPECT_EQ(a.end, asio::error::eof);
    EXPECT_EQ(c.end, asio::error::connection_reset) << "it was never accepted";
}

TEST(flaky_server_lifetime, its_context_may_go_while_it_is_busy)
{
    manual_clock clock;
    asio::io_context context;
    asio::ip::tcp::socket client(context);
    flaky_server server(context.get_executor(), {serve_step::close(5s)}, {.clock = &clock});
    client.connect({asio::ip::address_v4::loopback(), server.port()});
    while (server.connections() == 0)
        context.run_one();
}

TEST(flaky_server_over_unix, listens_refuses_and_removes_its_file)
{
    using unix_socket = asio::local::stream_protocol::socket;
    asio::io_context context;
    const auto path =
        std::filesystem::temp_directory_path() / ("holdfast-flaky-" + std::to_string(::getpid()));
    {
        flaky_server server(context.get_executor(), {serve_step::send("x")},
                            {.path = path.string()});
        EXPECT_EQ(server.port(), 0U);
        unix_socket client(context);
        client.connect(path.string());
        char got = 0;
        while (server.connections() == 0)
            context.run_one();
        client.read_some(asio::buffer(&got, 1));
        EXPECT_EQ(got, 'x');

        server.stop_listening();
        unix_socket refused(context);
        hf::error_code ec;
        refused.connect(path.string(), ec);
        EXPECT_EQ(ec, asio::error::connection_refused);
        refused.close();
        server.listen();
        refused.connect(path.string(), ec);
        EXPECT_FALSE(ec);
        EXPECT_TRUE(std::filesystem::exists(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}
}

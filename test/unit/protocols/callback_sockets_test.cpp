// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/stream_layers.hpp>

#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/endpoints/unix.hpp>
#include <holdfast/testing/check_no_leaks.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include "unit/protocols/callback_fixture.hpp"

#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <filesystem>
#include <unistd.h>

namespace callbacks
{
using hf::testing::flaky_server;
using hf::testing::serve_step;

enum class kind
{
    tcp,
    unix_socket,
    erased, // TCP, by an `any_endpoint`
};

/// Callback protocols on real sockets.
class callback_sockets : public ::testing::TestWithParam<kind>
{
protected:
    void serve(serve_step step)
    {
        hf::testing::flaky_server_options o{.clock = &clock};
        if (GetParam() == kind::unix_socket)
            o.path = (std::filesystem::temp_directory_path() /
                      ("holdfast-callbacks-" + std::to_string(::getpid())))
                         .string();
        address = o.path;
        server.emplace(context.get_executor(), std::initializer_list<serve_step>{std::move(step)},
                       o);
        if (address.empty())
            address = "127.0.0.1:" + std::to_string(server->port());
    }

    void connect(hf::client_options<probe> o = {})
    {
        o.clock = &clock;
        const auto factory = [this] { return std::make_shared<probe>(script_); };
        switch (GetParam())
        {
        case kind::tcp:
            service.emplace(context, hf::tcp("127.0.0.1", server->port()), factory, std::move(o));
            break;
        case kind::unix_socket:
            service.emplace(context, hf::unix_socket(address), factory, std::move(o));
            break;
        case kind::erased:
            service.emplace(context, hf::any_endpoint(hf::tcp("127.0.0.1", server->port())),
                            factory, std::move(o));
            break;
        }
        service->start();
        until([this] { return script_.transport != nullptr && server->connections() == 1; });
    }

    // Runs until it is so: what the kernel delivers wakes the context.
    template <class Condition>
    void until(Condition condition)
    {
        context.restart();
        while (!condition() && context.run_one_for(60s) != 0)
            ;
        ASSERT_TRUE(condition());
    }

    /// Writes until the kernel takes no more.
    void fill()
    {
        context.restart();
        do
        {
            script_.transport->write(pattern(100'000));
            context.poll();
        } while (script_.transport->unsent() == 0);
    }

    void until_lost(error_code why)
    {
        until([this] { return !script_.losses.empty(); });
        EXPECT_EQ(script_.losses, (std::vector<error_code>{why}));
        EXPECT_EQ(service->last_failure()->code, why);
    }

    void TearDown() override
    {
        service.reset();
        server.reset();
        context.restart();
        context.poll();
        EXPECT_EQ(leaks.left(), strings{});
    }

    hf::testing::manual_clock clock;
    asio::io_context context;
    asio::ip::tcp::socket first{context, asio::ip::tcp::v4()}; // the context's own descriptors
    hf::testing::check_no_leaks leaks;
    script script_;
    std::string address;
    std::optional<flaky_server> server;
    std::optional<hf::client_service<probe>> service;
};

std::string name_of(const ::testing::TestParamInfo<kind>& tested)
{
    return tested.param == kind::tcp ? "tcp" : tested.param == kind::erased ? "erased" : "unix";
}

INSTANTIATE_TEST_SUITE_P(all, callback_sockets,
                         ::testing::Values(kind::tcp, kind::unix_socket, kind::erased), name_of);

TEST_P(callback_sockets, CS_80_the_transport_knows_the_address_of_the_peer)
{
    serve(serve_step::echo());
    connect();
    EXPECT_EQ(script_.transport->peer(), address);
    EXPECT_EQ(script_.transport->get_executor(), asio::any_io_executor(context.get_executor()));
}

TEST_P(callback_sockets, sends_and_receives_all_in_order_whatever_the_sizes)
{
    serve(serve_step::echo());
    connect();
    std::string sent;
    for (const std::size_t size : sizes)
    {
        const auto text = pattern(size);
        sent += text;
        script_.transport->write(text);
        until([&] { return script_.received.size() == sent.size(); });
    }
    EXPECT_TRUE(script_.received == sent);
    EXPECT_EQ(script_.transport->unsent(), 0U);
}

TEST_P(callback_sockets, pauses_while_the_peer_does_not_read_and_sends_all_when_it_does)
{
    serve({.end = serve_step::ending::none});
    connect();
    std::string sent;
    while (script_.log.size() < 2) // nothing runs meanwhile, so the peer does not read
    {
        sent += pattern(50'000);
        script_.transport->write(pattern(50'000));
    }
    EXPECT_EQ(script_.log, (strings{"made", "write_paused"}));
    EXPECT_GT(script_.transport->unsent(), 65536U);
    until([&] { return script_.log.size() == 3; });
    EXPECT_EQ(script_.log.back(), "write_resumed");
    EXPECT_EQ(script_.transport->unsent(), 0U);
    script_.transport->close();
    until([&] { return server->connections() == 0; });
    const auto& got = server->received(); // the first mebibyte is kept
    EXPECT_TRUE(got == sent.substr(0, got.size()));
    EXPECT_GE(got.size(), std::min<std::size_t>(sent.size(), 1 << 20));
    until_lost({});
}

TEST_P(callback_sockets, close_sends_what_is_unsent_first)
{
    serve({.end = serve_step::ending::none});
    connect();
    script_.limit = std::string::npos;
    while (script_.transport->unsent() == 0)
        script_.transport->write(pattern(100'000));
    script_.transport->write("the end");
    script_.transport->close();
    until_lost({});
    until([&] { return server->connections() == 0; });
    if (server->received().size() < (1U << 20U))
    {
        EXPECT_TRUE(server->received().ends_with("the end"));
    }
}

TEST_P(callback_sockets, CS_82_a_half_closed_connection_can_be_written_to)
{
    script_.half_close = true;
    serve(serve_step::half_close());
    connect();
    until([&] { return script_.log.size() == 2; });
    script_.transport->write("still here");
    until([&] { return server->received() == "still here"; });
    script_.transport->shutdown_send();
    until_lost({});
    EXPECT_EQ(script_.log, (strings{"made", "receive_ended", "lost"}));
}

TEST_P(callback_sockets, CS_82_the_peer_sees_the_end_of_what_is_sent_and_can_still_answer)
{
    serve({.greeting = "hello", .reads = false});
    script_.half_close = true;
    connect();
    script_.transport->shutdown_send();
    script_.transport->write("too late");
    server->send(" again");
    until([&] { return script_.received == "hello again"; });
    server->close_connections();
    until_lost({});
    EXPECT_EQ(server->received(), "");
}

TEST_P(callback_sockets, a_reset_by_the_peer_is_the_reason_of_the_loss)
{
    serve(serve_step::stall());
    connect();
    script_.transport->write("this is left unread, lest a Unix socket is closed in good order");
    server->reset_connections();
    until_lost(asio::error::connection_reset);
}

// Pain 83: nobody reads, and the write is not waited for either.
TEST_P(callback_sockets, an_error_of_a_write_that_is_tried_at_once_ends_the_connection)
{
    if (GetParam() == kind::erased)
        return; // an erased stream is not written to at once
    script_.half_close = true;
    serve(serve_step::half_close());
    connect();
    until([&] { return script_.log.size() == 2; });
    server->close_connections();
    script_.transport->write("x"); // TCP is reset by the first
    script_.transport->write("x");
    EXPECT_EQ(script_.transport->unsent(), 0U);
    context.restart();
    context.poll(); // it is over already, and waits for nothing
    EXPECT_EQ(script_.losses.size(), 1U);
    until_lost(asio::error::broken_pipe);
}

TEST_P(callback_sockets, abort_resets_the_connection_of_a_peer_on_tcp)
{
    serve({.greeting = "hello"});
    connect();
    until([&] { return script_.received == "hello"; });
    script_.transport->abort();
    until_lost(asio::error::connection_aborted);
    until([&] { return server->connections() == 0; });
}

TEST_P(callback_sockets, what_the_peer_did_not_read_is_told_with_the_loss)
{
    serve(serve_step::stall());
    connect();
    fill();
    script_.transport->abort();
    until_lost(asio::error::connection_aborted);
    EXPECT_GT(service->last_failure()->unacknowledged, 1000U);
}

TEST_P(callback_sockets, CS_1A_a_peer_that_never_reads_is_cut_off_after_the_stop_timeout)
{
    serve(serve_step::stall());
    connect({.stop_timeout = 5s});
    fill();
    std::optional<error_code> stopped;
    service->async_stop([&](error_code ec) { stopped = ec; });
    clock.advance(5s - 1ns, context);
    EXPECT_FALSE(stopped);
    clock.advance(1ns, context);
    EXPECT_EQ(stopped, error_code());
    EXPECT_EQ(script_.losses, (std::vector<error_code>{asio::error::operation_aborted}));
}

TEST_P(callback_sockets, CS_19_destroying_the_service_closes_the_connection)
{
    serve(serve_step::echo());
    connect();
    service.reset();
    until([&] { return server->connections() == 0; });
    EXPECT_EQ(script_.losses, (std::vector<error_code>{{}}));
}

TEST_P(callback_sockets, CS_19_destroying_the_service_does_not_wait_for_what_is_unsent)
{
    serve(serve_step::stall());
    connect();
    fill();
    service.reset();
    until([&] { return !script_.losses.empty(); });
    EXPECT_EQ(script_.losses, (std::vector<error_code>{asio::error::operation_aborted}));
}

/// A protocol object that has put its stream where nobody finds it, and does not close it.
class hider : public std::enable_shared_from_this<hider>
{
public:
    template <class Stream>
    explicit hider(Stream s) : stream_(std::make_unique<hidden_stream<Stream>>(std::move(s)))
    {
    }

    template <class Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [this](auto done) { stream_->read(shared_from_this(), std::move(done)); }, token);
    }

    void close() noexcept {}

private:
    using handler = asio::any_completion_handler<void(error_code)>;

    struct hidden
    {
        virtual ~hidden() = default;
        virtual void read(std::shared_ptr<hider> keep, handler done) = 0;
    };

    template <class Stream>
    struct hidden_stream : hidden
    {
        explicit hidden_stream(Stream s) : stream(std::make_unique<Stream>(std::move(s))) {}
        void read(std::shared_ptr<hider> keep, handler done) override
        {
            stream->async_read_some(
                asio::buffer(room),
                [keep = std::move(keep), done = std::move(done)](error_code ec, std::size_t) mutable
                { std::move(done)(ec); });
        }
        std::unique_ptr<Stream> stream;
        std::array<char, 16> room{};
    };

    std::unique_ptr<hidden> stream_;
};

template <class Endpoint>
void cuts_off_a_hidden_stream(callback_sockets&, asio::io_context& context,
                              hf::testing::manual_clock& clock, const Endpoint& endpoint,
                              const flaky_server& server)
{
    hf::client_service<hider> service(context, endpoint, [](typename Endpoint::stream_type s)
                                      { return std::make_shared<hider>(std::move(s)); },
                                      {.stop_timeout = 5s, .clock = &clock});
    service.start();
    const auto until = [&](auto condition)
    {
        context.restart();
        while (!condition() && context.run_one_for(60s) != 0)
            ;
        ASSERT_TRUE(condition());
    };
    until([&] { return service.state() == service_state::connected && server.connections() == 1; });
    std::optional<error_code> stopped;
    service.async_stop([&](error_code ec) { stopped = ec; });
    clock.advance(5s - 1ns, context);
    EXPECT_FALSE(stopped);
    EXPECT_EQ(server.connections(), 1U);
    clock.advance(1ns, context);
    EXPECT_EQ(stopped, error_code());
    until([&] { return server.connections() == 0; });
}

TEST_P(callback_sockets, CS_1A_a_stream_is_closed_under_its_protocol_wherever_that_hid_it)
{
    serve(serve_step::echo());
    const hf::tcp tcp("127.0.0.1", std::max<std::uint16_t>(server->port(), 1));
    switch (GetParam())
    {
    case kind::tcp:
        return cuts_off_a_hidden_stream(*this, context, clock, tcp, *server);
    case kind::unix_socket:
        return cuts_off_a_hidden_stream(*this, context, clock, hf::unix_socket(address), *server);
    case kind::erased:
        return cuts_off_a_hidden_stream(*this, context, clock, hf::any_endpoint(tcp), *server);
    }
}
}

// SPDX-License-Identifier: BSL-1.0
// A client service over TLS.
#include "tls_fixture.hpp"

#include <holdfast.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <vector>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;

class tls_service_test : public tls_fixture
{
protected:
    client_options<session> options()
    {
        return {.retry = retry::fixed{1s},
                .observe = [this](const event& e) { events_.push_back(e.kind); },
                .clock = &clock_};
    }

    /// Stops it, and waits until nothing is left.
    void stop(client_service<session>& service)
    {
        bool stopped = false;
        service.async_stop([&](error_code) { stopped = true; });
        EXPECT_TRUE(runs_until([&] { return stopped; }));
    }

    std::vector<event_kind> events_;
};

/// Reads to the end.
asio::awaitable<void> listen(tls::stream_type stream)
{
    for (char byte = 0;;)
        co_await stream.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
}

TEST_F(tls_service_test, CS_7C_is_not_connected_before_the_server_is_verified)
{
    support::tls_server server(io_, {.certificate = "expired"});
    client_service service(io_, to(server), listen, options());
    service.start();
    std::optional<error_code> waited;
    failure why;
    service.async_when_connected(
        fail_after{1}, why, [&](error_code ec, const std::shared_ptr<session>&) { waited = ec; });
    ASSERT_TRUE(runs_until([&] { return waited.has_value(); }));
    EXPECT_EQ(*waited, condition::peer_not_verified);
    EXPECT_EQ(why.phase, phase::tls);
    ASSERT_NE(why.detail, nullptr);
    EXPECT_NE(to_string(why).find("failed in tls"), std::string::npos);
    EXPECT_NE(to_string(why).find("certificate has expired: the server's certificate"),
              std::string::npos)
        << to_string(why);
    EXPECT_EQ(std::ranges::count(events_, event_kind::connected), 0);
    stop(service);
}

TEST_F(tls_service_test, has_its_typed_stream_and_comes_back_with_a_ticket)
{
    support::tls_server server(io_);
    client_service service(io_, to(server), listen, options());
    service.start();
    ASSERT_TRUE(runs_until([&] { return service.state() == service_state::connected; }));
    ASSERT_TRUE(runs_until([&] { return server.last().shaken; }));
    settle();
    server.cut_off();
    ASSERT_TRUE(runs_until([&] { return service.state() == service_state::waiting; }));
    EXPECT_EQ(service.last_failure()->code, asio::ssl::error::stream_truncated);
    clock_.advance(1s);
    ASSERT_TRUE(runs_until([&] { return server.accepted() == 2 && server.last().shaken; }));
    EXPECT_TRUE(server.last().resumed);
    stop(service);
}

TEST_F(tls_service_test, is_cut_off_under_a_session_that_does_not_end)
{
    support::tls_server server(io_);
    client_service service(
        io_, to(server),
        [](tls::stream_type stream) -> asio::awaitable<void>
        {
            for (char byte = 0;;) // an error is no reason to end, and a cancellation neither
            {
                co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
                error_code ec;
                co_await stream.async_read_some(asio::buffer(&byte, 1),
                                                asio::redirect_error(asio::use_awaitable, ec));
                if (ec == asio::error::operation_aborted)
                    co_return;
            }
        },
        options());
    service.start();
    ASSERT_TRUE(runs_until([&] { return service.state() == service_state::connected; }));
    bool stopped = false;
    service.async_stop([&](error_code) { stopped = true; });
    settle();
    EXPECT_FALSE(stopped);
    clock_.advance(5s); // the stop time-out: the socket is closed under TLS
    ASSERT_TRUE(runs_until([&] { return stopped; }));
}
}
}

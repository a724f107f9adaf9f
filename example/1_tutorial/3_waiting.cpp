// SPDX-License-Identifier: BSL-1.0
// Waiting for the connection, with limits: the service tries for ever, and each caller says how
// much of that he is willing to bear.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <iostream>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

namespace
{
asio::awaitable<void> read_to_the_end(hf::tcp::stream_type stream)
{
    for (std::array<char, 64> bytes;;)
        co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

asio::awaitable<bool> wait(asio::io_context& context)
{
    constexpr auto tuple = asio::as_tuple(asio::use_awaitable); // errors as values

    // Nobody listens on this port as yet.
    hf::testing::flaky_server server(context.get_executor());
    server.stop_listening();

    hf::client_service service(context, hf::tcp("127.0.0.1", server.port()), read_to_the_end,
                               {.name = "cache", .retry = hf::retry::fixed{20ms}});
    service.start();

    // [fail_after]
    hf::failure why;
    auto [refused, nothing] = co_await service.async_when_connected(hf::fail_after{1}, why, tuple);
    if (refused)
        std::cout << to_string(why) << '\n'; // the whole story, in a sentence
    // [/fail_after]

    // [within]
    auto [late, nothing_yet] = co_await service.async_when_connected(hf::within{50ms}, tuple);
    std::cout << late.message() << '\n';
    // [/within]

    server.listen();
    auto [ok, session] = co_await service.async_when_connected(
        {hf::fail_after{100}, hf::within{5s}}, tuple); // whichever comes first
    std::cout << "connected: " << (session != nullptr) << '\n';

    co_await service.async_stop();
    auto [stopped, none] = co_await service.async_when_connected(tuple);
    std::cout << stopped.message() << '\n';

    co_return refused == asio::error::connection_refused&& late == hf::errc::wait_timed_out &&
        !ok && session != nullptr && stopped == hf::errc::stopped &&
        stopped == std::errc::operation_canceled;
}
}

int main()
{
    asio::io_context context;
    bool good = false;
    asio::co_spawn(context, wait(context),
                   [&](std::exception_ptr e, bool result)
                   {
                       context.stop();
                       if (e)
                           std::rethrow_exception(e);
                       good = result;
                   });
    context.run();
    return good ? 0 : 1;
}

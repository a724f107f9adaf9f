// SPDX-License-Identifier: BSL-1.0
// Gives up after three failures in a row, and begins again when somebody says so.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/retry/limit.hpp>
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

asio::awaitable<bool> give_up(asio::io_context& context)
{
    hf::testing::flaky_server server(context.get_executor());
    server.stop_listening();

    // [give_up]
    const hf::retry::backoff growing{.initial = 10ms, .max = 1s};
    hf::client_service service(context, hf::tcp("127.0.0.1", server.port()), read_to_the_end,
                               {.retry = hf::retry::max_attempts(3, growing)});
    service.start();

    // No limit of our own: the policy's is enough.
    auto [ec, session] = co_await service.async_when_connected(asio::as_tuple(asio::use_awaitable));
    if (service.state() == hf::service_state::parked)
        std::cout << "gave up after attempt " << service.last_failure()->attempt << ": "
                  << ec.message() << '\n';
    // [/give_up]
    const bool parked = service.state() == hf::service_state::parked && session == nullptr &&
                        ec == asio::error::connection_refused;

    // [again]
    server.listen();
    service.reset(); // retry_now() would leave the count: the next failure would be the fourth
    co_await service.async_when_connected();
    // [/again]
    std::cout << "connected at last\n";

    co_await service.async_stop();
    co_return parked&& server.accepted() == 1;
}
}

int main()
{
    asio::io_context context;
    bool good = false;
    asio::co_spawn(context, give_up(context),
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

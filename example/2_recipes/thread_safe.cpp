// SPDX-License-Identifier: BSL-1.0
// A service that any thread may call: a context runs on threads of its own, and the rest of the
// program waits for what it wants with futures.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <memory>

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
}

int main()
{
    // The server has a thread of its own: it is not thread-safe.
    asio::thread_pool servers(1);
    hf::testing::flaky_server server(servers.get_executor());

    // [thread_safe]
    asio::thread_pool pool(2);
    bool stopped = false;
    {
        hf::client_service service(pool, hf::tcp("127.0.0.1", server.port()), read_to_the_end,
                                   {.thread_safe = true});
        service.start();

        // From this thread, which is none of the pool's.
        const auto session = service.async_when_connected(hf::within{5s}, asio::use_future).get();
        std::cout << "connected: " << (session != nullptr) << '\n';

        service.async_stop(asio::use_future).get(); // only now nothing of it runs any more
        stopped = service.state() == hf::service_state::stopped;
    } // while the pool still runs: what the destructor has to do is posted to it
    // [/thread_safe]

    pool.join();
    servers.stop();
    servers.join();
    return stopped ? 0 : 1;
}

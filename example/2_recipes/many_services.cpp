// SPDX-License-Identifier: BSL-1.0
// Many services that differ in nothing but their lives share one definition: endpoint, factory,
// options and policy exist once.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <vector>

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
    constexpr std::size_t count = 100;
    asio::io_context context;
    hf::testing::flaky_server server(context.get_executor());

    // [definition]
    const hf::client_definition<hf::session> definition(
        context, hf::tcp("127.0.0.1", server.port()), read_to_the_end,
        {.name = "sensor", .retry = hf::retry::backoff{.initial = 20ms, .max = 200ms}});

    std::vector<hf::client_service<hf::session>> services;
    for (std::size_t n = 0; n < count; ++n)
        services.emplace_back(definition).start();
    // [/definition]

    while (server.connections() < count)
        context.run_one();
    std::cout << server.connections() << " connections\n";

    server.reset_connections(); // all at once; the jitter spreads their return
    while (server.accepted() < 2 * count)
        context.run_one();
    std::cout << server.accepted() << " accepted in all\n";

    std::size_t stopped = 0;
    for (auto& s : services)
        s.async_stop([&](hf::error_code) { ++stopped; });
    while (stopped < count)
        context.run_one();
    std::cout << stopped << " stopped\n";
    return 0;
}

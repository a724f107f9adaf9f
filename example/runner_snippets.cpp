// SPDX-License-Identifier: BSL-1.0
// What the documentation shows of the runner. Compiled, not run.
#include <holdfast.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <iostream>

namespace asio = boost::asio;
namespace hf = holdfast;

// The declarations are for the compiler, that it may warn of none that is missing.
int run_the_feeds();
void take_listener(asio::local::stream_protocol::acceptor& acceptor);

namespace
{
asio::awaitable<void> read_to_the_end(asio::ip::tcp::socket socket)
{
    for (std::array<char, 64> bytes;;)
        co_await socket.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

void read_configuration() {}
}

// [runner]
int run_the_feeds()
{
    hf::runner runner({.name = "root",
                       .working_directory = "/",
                       .pid_file = "/run/feeds.pid",
                       .user = "feeds",
                       .on_reload = read_configuration});
    runner.tree().add(hf::as_service(hf::client_service(
        runner.context(), hf::tcp("feed.example", 7000), read_to_the_end, {.name = "feed"})));

    const auto result = runner.run();
    if (!result.why.empty())
        std::cerr << "feeds: " << result.why << '\n';
    return static_cast<int>(result.end);
}
// [/runner]

void take_listener(asio::local::stream_protocol::acceptor& acceptor)
{
    // [passed_sockets]
    for (auto& socket : hf::passed_sockets())
        if (socket.name == "control") // FileDescriptorName=control
            acceptor.assign(asio::local::stream_protocol(), socket.descriptor.release());
    // [/passed_sockets]
}

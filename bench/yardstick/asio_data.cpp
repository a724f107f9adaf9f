// SPDX-License-Identifier: BSL-1.0
// What it costs to write a chunk and read its echo through a bare `tcp::socket`.
//
//     asio_data PORT BYTES COUNT callback|coroutine
#include "../exchange.hpp"
#include "../socket_options.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

int main(int argc, char** argv)
{
    namespace asio = boost::asio;
    using asio::ip::tcp;
    if (argc != 5)
        return 2;
    asio::io_context context(1);
    tcp::socket socket(context);
    socket.connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))});
    bench::set_options(socket.native_handle());
    const auto size = static_cast<std::size_t>(std::atol(argv[2]));
    const long count = std::atol(argv[3]);
    if (argv[4] == std::string_view("coroutine"))
    {
        asio::co_spawn(context, bench::exchange_in_coroutine(socket, size, count), asio::detached);
        context.run();
        return 0;
    }
    bench::exchange exchange(socket, size, count, [] {});
    exchange.start();
    context.run();
}

// SPDX-License-Identifier: BSL-1.0
// How many bytes a client takes that is a socket and a timer of Asio, and callbacks.
//
//     asio_memory PORT CLIENTS waiting|connected|timer
//
// `waiting`: the port refuses; each client waits an hour. `timer`: nothing but that wait.
#include "../memory.hpp"
#include "../socket_options.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string_view>

namespace
{
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class client
{
public:
    client(asio::io_context& context, const tcp::endpoint& server, std::size_t& settled)
        : socket_(context)
        , timer_(context)
        , settled_(settled)
    {
        socket_.open(tcp::v4());
        bench::set_options(socket_.native_handle());
        socket_.async_connect(server,
                              [this](error_code error)
                              {
                                  ++settled_;
                                  if (error)
                                      return wait();
                                  read();
                              });
    }

private:
    void wait()
    {
        socket_.close();
        timer_.expires_after(std::chrono::hours(1));
        timer_.async_wait([](error_code) {});
    }

    void read()
    {
        socket_.async_read_some(asio::buffer(&byte_, 1), [](error_code, std::size_t) {});
    }

    tcp::socket socket_;
    asio::steady_timer timer_;
    std::size_t& settled_;
    char byte_ = 0;
};
}

int main(int argc, char** argv)
{
    if (argc != 4)
        return 2;
    bench::raise_descriptor_limit();
    asio::io_context context(1);
    const tcp::endpoint server(asio::ip::address_v4::loopback(),
                               static_cast<std::uint16_t>(std::atoi(argv[1])));
    if (argv[3] == std::string_view("timer"))
    {
        std::deque<asio::steady_timer> timers;
        const auto make = [&]
        { timers.emplace_back(context, std::chrono::hours(1)).async_wait([](error_code) {}); };
        bench::print_memory(std::atol(argv[2]), make, [] {});
        return 0;
    }
    std::deque<client> clients;
    std::size_t settled = 0;
    const auto make = [&] { clients.emplace_back(context, server, settled); };
    const auto settle = [&]
    {
        while (settled < clients.size())
            context.run_one();
    };
    bench::print_memory(std::atol(argv[2]), make, settle);
}

// SPDX-License-Identifier: BSL-1.0
// Connect, lose, connect again: the shortest loop of Asio callbacks that can do it. No coroutine,
// no timer, no time-out, no failure kept: what a careful engineer gives up for speed.
//
//     asio_cycle PORT CLIENTS CYCLES any|context
//
// `any` uses `tcp::socket` as it is, with `any_io_executor`; `context` the executor of the context.
#include "../cycles.hpp"
#include "../socket_options.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string_view>

namespace
{
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

template <class Executor>
class client
{
public:
    client(asio::io_context& context, const tcp::endpoint& server, bench::cycles& cycles)
        : context_(context)
        , socket_(context)
        , server_(server)
        , cycles_(cycles)
    {
        dial();
    }

private:
    void dial()
    {
        socket_.open(tcp::v4());
        bench::set_options(socket_.native_handle());
        socket_.async_connect(server_,
                              [this](error_code error)
                              {
                                  if (!error)
                                      return read();
                                  cycles_.failed();
                                  again();
                              });
    }

    void read()
    {
        socket_.async_read_some(asio::buffer(&byte_, 1),
                                [this](error_code error, std::size_t)
                                {
                                    if (!error)
                                        return read();
                                    if (cycles_.lost())
                                        return context_.stop();
                                    again();
                                });
    }

    void again()
    {
        error_code ignored; // a socket that was reset has nothing left to lose
        socket_.close(ignored);
        dial();
    }

    asio::io_context& context_;
    asio::basic_stream_socket<tcp, Executor> socket_;
    const tcp::endpoint& server_;
    bench::cycles& cycles_;
    char byte_ = 0;
};

template <class Executor>
void run(const tcp::endpoint& server, int count, long wanted)
{
    asio::io_context context(1);
    bench::cycles cycles(wanted);
    std::deque<client<Executor>> clients;
    for (int i = 0; i < count; ++i)
        clients.emplace_back(context, server, cycles);
    context.run();
    cycles.print();
}
}

int main(int argc, char** argv)
{
    if (argc != 5)
        return 2;
    const tcp::endpoint server(asio::ip::address_v4::loopback(),
                               static_cast<std::uint16_t>(std::atoi(argv[1])));
    if (argv[4] == std::string_view("context"))
        run<asio::io_context::executor_type>(server, std::atoi(argv[2]), std::atol(argv[3]));
    else
        run<asio::any_io_executor>(server, std::atoi(argv[2]), std::atol(argv[3]));
}

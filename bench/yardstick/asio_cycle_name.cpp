// SPDX-License-Identifier: BSL-1.0
// Look a name up, connect, lose, and all again: the shortest loop of Asio callbacks that can do it.
//
//     asio_cycle_name PORT CLIENTS CYCLES
#include "../cycles.hpp"
#include "../socket_options.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdlib>
#include <deque>
#include <string>

namespace
{
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class client
{
public:
    client(asio::io_context& context, const char* port, bench::cycles& cycles)
        : context_(context)
        , resolver_(context)
        , socket_(context)
        , port_(port)
        , cycles_(cycles)
    {
        look_up();
    }

private:
    void look_up()
    {
        resolver_.async_resolve("localhost", port_,
                                [this](error_code error, const tcp::resolver::results_type& found)
                                {
                                    if (error)
                                        std::abort(); // every machine has this name
                                    dial(found);
                                });
    }

    void dial(const tcp::resolver::results_type& found)
    {
        asio::async_connect(socket_, found,
                            [this](error_code error, const tcp::endpoint&)
                            {
                                if (error)
                                {
                                    cycles_.failed();
                                    return again();
                                }
                                bench::set_options(socket_.native_handle());
                                read();
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
        look_up();
    }

    asio::io_context& context_;
    tcp::resolver resolver_;
    tcp::socket socket_;
    const char* port_;
    bench::cycles& cycles_;
    char byte_ = 0;
};
}

int main(int argc, char** argv)
{
    if (argc != 4)
        return 2;
    asio::io_context context(1);
    bench::cycles cycles(std::atol(argv[3]));
    std::deque<client> clients;
    for (int i = 0; i < std::atoi(argv[2]); ++i)
        clients.emplace_back(context, argv[1], cycles);
    context.run();
    cycles.print();
}

// SPDX-License-Identifier: BSL-1.0
#include "soak/servers.hpp"

#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace soak
{
namespace
{
namespace asio = boost::asio;
using holdfast::testing::flaky_server;
using holdfast::testing::serve_step;
using namespace std::chrono_literals;

const std::array modes{
    serve_step::echo(),
    serve_step::close(),
    serve_step::echo(),
    serve_step::reset(),
    serve_step{.echoes = true, .end = serve_step::ending::close, .end_after = 40ms},
    serve_step::stall(),
    serve_step{.echoes = true, .end = serve_step::ending::reset, .end_after = 30ms},
    serve_step::close_after_bytes(3),
    serve_step::half_close(20ms),
    serve_step{.accept_after = 5ms, .greeting = "welcome\n", .echoes = true},
};

/// Gives the modes to one server, a stock of them ahead of what comes.
class supply
{
public:
    explicit supply(flaky_server& s) : server_(s) {}

    void renew()
    {
        while (given_ < server_.accepted() + stock)
            server_.then(modes[given_++ % modes.size()]);
    }

private:
    static constexpr std::size_t stock = 500; // more than connect in a turn

    flaky_server& server_;
    std::size_t given_ = 0;
};

void serve(int life, const std::string& path)
{
    asio::io_context context;
    asio::local::stream_protocol::socket owner(context, asio::local::stream_protocol(), life);
    flaky_server tcp(context.get_executor());
    flaky_server local(context.get_executor(), {}, {.path = path});
    const auto port = tcp.port();
    asio::write(owner, asio::buffer(&port, sizeof port));
    bool over = false;
    char nothing = 0;
    owner.async_read_some(asio::buffer(&nothing, 1),
                          [&](const auto&, std::size_t) { over = true; });
    supply for_tcp(tcp);
    supply for_local(local);
    unsigned turn = 0;
    while (!over)
    {
        for_tcp.renew();
        for_local.renew();
        if (++turn % 100 == 98)
            tcp.stop_listening();
        else if (turn % 100 == 99)
            tcp.listen();
        context.run_for(20ms);
    }
}
}

servers::servers()
    : path_(std::filesystem::temp_directory_path() /
            ("holdfast-soak-" + std::to_string(::getpid())))
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        throw std::runtime_error("soak: no pair of sockets");
    process_ = ::fork();
    if (process_ == 0)
    {
        ::close(ends[0]);
        try
        {
            serve(ends[1], path_);
        }
        catch (const std::exception&)
        {
            ::_exit(1); // its owner gets no port, or is refused from now on
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    life_ = ends[0];
    if (process_ < 0 || ::read(life_, &port_, sizeof port_) != sizeof port_)
        throw std::runtime_error("soak: the servers do not begin");
}

servers::~servers()
{
    ::close(life_);
    ::waitpid(process_, nullptr, 0);
}
}

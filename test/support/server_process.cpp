// SPDX-License-Identifier: BSL-1.0
#include "support/server_process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <csignal>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace support
{
std::uint16_t free_port()
{
    using boost::asio::ip::tcp;
    boost::asio::io_context context;
    const tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    return acceptor.local_endpoint().port();
}

server_process::server_process(command make, std::string ready)
    : make_(std::move(make))
    , ready_(std::move(ready))
{
    constexpr int tries = 5; // somebody else may take the port before the server does
    for (int i = 1;; ++i)
    {
        try
        {
            port_ = free_port();
            start();
            return;
        }
        catch (const std::runtime_error&)
        {
            if (i == tries)
                throw;
        }
    }
}

server_process server_process::redis()
{
    return server_process(
        [](std::uint16_t port)
        {
            return std::vector<std::string>{
                "redis-server", "--port", std::to_string(port), "--bind", "127.0.0.1",
                "--save",       "",       "--appendonly",       "no"};
        },
        "Ready to accept connections");
}

server_process server_process::mosquitto()
{
    return server_process(
        [](std::uint16_t port)
        {
            return std::vector<std::string>{"/usr/sbin/mosquitto", "-v", "-p",
                                            std::to_string(port)};
        },
        " running");
}

std::string server_process::description() const
{
    return "tcp:127.0.0.1:" + std::to_string(port_);
}

void server_process::kill()
{
    process_ = nullptr; // which kills and waits
}

void server_process::restart()
{
    kill();
    start();
}

void server_process::stop()
{
    process_->stop();
}

void server_process::resume()
{
    process_->send_signal(SIGCONT);
}

void server_process::start()
{
    // What it says goes to one pipe, which has room for all that a server says in a test.
    const auto words = make_(port_);
    std::vector<std::string> line{"/bin/sh", "-c", "exec \"$@\" 2>&1", "sh"};
    line.insert(line.end(), words.begin(), words.end());
    process_ = std::make_unique<process>(std::move(line));
    if (!process_->wait_for_output(ready_))
        throw std::runtime_error(words[0] + " did not start: " + process_->output());
}
}

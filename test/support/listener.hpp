// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_LISTENER_HPP
#define HOLDFAST_TEST_SUPPORT_LISTENER_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace support
{
/// A server of one thread that serves one connection after the other with a function, which blocks.
class listener
{
public:
    using socket = boost::asio::ip::tcp::socket;

    explicit listener(
        std::function<void(socket&)> serve,
        const boost::asio::ip::address& address = boost::asio::ip::address_v4::loopback())
        : acceptor_(context_, {address, 0})
        , serve_(std::move(serve))
        , thread_([this] { run(); })
    {
    }

    /// The client has ended, so that the function returns.
    ~listener()
    {
        stopped_ = true;
        socket s(context_); // accepted, it ends the thread
        boost::system::error_code ignored;
        ignored = s.connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    /// Of one on 127.0.0.1.
    std::string description() const { return "tcp:127.0.0.1:" + std::to_string(port()); }

private:
    void run()
    {
        for (;;)
        {
            boost::system::error_code failed;
            socket s(context_);
            failed = acceptor_.accept(s, failed);
            if (stopped_ || failed)
                return;
            serve_(s);
        }
    }

    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::function<void(socket&)> serve_;
    std::atomic<bool> stopped_{false};
    std::thread thread_;
};
}

#endif

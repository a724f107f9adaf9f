// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_TOOL_PAGE_PAGE_FIXTURE_HPP
#define HOLDFAST_TEST_UNIT_TOOL_PAGE_PAGE_FIXTURE_HPP

#include "page/status_page.hpp"
#include "support/told_services.hpp"

#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace page_test
{
namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

/// Somebody at the other end of a connection: what came is kept, also whether that was all.
class client
{
public:
    client(asio::io_context& context, const asio::ip::tcp::endpoint& to)
        : kept_(std::make_shared<kept>(context))
    {
        kept_->socket.connect(to);
        read(kept_);
    }

    /// One that takes in as little as it can, and reads nothing.
    client(asio::io_context& context, const asio::ip::tcp::endpoint& to, int window)
        : kept_(std::make_shared<kept>(context))
    {
        kept_->socket.open(to.protocol());
        kept_->socket.set_option(asio::socket_base::receive_buffer_size(window));
        kept_->socket.connect(to);
    }

    client(const client&) = delete;
    client& operator=(const client&) = delete;
    ~client() { close(); }

    void send(std::string_view text)
    {
        hf::error_code ignored; // it may be closed, which is what a test looks for
        asio::write(kept_->socket, asio::buffer(text), ignored);
    }

    void close() { kept_->socket.close(); }

    const std::string& received() const { return kept_->received; }
    bool closed() const { return kept_->closed; } ///< By the server.

    bool has(std::string_view text) const { return received().find(text) != std::string::npos; }

private:
    struct kept // as long as something may still come
    {
        explicit kept(asio::io_context& context) : socket(context) {}

        asio::ip::tcp::socket socket;
        std::string received{};
        bool closed = false;
        std::array<char, 65'536> buffer{};
    };

    static void read(const std::shared_ptr<kept>& k)
    {
        k->socket.async_read_some(asio::buffer(k->buffer),
                                  [k](hf::error_code ec, std::size_t n)
                                  {
                                      k->received.append(k->buffer.data(), n);
                                      k->closed = ec.failed();
                                      if (!ec)
                                          read(k);
                                  });
    }

    std::shared_ptr<kept> kept_;
};

struct reply
{
    int status = 0;
    std::string header{};
    std::string body{};

    bool has(std::string_view line) const { return header.find(line) != header.npos; }
};

inline reply parsed(const std::string& received)
{
    const auto end = received.find("\r\n\r\n");
    if (!received.starts_with("HTTP/1.1 ") || end == received.npos)
        return {.body = "no answer of HTTP: " + received};
    reply r{.header = received.substr(0, end + 2), .body = received.substr(end + 4)};
    std::from_chars(received.data() + 9, received.data() + 12, r.status);
    return r;
}

/// A status page of services that stand as the test says, at a time that the test says.
class status_page : public ::testing::Test
{
protected:
    void TearDown() override
    {
        page.reset();
        context.poll();
        EXPECT_EQ(clock.armed(), 0U) << "timers were left";
    }

    void make(tool::page_options options = {})
    {
        if (options.address.empty())
            options.address = "127.0.0.1:0";
        options.clock = &clock;
        page.emplace(context.get_executor(), services, options);
    }

    client connect() { return client(context, page->local_endpoint()); }

    /// Lets things happen until `enough`; false if it does not come to that.
    bool wait(const std::function<bool()>& enough)
    {
        const auto last = std::chrono::steady_clock::now() + 10s;
        while (!enough() && std::chrono::steady_clock::now() < last)
        {
            context.restart();
            context.run_one_for(100ms);
        }
        return enough();
    }

    /// What is answered to `bytes`, up to the end of the connection.
    reply exchange(std::string_view bytes)
    {
        auto c = connect();
        c.send(bytes);
        EXPECT_TRUE(wait([&c] { return c.closed(); })) << "it was not closed";
        return parsed(c.received());
    }

    reply get(std::string_view target, std::string_view fields = "",
              std::string_view method = "GET")
    {
        return exchange(std::string(method) + ' ' + std::string(target) +
                        " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                        std::string(fields) + "\r\n");
    }

    hf::testing::manual_clock clock;
    asio::io_context context;
    std::size_t asked = 0; // how often the services were asked for the time
    support::told_services services{[this]
                                    {
                                        ++asked;
                                        return clock.now();
                                    }};
    std::optional<tool::status_page> page;
};

inline std::size_t count(std::string_view text, std::string_view part)
{
    std::size_t n = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
        ++n;
    return n;
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_DNS_RESPONDER_HPP
#define HOLDFAST_TEST_SUPPORT_DNS_RESPONDER_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support
{
namespace asio = boost::asio;
using bytes = std::vector<std::uint8_t>;

/// Puts messages of the DNS together.
class dns_message
{
public:
    dns_message& number16(unsigned n)
    {
        text.push_back(static_cast<std::uint8_t>(n >> 8U));
        text.push_back(static_cast<std::uint8_t>(n));
        return *this;
    }

    dns_message& number32(std::uint32_t n) { return number16(n >> 16U).number16(n & 0xffffU); }

    dns_message& name(std::string_view dotted)
    {
        while (!dotted.empty())
        {
            const auto label = dotted.substr(0, dotted.find('.'));
            text.push_back(static_cast<std::uint8_t>(label.size()));
            text.insert(text.end(), label.begin(), label.end());
            dotted.remove_prefix(std::min(label.size() + 1, dotted.size()));
        }
        text.push_back(0);
        return *this;
    }

    dns_message& append(const bytes& more)
    {
        text.insert(text.end(), more.begin(), more.end());
        return *this;
    }

    /// The head of a record whose owner is the name of the question.
    dns_message& record(unsigned type, std::uint32_t ttl, const bytes& what)
    {
        number16(0xc00c).number16(type).number16(1).number32(ttl);
        return number16(static_cast<unsigned>(what.size())).append(what);
    }

    dns_message& service(std::uint32_t ttl, unsigned priority, unsigned weight, unsigned port,
                         std::string_view target)
    {
        dns_message what;
        what.number16(priority).number16(weight).number16(port).name(target);
        return record(33, ttl, what.text);
    }

    bytes text{};
};

/// What was asked.
struct dns_question
{
    bytes message{};
    std::string name{};
    unsigned type = 0;

    /// The begin of an answer to it with so many records, and an error if `code` says so.
    dns_message answer(unsigned records, unsigned code = 0) const
    {
        dns_message m;
        m.append({message.begin(), message.begin() + 2}).number16(0x8180U | code);
        m.number16(1).number16(records).number16(0).number16(0);
        return m.append({message.begin() + 12,
                         message.begin() + 12 + static_cast<std::ptrdiff_t>(name.size()) + 5});
    }
};

/// A server of the DNS on the context of a test, that says what the test has it say.
class dns_responder
{
public:
    /// What is sent back; nothing: it is silent.
    using answer = std::function<std::optional<bytes>(const dns_question&)>;

    dns_responder(asio::io_context& io, answer a)
        : socket_(io, {loopback(), 0})
        , answer_(std::move(a))
    {
        receive();
    }

    std::string server() const
    {
        return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
    }

    const std::vector<dns_question>& questions() const { return questions_; }

    /// Answers the last question again, or for the first time.
    void send(const bytes& message) { socket_.send_to(asio::buffer(message), peer_); }

    void close() { socket_.close(); }

private:
    static asio::ip::address loopback() { return asio::ip::address_v4::loopback(); }

    void receive()
    {
        socket_.async_receive_from(
            asio::buffer(buffer_), peer_,
            [this](boost::system::error_code ec, std::size_t length)
            {
                if (ec)
                    return;
                received({buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(length)});
                receive();
            });
    }

    void received(bytes message)
    {
        dns_question q{.message = std::move(message)};
        std::size_t at = 12;
        while (q.message.at(at) != 0)
        {
            const std::size_t length = q.message[at];
            for (std::size_t i = at + 1; i <= at + length; ++i)
                q.name += static_cast<char>(q.message.at(i));
            q.name += '.';
            at += length + 1;
        }
        q.type = q.message.at(at + 1) * 256U + q.message.at(at + 2);
        questions_.push_back(q);
        if (const auto back = answer_(q))
            send(*back);
    }

    asio::ip::udp::socket socket_;
    answer answer_;
    std::array<std::uint8_t, 1500> buffer_{};
    asio::ip::udp::endpoint peer_;
    std::vector<dns_question> questions_;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#include "soak/clients.hpp"

#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/endpoints/unix.hpp>
#include <holdfast/retry/fixed.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace soak
{
namespace
{
namespace hf = holdfast;
using hf::error_code;
using namespace std::chrono_literals;

constexpr std::string_view greeting = "hello\n";

/// A protocol that reads until its stream ends.
template <class Stream>
class reader : public std::enable_shared_from_this<reader<Stream>>
{
public:
    explicit reader(Stream s) : stream_(std::move(s)) {}

    template <class Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [self = this->shared_from_this()](auto&& done)
            { self->read(std::forward<decltype(done)>(done)); }, token);
    }

    void close() noexcept
    {
        error_code ignored; // it may be closed already
        stream_.close(ignored);
    }

    asio::awaitable<void> greet()
    {
        co_await asio::async_write(stream_, asio::buffer(greeting), asio::use_awaitable);
    }

private:
    template <class Handler>
    void read(Handler&& done)
    {
        stream_.async_read_some(
            asio::buffer(room_),
            [self = this->shared_from_this(),
             done = std::forward<Handler>(done)](error_code ec, std::size_t) mutable
            {
                if (ec)
                    std::move(done)(ec);
                else
                    self->read(std::move(done));
            });
    }

    Stream stream_;
    std::array<char, 512> room_{};
};

/// A connection that is ready when the server has answered.
template <class Stream>
asio::awaitable<void> converse(Stream s, hf::session& me)
{
    std::array<char, 512> room;
    s.non_blocking(true);
    co_await asio::async_write(s, asio::buffer(greeting), asio::use_awaitable);
    co_await s.async_read_some(asio::buffer(room), asio::use_awaitable);
    me.ready();
    for (;;)
        co_await s.async_read_some(asio::buffer(room), asio::use_awaitable);
}

/// Greets, answers a few times, and hangs up.
class answerer : public hf::callback_protocol
{
    void made(hf::transport& t) override
    {
        transport_ = &t;
        t.write(greeting);
    }

    void received(std::string_view bytes) override
    {
        if (++answers_ == answers_max)
            transport_->close();
        else
            transport_->write(bytes);
    }

    void lost(error_code) override { transport_ = nullptr; }

    static constexpr int answers_max = 50;

    hf::transport* transport_ = nullptr;
    int answers_ = 0;
};

template <class Protocol>
class client_of final : public client
{
public:
    client_of(const hf::client_definition<Protocol>& d, counts& c) : counts_(c), service_(d)
    {
        ++counts_.services;
        service_.start();
    }

    void act(std::mt19937& random) override
    {
        switch (random() % 10)
        {
        case 0:
            return service_.stop();
        case 1:
            return service_.retry_now();
        case 2:
            return service_.reset();
        case 3:
            ++counts_.waits;
            return service_.async_stop([&c = counts_](error_code) { ++c.completions; });
        case 4:
            return wait({hf::fail_after{3}, hf::within{50ms}});
        case 5:
            return wait({}); // until it is connected, stopped or destroyed
        default:
            return service_.start();
        }
    }

private:
    void wait(hf::wait_limit limit)
    {
        ++counts_.waits;
        service_.async_when_connected(limit,
                                      [&c = counts_](error_code, const auto&) { ++c.completions; });
    }

    counts& counts_;
    hf::client_service<Protocol> service_;
};

template <class Protocol>
hf::client_options<Protocol> options(counts& c)
{
    hf::client_options<Protocol> o{.retry = hf::retry::fixed{100ms},
                                   .attempt_timeout = 200ms,
                                   .prepare_timeout = 100ms,
                                   .stop_timeout = 100ms,
                                   .stable_after = 1s};
    o.observe = [&c](const hf::event& e)
    {
        c.dials += e.kind == hf::event_kind::dialling;
        c.connections += e.kind == hf::event_kind::connected;
        c.failures += e.kind == hf::event_kind::failed;
        c.losses += e.kind == hf::event_kind::lost;
    };
    return o;
}
}

template <class Endpoint>
void client_maker::add(asio::io_context& context, const Endpoint& e)
{
    using stream = typename Endpoint::stream_type;
    const auto add_kind = [&](auto factory, auto o)
    {
        const hf::client_definition definition(context, e, std::move(factory), std::move(o));
        using protocol = typename decltype(hf::client_service(definition))::protocol_type;
        kinds_.push_back([definition, &c = counts_]
                         { return std::make_unique<client_of<protocol>>(definition, c); });
    };
    auto with_preparation = options<reader<stream>>(counts_);
    with_preparation.prepare = [n = 0](reader<stream>& r) mutable
    {
        if (++n % 8 == 0)
            throw boost::system::system_error(asio::error::access_denied);
        return r.greet();
    };
    add_kind([](stream s) { return std::make_shared<reader<stream>>(std::move(s)); },
             std::move(with_preparation));
    add_kind([](stream s, hf::session& me) { return converse(std::move(s), me); },
             options<hf::session>(counts_));
    add_kind([] { return std::make_shared<answerer>(); }, options<answerer>(counts_));
}

client_maker::client_maker(asio::io_context& context, const servers& s, counts& c) : counts_(c)
{
    add(context, hf::tcp("127.0.0.1", s.port()));
    add(context, hf::tcp("localhost", s.port()));
    add(context, hf::unix_socket(s.path()));
}

std::unique_ptr<client> client_maker::operator()()
{
    return kinds_[static_cast<std::size_t>(counts_.services) % kinds_.size()]();
}
}

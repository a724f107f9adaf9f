// SPDX-License-Identifier: BSL-1.0
// What it costs to write a chunk and read its echo through a connection of a `client_service`.
//
//     data PORT BYTES COUNT session|protocol|callback
#include "../exchange.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/protocols/callback_protocol.hpp>
#include <holdfast/protocols/session.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using hf::error_code;
using stream_type = hf::tcp::stream_type;

/// Exchanges, and is done.
class connection
{
public:
    connection(stream_type stream, asio::io_context& context, std::size_t size, long count)
        : stream_(std::move(stream))
        , exchange_(stream_, size, count, [&context] { context.stop(); })
    {
    }

    template <asio::completion_token_for<void(error_code)> Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [this](auto handler)
            {
                decltype(ended_)(std::move(handler)).swap(ended_);
                exchange_.start();
            },
            token);
    }

    void close() noexcept
    {
        error_code ignored; // there is nothing to flush
        stream_.close(ignored);
    }

private:
    stream_type stream_;
    asio::any_completion_handler<void(error_code)> ended_;
    bench::exchange<stream_type, std::function<void()>> exchange_;
};

/// The same exchange, in callbacks of the library.
class callbacks : public hf::callback_protocol
{
public:
    callbacks(asio::io_context& context, std::size_t size, long count)
        : context_(context)
        , chunk_(size, 'x')
        , lap_(count)
    {
    }

    void made(hf::transport& t) override
    {
        transport_ = &t;
        t.write(chunk_);
    }

    void received(std::string_view bytes) override
    {
        if (received_ += bytes.size(); received_ < chunk_.size())
            return;
        received_ = 0;
        if (lap_.next())
            return transport_->write(chunk_);
        bench::print_exchanges(lap_);
        context_.stop();
    }

private:
    asio::io_context& context_;
    std::string chunk_;
    bench::lap lap_;
    hf::transport* transport_ = nullptr;
    std::size_t received_ = 0;
};
}

int main(int argc, char** argv)
{
    if (argc != 5)
        return 2;
    asio::io_context context(1);
    const auto size = static_cast<std::size_t>(std::atol(argv[2]));
    const long count = std::atol(argv[3]);
    const hf::tcp server("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1])));
    if (argv[4] == std::string_view("session"))
    {
        hf::client_service service(context.get_executor(), server,
                                   [&](auto stream) -> asio::awaitable<void>
                                   {
                                       co_await bench::exchange_in_coroutine(stream, size, count);
                                       context.stop();
                                   });
        service.start();
        context.run();
        return 0;
    }
    if (argv[4] == std::string_view("callback"))
    {
        hf::client_service service(context.get_executor(), server, [&]
                                   { return std::make_shared<callbacks>(context, size, count); });
        service.start();
        context.run();
        return 0;
    }
    hf::client_service<connection> service(
        context.get_executor(), server, [&](stream_type stream)
        { return std::make_shared<connection>(std::move(stream), context, size, count); });
    service.start();
    context.run();
}

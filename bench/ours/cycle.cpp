// SPDX-License-Identifier: BSL-1.0
// Connect, lose, connect again, with `client_service`.
//
//     cycle PORT CLIENTS CYCLES HOST
#include "../cycles.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/retry/immediately.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <utility>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using hf::error_code;
using stream_type = hf::tcp::stream_type;

/// Reads until the connection is lost, and counts that.
class connection
{
public:
    connection(stream_type stream, asio::io_context& context, bench::cycles& cycles)
        : stream_(std::move(stream))
        , context_(context)
        , cycles_(cycles)
    {
    }

    template <asio::completion_token_for<void(error_code)> Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [this](auto handler) { this->read(std::move(handler)); }, token);
    }

    void close() noexcept
    {
        error_code ignored; // there is nothing to flush
        stream_.close(ignored);
    }

private:
    template <class Handler>
    void read(Handler handler)
    {
        stream_.async_read_some(
            asio::buffer(&byte_, 1),
            [this, handler = std::move(handler)](error_code error, std::size_t) mutable
            {
                if (!error)
                    return read(std::move(handler));
                if (cycles_.lost())
                    context_.stop();
                std::move(handler)(error);
            });
    }

    stream_type stream_;
    asio::io_context& context_;
    bench::cycles& cycles_;
    char byte_ = 0;
};
}

int main(int argc, char** argv)
{
    if (argc != 5)
        return 2;
    asio::io_context context(1);
    bench::cycles cycles(std::atol(argv[3]));
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    const hf::client_definition<connection> definition(
        context.get_executor(), hf::tcp(argv[4], port), [&](stream_type stream)
        { return std::make_shared<connection>(std::move(stream), context, cycles); },
        {.retry = hf::retry::immediately{}});
    std::deque<hf::client_service<connection>> services;
    for (int i = 0; i < std::atoi(argv[2]); ++i)
        services.emplace_back(definition).start();
    context.run();
    cycles.print();
}

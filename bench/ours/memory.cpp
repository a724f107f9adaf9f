// SPDX-License-Identifier: BSL-1.0
// How many bytes a `client_service` takes that waits, or that is connected.
//
//     memory PORT CLIENTS waiting|connected
#include "../memory.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/retry/fixed.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using hf::error_code;
using stream_type = hf::tcp::stream_type;

/// Reads, and nothing comes.
class connection
{
public:
    explicit connection(stream_type stream) : stream_(std::move(stream)) {}

    template <asio::completion_token_for<void(error_code)> Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [this](auto handler)
            {
                stream_.async_read_some(
                    asio::buffer(&byte_, 1),
                    [handler = std::move(handler)](error_code error, std::size_t) mutable
                    { std::move(handler)(error); });
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
    char byte_ = 0;
};
}

int main(int argc, char** argv)
{
    if (argc != 4)
        return 2;
    bench::raise_descriptor_limit();
    asio::io_context context(1);
    std::size_t connected = 0;
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    const hf::client_definition<connection> definition(
        context.get_executor(), hf::tcp("127.0.0.1", port),
        [&](stream_type stream)
        {
            ++connected;
            return std::make_shared<connection>(std::move(stream));
        },
        {.retry = hf::retry::fixed{std::chrono::hours(1)}});
    std::deque<hf::client_service<connection>> services;
    const bool waiting = argv[3] == std::string_view("waiting");

    const auto make = [&] { services.emplace_back(definition).start(); };
    const auto settle = [&]
    {
        while (!waiting && connected < services.size())
            context.run_one();
        while (context.poll() != 0)
            continue; // what is left waits for an hour, or for a byte that never comes
    };
    bench::print_memory(std::atol(argv[2]), make, settle);
}

// SPDX-License-Identifier: BSL-1.0
// What it costs to ask a connected service for its connection.
//
//     calls PORT
#include "../measure.hpp"
#include "allocations.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <utility>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using hf::error_code;
using stream_type = hf::tcp::stream_type;

/// Does nothing until it is closed.
class connection
{
public:
    explicit connection(stream_type stream) : stream_(std::move(stream)) {}

    template <asio::completion_token_for<void(error_code)> Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [this](auto handler) { decltype(ended_)(std::move(handler)).swap(ended_); }, token);
    }

    void close() noexcept
    {
        if (ended_)
            asio::post(stream_.get_executor(),
                       [ended = std::move(ended_)]() mutable { std::move(ended)(error_code()); });
    }

private:
    stream_type stream_;
    asio::any_completion_handler<void(error_code)> ended_;
};

using service = hf::client_service<connection>;

/// The best of a few rounds: the time of the call itself, without what disturbed it.
double current_ns(const service& s)
{
    constexpr long count = 20'000'000;
    double best = std::numeric_limits<double>::max();
    for (int round = 0; round < 7; ++round)
    {
        bench::lap lap(count);
        do
        {
            const connection* c = s.current().get();
            asm volatile("" : : "r"(c) : "memory");
        } while (lap.next());
        best = std::min(best, lap.processor() * 1e9);
    }
    return best;
}

/// Asks again and again, each time from the handler of the last.
struct asking
{
    void ask()
    {
        s.async_when_connected(
            [this](error_code error, const std::shared_ptr<connection>& c)
            {
                if (error || !c)
                    std::abort(); // the service is connected and stays so
                if (--warm_up == 0)
                    before = bench::allocations();
                if (lap.next())
                    return ask();
                allocated = bench::allocations() - before;
                s.stop();
            });
    }

    service& s;
    static constexpr long count = 1'000'000;
    bench::lap lap{count};
    long warm_up = count / 10;
    long before = 0;
    long allocated = 0;
};
}

int main(int argc, char** argv)
{
    if (argc != 2)
        return 2;
    asio::io_context context(1);
    service s(context.get_executor(),
              hf::tcp("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1]))),
              [](stream_type stream) { return std::make_shared<connection>(std::move(stream)); });
    s.start();
    while (!s.current())
        context.run_one();
    const double current = current_ns(s);
    asking a{s};
    asio::post(context, [&] { a.ask(); });
    context.run();
    std::printf("{\"current_ns\": %.3f, \"when_connected_ns\": %.1f, "
                "\"when_connected_allocations\": %g}\n",
                current, a.lap.processor() * 1e9,
                static_cast<double>(a.allocated) / static_cast<double>(asking::count));
}

// SPDX-License-Identifier: BSL-1.0
// Observing a service, and stopping it: an observer is told of every change, and a stop has
// completed when nothing is left.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <vector>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;
using hf::event_kind;
using hf::testing::serve_step;

namespace
{
asio::awaitable<void> read_to_the_end(hf::tcp::stream_type stream)
{
    for (std::array<char, 64> bytes;;)
        co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

// [observer]
void print(const hf::event& e)
{
    std::cout << e.name << ": " << to_string(e.kind);
    if (e.kind == event_kind::waiting)
        std::cout << " for " << std::chrono::duration<double>(e.delay).count() << " s";
    else if (e.kind == event_kind::failed || e.kind == event_kind::lost)
        std::cout << ": " << e.why->code.message();
    std::cout << '\n';
}
// [/observer]
}

int main()
{
    asio::io_context context;
    // One connection is reset at once; the next one stays.
    hf::testing::flaky_server server(context.get_executor(), {serve_step::reset(10ms)});

    std::vector<event_kind> seen;
    hf::client_service service(context, hf::tcp("127.0.0.1", server.port()), read_to_the_end,
                               {.name = "feed",
                                .retry = hf::retry::fixed{20ms},
                                .observe = [&](const hf::event& e)
                                {
                                    print(e);
                                    seen.push_back(e.kind);
                                }});
    service.start();
    while (server.accepted() < 2 || service.current() == nullptr)
        context.run_one();

    // [stop]
    service.async_stop(
        [&](hf::error_code ec)
        {
            std::cout << "nothing is left" << (ec ? ", by force" : "") << '\n';
            context.stop();
        });
    // [/stop]
    context.run();

    // What failed last can be asked for at any time.
    std::cout << "last failure: " << to_string(service.last_failure()->phase) << ", "
              << service.last_failure()->code.message() << '\n';

    const std::vector<event_kind> expected{
        event_kind::dialling, event_kind::connected, event_kind::lost,     event_kind::waiting,
        event_kind::dialling, event_kind::connected, event_kind::stopping, event_kind::stopped};
    return seen == expected && service.state() == hf::service_state::stopped ? 0 : 1;
}

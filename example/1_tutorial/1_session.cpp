// SPDX-License-Identifier: BSL-1.0
// A session: the connection lives as long as a coroutine, and there is always a next one.
#include <holdfast.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

int main()
{
    asio::io_context context;

    // A server that greets whoever comes, and hangs up after 20 ms.
    hf::testing::flaky_server server(context.get_executor());
    server.otherwise({.greeting = "good day\n",
                      .end = hf::testing::serve_step::ending::close,
                      .end_after = 20ms});

    // [session]
    // A session of each connection: it reads lines until the server hangs up.
    int lines = 0;
    auto session = [&](hf::tcp::stream_type stream) -> asio::awaitable<void>
    {
        for (std::string text;;)
        {
            const auto end = co_await asio::async_read_until(stream, asio::dynamic_buffer(text),
                                                             '\n', asio::use_awaitable);
            std::cout << "  the server says: " << text.substr(0, end);
            text.erase(0, end);
            ++lines;
        }
    };

    hf::client_service service(
        context, hf::tcp("127.0.0.1", server.port()), session,
        {.retry = hf::retry::backoff{.initial = 50ms},
         .observe = [](const hf::event& e) { std::cout << to_string(e.kind) << '\n'; }});
    service.start();
    // [/session]
    while (lines < 3)
        context.run_one();

    service.async_stop([&](hf::error_code) { context.stop(); });
    context.run();
    return service.state() == hf::service_state::stopped ? 0 : 1;
}

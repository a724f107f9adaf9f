// SPDX-License-Identifier: BSL-1.0
// Preparation: what must be said on each new connection before anybody may use it. A connection
// that cannot be prepared is one more failed attempt.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;
using hf::testing::serve_step;

namespace
{
/// The next line; what was read beyond it stays in `text`.
asio::awaitable<std::string> read_line(hf::tcp::stream_type& stream, std::string& text)
{
    const auto end = co_await asio::async_read_until(stream, asio::dynamic_buffer(text), '\n',
                                                     asio::use_awaitable);
    const auto line = text.substr(0, end - 1);
    text.erase(0, end);
    co_return line;
}

// [ready]
asio::awaitable<void> feed(hf::tcp::stream_type stream, hf::session& session)
{
    // The preparation: until ready() nobody who waits for the connection gets it.
    const std::string login = "login anna\n";
    co_await asio::async_write(stream, asio::buffer(login), asio::use_awaitable);
    std::string text;
    if (const auto answer = co_await read_line(stream, text); answer != "welcome")
        throw std::runtime_error("the server says: " + answer);

    session.ready();
    for (;;)
        std::cout << "news: " << co_await read_line(stream, text) << '\n';
}
// [/ready]

asio::awaitable<bool> prepare(asio::io_context& context)
{
    hf::testing::flaky_server server(context.get_executor(), {serve_step::send("too many users\n"),
                                                              serve_step::send("welcome\n")});

    int failures = 0;
    hf::client_service service(context, hf::tcp("127.0.0.1", server.port()), feed,
                               {.retry = hf::retry::fixed{20ms},
                                .prepare_timeout = 2s,
                                .observe = [&](const hf::event& e)
                                {
                                    if (e.kind != hf::event_kind::failed)
                                        return;
                                    ++failures;
                                    std::cout << "failed in " << to_string(e.why->phase) << ": "
                                              << e.why->code.message() << '\n';
                                }});
    service.start();
    co_await service.async_when_connected();
    std::cout << "ready, after " << failures << " failure\n";
    co_await service.async_stop();
    co_return failures == 1 && server.accepted() == 2;
}
}

int main()
{
    asio::io_context context;
    bool good = false;
    asio::co_spawn(context, prepare(context),
                   [&](std::exception_ptr e, bool result)
                   {
                       context.stop();
                       if (e)
                           std::rethrow_exception(e);
                       good = result;
                   });
    context.run();
    return good ? 0 : 1;
}

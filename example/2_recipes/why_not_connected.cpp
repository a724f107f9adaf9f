// SPDX-License-Identifier: BSL-1.0
// Asks a service why it is not connected, and what became of its last attempts. The server is
// written down and the clock stands still but when it is moved, so that it prints the same each
// time.
#include <holdfast/client_service.hpp>
#include <holdfast/observe/history.hpp>
#include <holdfast/observe/metrics.hpp>
#include <holdfast/observe/tell_all.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;
using hf::testing::dial_step;

namespace
{
asio::awaitable<void> read_to_the_end(hf::testing::memory_stream stream)
{
    for (std::array<char, 64> bytes;;)
        co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

/// Prints a line, folded so that it fits a page.
void print(std::string line)
{
    for (constexpr std::size_t width = 96; line.size() > width;)
    {
        const auto end = line.rfind(' ', width);
        std::cout << line.substr(0, end) << '\n';
        line.replace(0, end + 1, "    ");
    }
    std::cout << line << '\n';
}

void print_attempts(const hf::history& past)
{
    // [attempts]
    for (const hf::attempt_record& a : past.attempts())
        std::cout << "attempt " << a.attempt << (a.connected ? ", connected" : "")
                  << (a.why ? ": " + a.why->code.message() : "") << '\n';
    // [/attempts]
}
}

int main()
{
    hf::testing::manual_clock clock;
    asio::io_context context;
    const hf::testing::scripted_endpoint endpoint{
        dial_step::fail(asio::error::connection_refused, 200us),
        dial_step::fail(asio::error::host_unreachable, 3s)};

    // [why]
    hf::history past;
    hf::metrics counts;
    hf::client_service service(context, endpoint, read_to_the_end,
                               {.retry = hf::retry::fixed{10s},
                                .observe = hf::tell_all({past, counts.for_service("cache")}),
                                .clock = &clock});

    const auto why = [&] { print(past.why(clock.now())); };
    // [/why]
    why();
    service.start();
    for (const auto later : {4s, 8s, 6s, 192s})
    {
        clock.advance(later, context);
        why();
    }
    endpoint.last().peer().close();
    clock.advance(1s, context);
    why();
    service.stop();
    clock.advance(0s, context);
    why();

    std::cout << '\n';
    print_attempts(past);

    std::cout << '\n';
    const auto page = counts.text(clock.now());
    for (std::size_t begin = 0, end = 0; begin < page.size(); begin = end + 1)
    {
        end = page.find('\n', begin);
        const auto line = page.substr(begin, end - begin);
        if (line.starts_with("holdfast_") && line.find("_total") != line.npos)
            std::cout << line << '\n';
    }
    return past.state() == hf::service_state::stopped && past.connections() == 1 ? 0 : 1;
}

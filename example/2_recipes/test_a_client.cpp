// SPDX-License-Identifier: BSL-1.0
// How to test a client of your own: an endpoint that follows a script, and a clock that is moved by
// hand. An hour passes in no time, and every failure comes when the test says so.
#include <holdfast/client_service.hpp>
#include <holdfast/retry/schedule.hpp>
#include <holdfast/testing/check_no_leaks.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;
using hf::testing::dial_step;

namespace
{
int failed_checks = 0;

void check(bool good, const char* what)
{
    if (!good)
    {
        std::cout << "wrong: " << what << '\n';
        ++failed_checks;
    }
}

// The client under test: written for any stream, so that it runs on the test's.
struct collector
{
    std::vector<std::string>& lines;

    template <class Stream>
    asio::awaitable<void> operator()(Stream stream)
    {
        for (std::string text;;)
        {
            const auto end = co_await asio::async_read_until(stream, asio::dynamic_buffer(text),
                                                             '\n', asio::use_awaitable);
            lines.push_back(text.substr(0, end - 1));
            text.erase(0, end);
        }
    }
};
}

int main()
{
    hf::testing::manual_clock clock; // before the context, so that it outlives what that holds
    asio::io_context context;
    hf::testing::check_no_leaks leaks;

    // [scripted]
    // The first dial is refused after 3 s, the second hangs, all others connect.
    hf::testing::scripted_endpoint endpoint{dial_step::fail(asio::error::connection_refused, 3s),
                                            dial_step::hang()};
    leaks.watch(clock).watch(endpoint);

    std::vector<std::string> lines;
    {
        hf::client_service service(
            context, endpoint, collector{lines},
            {.retry = hf::retry::schedule{1min, 1h}, .attempt_timeout = 30s, .clock = &clock});
        service.start();

        clock.advance(3s, context); // refused: it waits one minute
        check(service.state() == hf::service_state::waiting, "it waits after the refusal");

        clock.advance(59s, context);
        check(endpoint.dial_count() == 1, "not before the minute is over");
        clock.advance(1s, context);
        check(endpoint.dial_count() == 2, "and then at once");

        clock.advance(30s, context); // the attempt that hangs is given up
        check(endpoint.last().cancelled(), "what hangs is cancelled");
        check(service.last_failure()->code == std::errc::timed_out, "and has timed out");

        clock.advance(1h, context); // no real time has passed
        check(service.state() == hf::service_state::connected, "connected after an hour");

        endpoint.last().peer().give("one\ntwo\n"); // the test is the server
        clock.advance(0s, context);
        check(lines == std::vector<std::string>{"one", "two"}, "it collects lines");

        service.stop();
        clock.advance(0s, context);
    }
    for (const auto& sentence : leaks.left()) // no timer, no dial, no stream, no descriptor
        check(false, sentence.c_str());
    // [/scripted]

    std::cout << (failed_checks == 0 ? "all is well\n" : "");
    return failed_checks;
}

// SPDX-License-Identifier: BSL-1.0
// A policy of your own is any function that is told what happened and answers with a delay.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <optional>
#include <random>
#include <vector>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

namespace
{
asio::awaitable<void> read_to_the_end(hf::tcp::stream_type stream)
{
    for (std::array<char, 64> bytes;;)
        co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

// [context_policy]
/// Waits longer for a server that is not there than for a connection that broke, and gives up on a
/// name that does not exist.
std::optional<hf::duration> by_cause(const hf::retry::context& c)
{
    if (c.last != nullptr && c.last->code == asio::error::host_not_found)
        return std::nullopt; // give up
    const hf::duration most =
        c.last != nullptr && c.last->phase == hf::phase::session ? 10ms : 40ms;
    // Jitter, so that many clients of one server do not return in step.
    std::uniform_int_distribution<hf::duration::rep> more(0, most.count() / 2);
    return most / 2 + hf::duration(more(c.random));
}
// [/context_policy]
}

int main()
{
    asio::io_context context;
    hf::testing::flaky_server server(context.get_executor());
    server.otherwise(hf::testing::serve_step::close());

    std::vector<hf::duration> after_loss;
    std::vector<hf::duration> after_refusal;
    hf::client_service service(context, hf::tcp("127.0.0.1", server.port()), read_to_the_end,
                               {.retry = by_cause,
                                .observe = [&](const hf::event& e)
                                {
                                    if (e.kind != hf::event_kind::waiting)
                                        return;
                                    std::cout << to_string(e.why->phase) << ": "
                                              << e.why->code.message() << ", next in "
                                              << e.delay / 1us << " us\n";
                                    if (e.why->phase == hf::phase::session)
                                        after_loss.push_back(e.delay);
                                    else
                                        after_refusal.push_back(e.delay);
                                }});
    service.start();
    while (after_loss.size() < 2)
        context.run_one();
    server.stop_listening();
    while (after_refusal.size() < 2)
        context.run_one();

    // [int_policy]
    // Where the number of failures is enough, so is a function of that: here 1, 2, 3 ... seconds.
    const hf::retry::policy linear = [](int failures) { return std::chrono::seconds(failures); };
    // [/int_policy]
    hf::retry::random random(1);
    const auto third = linear({.failures = 3, .random = random});

    for (const auto d : after_loss)
        if (d < 5ms || d > 10ms) // the floor is 10 ms: what is drawn below is raised to it
            return 1;
    for (const auto d : after_refusal)
        if (d < 20ms || d > 40ms)
            return 1;
    return third == 3s ? 0 : 1;
}

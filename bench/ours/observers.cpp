// SPDX-License-Identifier: BSL-1.0
// What the observers take that come with the library: bytes for each service, time for each event,
// and the time to write the metrics of a thousand services.
//
//     observers
#include "../measure.hpp"

#include <holdfast/observe/event_stream.hpp>
#include <holdfast/observe/history.hpp>
#include <holdfast/observe/log.hpp>
#include <holdfast/observe/metrics.hpp>
#include <holdfast/observe/tell_all.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <malloc.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using hf::event_kind;
using hf::service_state;
using namespace std::chrono_literals;

/// A life of twenty attempts that fail and one that connects: 62 events.
constexpr int events_per_life = 62;

void live(const hf::observer& tell)
{
    const auto endpoint = std::make_shared<const std::string>("tcp:127.0.0.1:6379");
    hf::event e{.name = "cache", .endpoint = *endpoint, .at = hf::time_point(1h)};
    const auto happen = [&](event_kind kind, service_state state)
    {
        e.kind = kind;
        e.state = state;
        e.at += 1ms;
        tell(e);
    };
    for (e.attempt = 1; e.attempt <= 20; ++e.attempt)
    {
        happen(event_kind::dialling, service_state::dialling);
        e.failures = e.attempt;
        e.why = std::make_shared<const hf::failure>(hf::failure{
            .code = asio::error::connection_refused, .attempt = e.attempt, .endpoint = endpoint});
        happen(event_kind::failed, service_state::choosing);
        happen(event_kind::waiting, service_state::waiting);
    }
    happen(event_kind::dialling, service_state::dialling);
    happen(event_kind::connected, service_state::connected);
}

/// Bytes of the heap that are in use.
std::size_t heap_bytes()
{
    return ::mallinfo2().uordblks;
}

/// By how much the heap grows for each of many observers that have seen a life.
template <class Make>
void print_bytes(const char* name, Make make)
{
    constexpr std::size_t count = 10'000;
    std::vector<hf::observer> all;
    all.reserve(count + 1000);
    const auto grow = [&](std::size_t more)
    {
        for (; more != 0; --more)
            live(all.emplace_back(make(all.size())));
    };
    grow(1000);
    const auto before = heap_bytes();
    grow(count);
    const auto growth = static_cast<double>(heap_bytes() - before);
    std::printf("%-38s %8.0f bytes\n", name, growth / static_cast<double>(count));
}

/// How long an event takes; without one, what telling it takes is told.
void print_time(const char* name, const hf::observer& tell)
{
    constexpr long lives = 20'000;
    bench::lap lap(lives);
    do
        live(tell);
    while (lap.next());
    std::printf("%-38s %8.0f ns\n", name, lap.processor() / events_per_life * 1e9);
}

void print_page()
{
    hf::metrics counts;
    for (int i = 0; i < 1000; ++i)
    {
        const auto service = counts.for_service("service-" + std::to_string(i));
        live(service);
        service({.kind = event_kind::lost, .state = service_state::choosing, .at = {}});
        service.record_wait(1ms);
    }
    std::size_t size = 0;
    bench::lap lap(50);
    do
        size = counts.text(hf::time_point(2h)).size();
    while (lap.next());
    std::printf("%-38s %8.1f ms\n", "metrics of 1,000 services, as text", lap.processor() * 1e3);
    std::printf("%-38s %8.1f MB\n", "", static_cast<double>(size) * 1e-6);
}
}

int main()
{
    hf::metrics counts;
    asio::io_context context;
    hf::event_stream stream(context);
    print_bytes("nobody", [](auto) { return [](const hf::event&) {}; });
    print_bytes("a history of 16 attempts, failures too", [](auto) { return hf::history(); });
    print_bytes("a history of one attempt, likewise", [](auto) { return hf::history(1); });
    print_bytes("metrics", [&](std::size_t i) { return counts.for_service(std::to_string(i)); });
    print_bytes("log_lines", [](auto) { return hf::log_lines([](std::string_view) {}); });
    print_time("an event, told to nobody", [](const hf::event&) {});
    print_time("  to a history", hf::history());
    print_time("  to metrics", counts.for_service("cache"));
    print_time("  to log_lines", hf::log_lines([](std::string_view) {}));
    print_time("  to an event_stream", stream.observe());
    print_page();
}

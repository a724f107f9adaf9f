// SPDX-License-Identifier: BSL-1.0
// Whether Prometheus reads what `metrics` writes, of a real service with a real server.
#include "support/missing.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/observe/metrics.hpp>
#include <holdfast/retry/fixed.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

bool installed(const std::string& program)
{
    return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

#define SKIP_WITHOUT(program) SKIP_UNLESS(installed(program), program " is not installed")

asio::awaitable<void> read_to_the_end(hf::tcp::stream_type stream)
{
    for (std::array<char, 64> bytes;;)
        co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

/// What Prometheus has to say of `text`; empty if nothing.
std::string check(const std::string& text)
{
    support::process promtool({"promtool", "check", "metrics"});
    promtool.write(text);
    promtool.close_input();
    const auto status = promtool.wait();
    const auto said = promtool.output() + promtool.errors();
    return status == 0 ? said : said + "exit status " + std::to_string(status.value_or(-1));
}

/// Metrics in which everything has happened that can be brought about with one server.
class metrics_for_prometheus : public ::testing::Test
{
protected:
    void make()
    {
        auto redis = support::server_process::redis();
        const auto cache = counts.for_service("cache \"of\" \\ all\n\xff");
        hf::client_service service(context, hf::tcp("127.0.0.1", redis.port()), read_to_the_end,
                                   {.retry = hf::retry::fixed{5ms}, .observe = cache});
        const auto connected = [&] { return service.state() == hf::service_state::connected; };
        service.start();
        ASSERT_TRUE(run_until(connected));
        redis.kill();
        ASSERT_TRUE(run_until([&] { return cached("holdfast_failures_total", "refused"); }));
        redis.restart();
        ASSERT_TRUE(run_until(connected));
        cache.record_wait(3ms);
        service.stop();
        ASSERT_TRUE(run_until([&] { return service.state() == hf::service_state::stopped; }));
        const auto other = counts.for_service("idle");
    }

    template <class Condition>
    bool run_until(Condition met)
    {
        const auto end = std::chrono::steady_clock::now() + support::process::patience;
        context.restart();
        while (!met())
            if (context.run_one_until(end) == 0)
                return met();
        return true;
    }

    /// Whether there is a sample of that name with that label.
    bool cached(const std::string& name, const std::string& label) const
    {
        return std::regex_search(text(), std::regex("\n" + name + "[^\n]*" + label));
    }

    std::string text(hf::metrics_format format = hf::metrics_format::prometheus) const
    {
        return counts.text(std::chrono::steady_clock::now(), format);
    }

    asio::io_context context;
    hf::metrics counts;
};

TEST_F(metrics_for_prometheus, pass_its_checks)
{
    SKIP_WITHOUT("redis-server");
    SKIP_WITHOUT("promtool");
    make();
    const auto page = text();
    for (const auto* name :
         {"holdfast_attempts_total", "holdfast_connections_total", "holdfast_failures_total",
          "holdfast_connections_lost_total", "holdfast_state",
          "holdfast_last_change_timestamp_seconds", "holdfast_attempt_duration_seconds_sum",
          "holdfast_connection_lifetime_seconds_sum",
          "holdfast_time_without_connection_seconds_sum", "holdfast_wait_duration_seconds_sum"})
        EXPECT_TRUE(cached(name, "cache")) << name;
    EXPECT_EQ(check(page), "") << page;
    EXPECT_NE(check(page + page), ""); // it does look
}

// It reads OpenMetrics where it takes old measurements, which bring their time with them.
TEST_F(metrics_for_prometheus, are_read_as_open_metrics)
{
    SKIP_WITHOUT("redis-server");
    SKIP_WITHOUT("promtool");
    make();
    const auto folder = fs::path(::testing::TempDir()) / ("metrics-" + std::to_string(::getpid()));
    fs::create_directory(folder);
    const auto page = std::regex_replace(text(hf::metrics_format::open_metrics),
                                         std::regex("(\n[^#][^\n]*\\} [^\n]*)"), "$1 1700000000");
    std::ofstream(folder / "page") << page;
    support::process promtool({"promtool", "tsdb", "create-blocks-from", "openmetrics",
                               (folder / "page").string(), (folder / "blocks").string()});
    EXPECT_EQ(promtool.wait(), 0) << promtool.errors() << page;
    fs::remove_all(folder);
}
}

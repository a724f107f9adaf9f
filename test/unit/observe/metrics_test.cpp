// SPDX-License-Identifier: BSL-1.0
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/proxy_error.hpp>
#include <holdfast/observe/metrics.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/limit.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include "observe/failure_class.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::detail::failure_class;
using hf::testing::dial_step;
using namespace std::chrono_literals;

/// A service whose events are counted.
class metrics : public ::testing::Test
{
protected:
    void make(hf::retry::policy retry = hf::retry::fixed{10s})
    {
        service.emplace(
            context, endpoint,
            [](hf::testing::memory_stream s) -> asio::awaitable<void>
            {
                char byte = 0;
                co_await s.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
            },
            hf::client_options<hf::session>{.retry = std::move(retry),
                                            .observe = counts.for_service("cache"),
                                            .clock = &clock});
        service->start();
        clock.advance(0s, context);
    }

    std::string text(hf::metrics_format format = hf::metrics_format::prometheus) const
    {
        return counts.text(clock.now(), format);
    }

    /// The value of the sample `name{service="cache"`...`}`; none if it is not there.
    std::optional<std::string> value(const std::string& name, const std::string& labels = "") const
    {
        const auto page = text();
        const auto head = "\n" + name + "{service=\"cache\"" + labels + "} ";
        const auto at = page.find(head);
        if (at == page.npos)
            return std::nullopt;
        const auto begin = at + head.size();
        return page.substr(begin, page.find('\n', begin) - begin);
    }

    hf::testing::manual_clock clock;
    asio::io_context context;
    hf::testing::scripted_endpoint endpoint;
    hf::metrics counts{[] { return std::chrono::sys_days(std::chrono::year(2026) / 2 / 3) + 4h; }};
    std::optional<hf::client_service<hf::session>> service;
};

TEST_F(metrics, of_nothing_are_empty)
{
    EXPECT_EQ(text(), "# EOF\n");
}

TEST_F(metrics, of_a_service_that_was_not_started_are_its_state_alone)
{
    const auto unused = counts.for_service("cache");
    EXPECT_EQ(text(), "# TYPE holdfast_connected gauge\n"
                      "# HELP holdfast_connected Whether there is a connection.\n"
                      "holdfast_connected{service=\"cache\"} 0\n"
                      "# TYPE holdfast_state gauge\n"
                      "# HELP holdfast_state 1 for the state that the service is in.\n"
                      "holdfast_state{service=\"cache\",state=\"idle\"} 1\n"
                      "# EOF\n");
}

TEST_F(metrics, count_attempts_and_how_they_ended)
{
    endpoint.then(dial_step::fail(asio::error::connection_refused, 3ms))
        .then(dial_step::fail(asio::error::connection_refused, 3ms))
        .then(dial_step::fail(asio::error::host_unreachable))
        .then(dial_step::succeed(50ms));
    make();
    clock.advance(1min, context);
    EXPECT_EQ(value("holdfast_attempts_total"), "4");
    EXPECT_EQ(value("holdfast_connections_total"), "1");
    EXPECT_EQ(value("holdfast_failures_total", R"(,phase="connect",class="refused")"), "2");
    EXPECT_EQ(value("holdfast_failures_total", R"(,phase="connect",class="unreachable")"), "1");
    EXPECT_EQ(value("holdfast_attempt_duration_seconds_count", R"(,outcome="failed")"), "3");
    EXPECT_EQ(value("holdfast_attempt_duration_seconds_sum", R"(,outcome="failed")"), "0.006");
    EXPECT_EQ(value("holdfast_attempt_duration_seconds_bucket", R"(,outcome="failed",le="0.001")"),
              "1");
    EXPECT_EQ(value("holdfast_attempt_duration_seconds_bucket", R"(,outcome="failed",le="0.005")"),
              "3");
    EXPECT_EQ(value("holdfast_attempt_duration_seconds_bucket", R"(,outcome="failed",le="+Inf")"),
              "3");
    EXPECT_EQ(value("holdfast_attempt_duration_seconds_sum", R"(,outcome="connected")"), "0.05");
    EXPECT_EQ(value("holdfast_time_without_connection_seconds_sum"), "30.056");
    EXPECT_EQ(value("holdfast_connected"), "1");
}

TEST_F(metrics, count_lost_connections_and_how_long_they_lasted)
{
    make();
    clock.advance(100s, context);
    endpoint.last().peer().close();
    clock.advance(30s, context); // the second one lasts for 20 s
    service->stop();
    clock.advance(0s, context);
    EXPECT_EQ(value("holdfast_connections_lost_total", R"(,class="closed")"), "1");
    EXPECT_EQ(value("holdfast_connection_lifetime_seconds_sum"), "120");
    EXPECT_EQ(value("holdfast_connection_lifetime_seconds_bucket", R"(,le="60.0")"), "1");
    EXPECT_EQ(value("holdfast_connection_lifetime_seconds_count"), "2");
    EXPECT_EQ(value("holdfast_time_without_connection_seconds_sum"), "10");
    EXPECT_EQ(value("holdfast_failures_total", R"(,phase="session",class="closed")"), std::nullopt);
}

TEST_F(metrics, do_not_count_the_time_while_it_is_stopped)
{
    endpoint.then(dial_step::fail(asio::error::connection_refused));
    make();
    service->stop();
    clock.advance(1h, context);
    service->start();
    clock.advance(0s, context);
    EXPECT_EQ(value("holdfast_time_without_connection_seconds_sum"), "0");
    EXPECT_EQ(value("holdfast_time_without_connection_seconds_count"), "1");
}

TEST_F(metrics, tell_the_state_and_when_it_changed)
{
    endpoint.otherwise(dial_step::fail(asio::error::connection_refused, 500ms));
    make();
    clock.advance(3s, context);
    EXPECT_EQ(value("holdfast_connected"), "0");
    EXPECT_EQ(value("holdfast_state", R"(,state="waiting")"), "1");
    EXPECT_EQ(value("holdfast_state", R"(,state="dialling")"), std::nullopt);
    EXPECT_EQ(value("holdfast_last_change_timestamp_seconds"), "1770091197.5");
}

TEST_F(metrics, count_that_the_policy_gave_up)
{
    endpoint.otherwise(dial_step::fail(asio::error::connection_refused));
    make(hf::retry::max_attempts(2, hf::retry::fixed{10s}));
    clock.advance(1min, context);
    EXPECT_EQ(value("holdfast_give_ups_total"), "1");
}

TEST_F(metrics, count_what_was_abandoned)
{
    auto stubborn = dial_step::hang();
    stubborn.when_cancelled = dial_step::cancelled::ignore;
    endpoint.then(stubborn);
    make();
    clock.advance(1min, context);
    EXPECT_EQ(value("holdfast_forced_ends_total"), "1");
    EXPECT_EQ(value("holdfast_failures_total", R"(,phase="connect",class="timed_out")"), "1");
}

TEST_F(metrics, count_what_nobody_knows_the_reason_of)
{
    const auto cache = counts.for_service("cache");
    cache({.kind = hf::event_kind::failed});
    cache({.kind = hf::event_kind::lost});
    EXPECT_EQ(value("holdfast_failures_total", R"(,phase="connect",class="other")"), "1");
    EXPECT_EQ(value("holdfast_connections_lost_total", R"(,class="other")"), "1");
}

TEST_F(metrics, count_the_waits_that_they_are_told_of)
{
    const auto cache = counts.for_service("cache");
    EXPECT_EQ(value("holdfast_wait_duration_seconds_count"), std::nullopt);
    cache.record_wait(30ms);
    cache.record_wait(1min);
    EXPECT_EQ(value("holdfast_wait_duration_seconds_bucket", R"(,le="0.1")"), "1");
    EXPECT_EQ(value("holdfast_wait_duration_seconds_bucket", R"(,le="30.0")"), "1");
    EXPECT_EQ(value("holdfast_wait_duration_seconds_bucket", R"(,le="+Inf")"), "2");
    EXPECT_EQ(value("holdfast_wait_duration_seconds_sum"), "60.03");
}

TEST_F(metrics, put_a_length_of_time_that_is_a_bound_below_it)
{
    counts.for_service("cache").record_wait(100ms);
    EXPECT_EQ(value("holdfast_wait_duration_seconds_bucket", R"(,le="0.02")"), "0");
    EXPECT_EQ(value("holdfast_wait_duration_seconds_bucket", R"(,le="0.1")"), "1");
}

TEST_F(metrics, differ_between_the_formats_in_the_descriptions_of_counters)
{
    make();
    const auto has = [](const std::string& page, std::string_view line)
    { return page.find(line) != page.npos; };
    const auto open = text(hf::metrics_format::open_metrics);
    EXPECT_TRUE(has(text(), "# TYPE holdfast_attempts_total counter\n"));
    EXPECT_TRUE(has(open, "# TYPE holdfast_attempts counter\n"));
    EXPECT_TRUE(has(open, "# HELP holdfast_attempts Attempts that were begun.\n"
                          "holdfast_attempts_total{service=\"cache\"} 1\n"));
    EXPECT_TRUE(has(open, "# TYPE holdfast_attempt_duration_seconds histogram\n"
                          "# UNIT holdfast_attempt_duration_seconds seconds\n"));
    EXPECT_TRUE(open.ends_with("\n# EOF\n"));
}

TEST_F(metrics, go_on_counting_for_a_name_that_is_known)
{
    counts.for_service("cache")({.kind = hf::event_kind::parked});
    counts.for_service("cache")({.kind = hf::event_kind::parked});
    EXPECT_EQ(value("holdfast_give_ups_total"), "2");
}

TEST_F(metrics, forget_a_service)
{
    const auto cache = counts.for_service("cache");
    counts.forget("cache");
    counts.forget("cache");
    cache({.kind = hf::event_kind::parked});
    EXPECT_EQ(text(), "# EOF\n");
    EXPECT_NE(counts.for_service("cache"), cache);
}

TEST_F(metrics, outlive_their_registry)
{
    auto gone = std::make_optional<hf::metrics>();
    const auto cache = gone->for_service("cache");
    gone.reset();
    cache({.kind = hf::event_kind::parked});
    cache.record_wait(1s);
}

TEST_F(metrics, escape_names_and_mend_what_is_no_utf8)
{
    const auto unused = counts.for_service("a\"b\\c\nf\xff\xc3\xa9");
    EXPECT_NE(
        text().find("holdfast_connected{service=\"a\\\"b\\\\c\\nf\xEF\xBF\xBD\xc3\xa9\"} 0\n"),
        std::string::npos)
        << text();
    // Names that look the same are the same.
    EXPECT_EQ(counts.for_service("a\xff"), counts.for_service("a\xfe"));
}

TEST_F(metrics, refuse_names_that_are_too_long)
{
    EXPECT_THROW(counts.for_service(std::string(257, 'a')), std::invalid_argument);
    EXPECT_NO_THROW(counts.for_service(std::string(256, 'a')));
}

TEST_F(metrics, refuse_more_services_than_their_limit)
{
    for (std::size_t i = 0; i < hf::metrics::services_max; ++i)
        counts.for_service(std::to_string(i));
    EXPECT_THROW(counts.for_service("one more"), std::length_error);
    EXPECT_NO_THROW(counts.for_service("1"));
    counts.forget("1");
    EXPECT_NO_THROW(counts.for_service("one more"));
}

TEST(failure_class, is_found_by_what_the_error_means)
{
    const auto of = [](hf::error_code ec, hf::phase p = hf::phase::connect)
    { return hf::detail::classify({.code = ec, .phase = p}); };
    using enum failure_class;
    EXPECT_EQ(of({}, hf::phase::session), closed);
    EXPECT_EQ(of(asio::error::eof, hf::phase::session), closed);
    EXPECT_EQ(of(asio::error::connection_refused), refused);
    EXPECT_EQ(of(hf::errc::no_listener), refused);
    EXPECT_EQ(of(asio::error::timed_out), timed_out);
    EXPECT_EQ(of(hf::errc::lookup_timed_out, hf::phase::lookup), timed_out);
    EXPECT_EQ(of(hf::errc::tls_timed_out, hf::phase::tls), timed_out);
    EXPECT_EQ(of(asio::error::connection_reset, hf::phase::tls), reset);
    EXPECT_EQ(of(asio::error::broken_pipe, hf::phase::session), reset);
    EXPECT_EQ(of(asio::error::network_unreachable), unreachable);
    EXPECT_EQ(of(asio::error::host_not_found, hf::phase::lookup), not_found);
    EXPECT_EQ(of(hf::errc::no_such_service, hf::phase::lookup), not_found);
    EXPECT_EQ(
        of(boost::system::errc::make_error_code(boost::system::errc::no_such_file_or_directory)),
        not_found);
    EXPECT_EQ(of(asio::error::no_descriptors), local_resource);
    EXPECT_EQ(of(hf::errc::key_not_pinned, hf::phase::tls), tls);
    EXPECT_EQ(of(hf::proxy_errc::authentication_refused, hf::phase::proxy), refused_by_proxy);
    EXPECT_EQ(of(hf::proxy_errc::target_refused, hf::phase::proxy), refused);
    EXPECT_EQ(of(hf::errc::factory_refused, hf::phase::factory), other);
}
}

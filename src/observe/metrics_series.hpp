// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_OBSERVE_METRICS_SERIES_HPP
#define HOLDFAST_SRC_OBSERVE_METRICS_SERIES_HPP

#include "failure_class.hpp"

#include <holdfast/observe/metrics.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast
{
namespace detail
{
/// The upper end of one bucket, and how it is written.
struct bound
{
    duration at;
    std::string_view text;
};

using bounds = std::array<bound, 8>;

using namespace std::chrono_literals;

/// For what a person waits for.
inline constexpr bounds short_times = {{{1ms, "0.001"},
                                        {5ms, "0.005"},
                                        {20ms, "0.02"},
                                        {100ms, "0.1"},
                                        {500ms, "0.5"},
                                        {2s, "2.0"},
                                        {10s, "10.0"},
                                        {30s, "30.0"}}};

/// For what lasts.
inline constexpr bounds long_times = {{{1s, "1.0"},
                                       {10s, "10.0"},
                                       {1min, "60.0"},
                                       {10min, "600.0"},
                                       {1h, "3600.0"},
                                       {6h, "21600.0"},
                                       {24h, "86400.0"},
                                       {168h, "604800.0"}}};

/// Counts lengths of time.
struct histogram
{
    void add(duration d, const bounds& ends) noexcept;

    std::array<std::uint64_t, std::tuple_size_v<bounds> + 1> counts{}; // the last: longer than all
    double sum = 0;                                                    // in seconds
};

/// How often one kind of failure has happened.
struct failure_count
{
    phase where;
    failure_class what;
    std::uint64_t count;
};

/// What is known of one service.
struct service_counts
{
    void take(const event& e);

    std::vector<failure_count> failures; // those of the phase `session` are lost connections
    histogram made;                      // attempts that connected
    histogram failed;                    // those that did not
    histogram lifetime;
    histogram without;
    histogram waits;
    std::uint64_t attempts = 0;
    std::uint64_t connections = 0;
    std::uint64_t give_ups = 0;
    std::uint64_t forced_ends = 0;
    std::optional<time_point> began;              // the attempt that goes on
    std::optional<time_point> connected_since;    // while it is
    std::optional<time_point> disconnected_since; // while it is not, and wants to be
    std::optional<time_point> changed;
    service_state state = service_state::idle;

private:
    void count_failure(const event& e);
};

/// A service's label, ready to be written, with its counts at one moment.
struct labelled_counts
{
    std::string label;
    service_counts counts;
};

/// `service="..."`.
std::string service_label(std::string_view name);

/// All of it as text. `unix_epoch` is when Unix time began, on the clock of the services.
std::string metrics_text(const std::vector<labelled_counts>& all, time_point unix_epoch,
                         metrics_format format);
}

struct service_metrics::series
{
    std::mutex mutex;
    detail::service_counts counts;
};
}

#endif

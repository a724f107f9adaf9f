// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_OBSERVE_METRICS_HPP
#define HOLDFAST_OBSERVE_METRICS_HPP

#include <holdfast/observe/event.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast
{
/// The two forms in which metrics are read. They differ in one thing, which no text can have both
/// ways: whether the name of a counter in its description ends in `_total`.
enum class metrics_format : unsigned char
{
    /// The text format of Prometheus, 0.0.4: `text/plain; version=0.0.4; charset=utf-8`. Every
    /// reader takes it, and so does `promtool check metrics`.
    prometheus,

    /// OpenMetrics 1.0 to the letter: `application/openmetrics-text; version=1.0.0; charset=utf-8`.
    open_metrics,
};

/// Counts for one service: an observer, and where waits are recorded. Made by
/// `metrics::for_service`.
///
/// @par Thread safety
/// Safe, distinct or shared.
///
/// @par Lifetime
/// It may outlive the service and the `metrics`.
class service_metrics
{
public:
    void operator()(const event& e) const;

    /// Counts that somebody waited so long for the connection. Waits are not events: who wants them
    /// counted takes the time around `async_when_connected`.
    void record_wait(duration took) const;

    /// Whether both count for the same service.
    bool operator==(const service_metrics&) const noexcept = default;

private:
    friend class metrics;
    struct series;
    explicit service_metrics(std::shared_ptr<series> s) : series_(std::move(s)) {}
    std::shared_ptr<series> series_;
};

/// Counters, gauges and histograms of any number of services, as text for Prometheus.
///
/// For each service, under the label `service`:
///
/// | name | what |
/// |---|---|
/// | `holdfast_attempts_total` | attempts that were begun |
/// | `holdfast_connections_total` | connections that were ready for use |
/// | `holdfast_failures_total` | attempts that failed, by `phase` and `class` |
/// | `holdfast_connections_lost_total` | connections that were lost, by `class` |
/// | `holdfast_give_ups_total` | how often the policy gave up |
/// | `holdfast_forced_ends_total` | connections that were cut off and abandoned |
/// | `holdfast_connected` | 1 while there is a connection, else 0 |
/// | `holdfast_state` | 1, with the present state as the label `state` |
/// | `holdfast_last_change_timestamp_seconds` | when the state changed last, in Unix time |
/// | `holdfast_attempt_duration_seconds` | how long attempts took, by `outcome` |
/// | `holdfast_connection_lifetime_seconds` | how long connections lasted |
/// | `holdfast_time_without_connection_seconds` | how long it took until there was one (again) |
/// | `holdfast_wait_duration_seconds` | what `record_wait` was told |
///
/// A class is one of `refused`, `timed_out`, `reset`, `closed`, `unreachable`, `not_found`,
/// `local_resource`, `tls`, `refused_by_proxy` and `other`. Only what has happened is written. No
/// event takes memory but the first of its phase and class.
///
/// @par Thread safety
/// Safe, distinct or shared; copies share their state. One may serve services of many threads.
///
/// @par Lifetime
/// It may be destroyed while services that it counts for go on.
///
/// @par Example
/// @code
/// hf::metrics counts;
/// options.observe = counts.for_service("cache");
/// // ... later ...
/// std::cout << counts.text(clock.now());
/// @endcode
class metrics
{
public:
    /// How many services it counts for at once, at most.
    static constexpr std::size_t services_max = 100'000;

    /// How long the name of a service may be, in bytes.
    static constexpr std::size_t name_max = 256;

    /// `time_of_day` tells the present in Unix time. Null: the system's clock.
    explicit metrics(std::function<std::chrono::system_clock::time_point()> time_of_day = {});

    /// What counts for the service of that name. For a name that is known it goes on with the same
    /// counts, so that a service that is made anew keeps them. Bytes that are no UTF-8 are shown as
    /// U+FFFD.
    ///
    /// @throws std::invalid_argument if the name is too long
    /// @throws std::length_error if there are too many services
    service_metrics for_service(std::string_view name);

    /// Writes nothing of that service any more. What counts for it goes on in the void.
    void forget(std::string_view name);

    /// Everything, as text that ends with the line `# EOF`. `now` is the time on the clock of the
    /// services.
    std::string text(time_point now, metrics_format format = metrics_format::prometheus) const;

private:
    struct registry;
    std::shared_ptr<registry> registry_;
};
}

#endif

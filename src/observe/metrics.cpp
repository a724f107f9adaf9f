// SPDX-License-Identifier: BSL-1.0
#include <holdfast/observe/metrics.hpp>

#include "metrics_series.hpp"

#include <chrono>
#include <map>
#include <stdexcept>
#include <utility>

namespace holdfast
{
// One service

void service_metrics::operator()(const event& e) const
{
    const std::lock_guard lock(series_->mutex);
    series_->counts.take(e);
}

void service_metrics::record_wait(duration took) const
{
    const std::lock_guard lock(series_->mutex);
    series_->counts.waits.add(took, detail::short_times);
}

// All of them

struct metrics::registry
{
    std::function<std::chrono::system_clock::time_point()> time_of_day;
    std::mutex mutex; // of the map; each series has its own
    std::map<std::string, std::shared_ptr<service_metrics::series>, std::less<>> services;
};

metrics::metrics(std::function<std::chrono::system_clock::time_point()> time_of_day)
    : registry_(std::make_shared<registry>())
{
    registry_->time_of_day = std::move(time_of_day);
}

service_metrics metrics::for_service(std::string_view name)
{
    if (name.size() > name_max)
        throw std::invalid_argument("metrics: the name of a service may have " +
                                    std::to_string(name_max) + " bytes, not " +
                                    std::to_string(name.size()));
    auto label = detail::service_label(name);
    const std::lock_guard lock(registry_->mutex);
    auto& services = registry_->services;
    if (const auto known = services.find(label); known != services.end())
        return service_metrics(known->second);
    if (services.size() == services_max)
        throw std::length_error("metrics: there are " + std::to_string(services_max) +
                                " services already; forget() those that are gone");
    auto fresh = std::make_shared<service_metrics::series>();
    services.emplace(std::move(label), fresh);
    return service_metrics(std::move(fresh));
}

void metrics::forget(std::string_view name)
{
    const auto label = detail::service_label(name);
    const std::lock_guard lock(registry_->mutex);
    registry_->services.erase(label);
}

std::string metrics::text(time_point now, metrics_format format) const
{
    std::vector<detail::labelled_counts> all;
    {
        const std::lock_guard lock(registry_->mutex);
        all.reserve(registry_->services.size());
        for (const auto& [label, series] : registry_->services)
        {
            const std::lock_guard series_lock(series->mutex);
            all.push_back({label, series->counts});
        }
    }
    const auto today =
        registry_->time_of_day ? registry_->time_of_day() : std::chrono::system_clock::now();
    return detail::metrics_text(all, now - today.time_since_epoch(), format);
}
}

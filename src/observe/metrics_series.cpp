// SPDX-License-Identifier: BSL-1.0
#include "metrics_series.hpp"

#include <algorithm>
#include <chrono>

namespace holdfast::detail
{
void histogram::add(duration d, const bounds& ends) noexcept
{
    const auto bucket = std::ranges::lower_bound(ends, d, {}, &bound::at);
    ++counts[static_cast<std::size_t>(bucket - ends.begin())];
    sum += std::chrono::duration<double>(d).count();
}

void service_counts::take(const event& e)
{
    if (state != e.state || !changed)
        changed = e.at;
    state = e.state;
    const auto end_of = [&](std::optional<time_point>& begin, histogram& h, const bounds& ends)
    {
        if (begin)
            h.add(e.at - *begin, ends);
        begin.reset();
    };
    switch (e.kind)
    {
    case event_kind::dialling:
        ++attempts;
        began = e.at;
        if (!disconnected_since)
            disconnected_since = e.at;
        return;
    case event_kind::connected:
        ++connections;
        connected_since = e.at;
        end_of(began, made, short_times);
        end_of(disconnected_since, without, long_times);
        return;
    case event_kind::failed:
        end_of(began, failed, short_times);
        return count_failure(e);
    case event_kind::lost:
        end_of(connected_since, lifetime, long_times);
        disconnected_since = e.at;
        return count_failure(e);
    case event_kind::parked:
        ++give_ups;
        return;
    case event_kind::forced:
        ++forced_ends;
        return;
    case event_kind::stopping:
    case event_kind::stopped: // from here on no connection is missed
        end_of(connected_since, lifetime, long_times);
        began.reset();
        disconnected_since.reset();
        return;
    case event_kind::already_started:
    case event_kind::preparing:
    case event_kind::waiting:
    case event_kind::policy_failed:
        return;
    }
}

void service_counts::count_failure(const event& e)
{
    const auto where = e.kind == event_kind::lost ? phase::session
                       : e.why                    ? e.why->phase
                                                  : phase::connect;
    const auto what = e.why ? classify(*e.why) : failure_class::other;
    const auto known = std::ranges::find_if(failures, [&](const failure_count& f)
                                            { return f.where == where && f.what == what; });
    if (known != failures.end())
        ++known->count;
    else
        failures.push_back({where, what, 1});
}
}

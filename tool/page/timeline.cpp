// SPDX-License-Identifier: BSL-1.0
#include "timeline.hpp"

#include <algorithm>
#include <utility>

namespace tool
{
standing standing_of(hf::service_state s) noexcept
{
    switch (s) // no default: a new state must be given its place
    {
    case hf::service_state::idle:
    case hf::service_state::stopping:
    case hf::service_state::stopped:
        return standing::stopped;
    case hf::service_state::dialling:
    case hf::service_state::preparing:
    case hf::service_state::discarding:
    case hf::service_state::choosing:
    case hf::service_state::waiting:
    case hf::service_state::parked:
    case hf::service_state::restarting:
        return standing::trying;
    case hf::service_state::connected:
        return standing::connected;
    }
    return standing::stopped;
}

std::string_view to_string(standing s) noexcept
{
    switch (s)
    {
    case standing::stopped:
        return "stopped";
    case standing::trying:
        return "trying";
    case standing::connected:
        return "connected";
    }
    return "unknown";
}

void timeline::tell(standing s, hf::time_point now)
{
    if (std::exchange(told_, true))
        account_until(now);
    else
        until_ = now;
    standing_ = s;
}

std::vector<timeline::run> timeline::runs(hf::time_point now) const
{
    if (!told_)
        return {};
    auto upto_now = *this;
    upto_now.account_until(now);
    std::vector<run> runs;
    const auto add = [&runs](bucket b)
    {
        if (!runs.empty() && runs.back().each == b)
            ++runs.back().count;
        else
            runs.push_back({1, b});
    };
    // The one that goes on takes the place of the oldest.
    for (auto n = std::min(upto_now.count_, buckets_max - 1); n > 0; --n)
        add(upto_now.closed_[(upto_now.next_ + buckets_max - n) % buckets_max]);
    add(upto_now.current());
    return runs;
}

void timeline::account_until(hf::time_point now)
{
    // What lies before the oldest bucket would only be overwritten.
    const hf::time_point oldest = std::chrono::floor<std::chrono::minutes>(now) - length;
    if (until_ < oldest)
    {
        until_ = oldest;
        current_ = {};
    }
    while (until_ < now)
    {
        const auto end = std::chrono::floor<std::chrono::minutes>(until_) + bucket_length;
        current_.at(static_cast<std::size_t>(standing_)) +=
            std::min<hf::time_point>(end, now) - until_;
        until_ = std::min<hf::time_point>(end, now);
        if (until_ == end)
            close_bucket();
    }
}

void timeline::close_bucket()
{
    closed_.at(next_) = current();
    next_ = (next_ + 1) % buckets_max;
    count_ = std::min(count_ + 1, buckets_max);
    current_ = {};
}

timeline::bucket timeline::current() const
{
    const auto share = [this](standing s) { return current_.at(static_cast<std::size_t>(s)); };
    const auto known =
        share(standing::stopped) + share(standing::trying) + share(standing::connected);
    if (known == hf::duration::zero()) // it has only just begun
        return {.connected = standing_ == standing::connected ? bucket::whole : std::uint8_t{0},
                .trying = standing_ == standing::trying ? bucket::whole : std::uint8_t{0}};
    const auto parts = [known](hf::duration d, hf::duration up)
    { return static_cast<std::uint8_t>((d * bucket::whole + up) / known); };
    return {.connected = parts(share(standing::connected), hf::duration::zero()),
            .trying = parts(share(standing::trying), known - hf::duration(1))};
}

timelines::timelines(services_view& view)
    : view_(view)
    , changed_(view.changed().connect([this](std::string_view name) { update(name); }))
{
    update_all();
}

const timeline* timelines::find(std::string_view name) const
{
    const auto found = lines_.find(name);
    return found != lines_.end() ? &found->second : nullptr;
}

void timelines::update(std::string_view name)
{
    if (name.empty())
        return update_all();
    if (const auto service = view_.find(name))
        lines_[std::string(name)].tell(standing_of(service->state), view_.now());
    else if (const auto gone = lines_.find(name); gone != lines_.end())
        lines_.erase(gone);
}

void timelines::update_all()
{
    const auto now = view_.now();
    std::map<std::string, timeline, std::less<>> kept;
    for (const auto& service : view_.all())
    {
        auto node = lines_.extract(service.name);
        auto& line = node ? kept.insert(std::move(node)).position->second : kept[service.name];
        line.tell(standing_of(service.state), now);
    }
    lines_ = std::move(kept);
}
}

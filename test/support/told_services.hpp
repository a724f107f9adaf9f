// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_TOLD_SERVICES_HPP
#define HOLDFAST_TEST_SUPPORT_TOLD_SERVICES_HPP

#include "run/services_view.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support
{
namespace hf = holdfast;

/// Services that stand as the test says, for what looks at them.
class told_services final : public tool::services_view
{
public:
    explicit told_services(std::function<hf::time_point()> now) : now_(std::move(now)) {}

    hf::time_point now() const override { return now_(); }
    std::vector<tool::service_status> all() const override { return all_; }

    std::optional<tool::service_status> find(std::string_view name) const override
    {
        const auto at = position(name);
        return at != all_.end() ? std::optional(*at) : std::nullopt;
    }

    std::vector<hf::attempt_record> attempts(std::string_view name) const override
    {
        std::vector<hf::attempt_record> records;
        if (const auto s = find(name); s && s->attempt > 0)
            records.push_back({.attempt = s->attempt, .began = s->since, .why = s->last_failure});
        return records;
    }

    std::string why(std::string_view name) const override
    {
        const auto s = find(name);
        return s && s->last_failure ? to_string(*s->last_failure) : std::string();
    }

    bool ready() const override
    {
        return std::all_of(all_.begin(), all_.end(), [](const tool::service_status& s)
                           { return s.ready || !s.must_be_ready; });
    }

    std::string metrics(holdfast::metrics_format /*format*/) const override
    {
        return "# TYPE holdfast_services gauge\nholdfast_services " + std::to_string(all_.size()) +
               "\n# EOF\n";
    }

    /// Adds it, or sets how it stands, as it is.
    void set(tool::service_status s)
    {
        const auto name = s.name;
        if (const auto at = position(name); at != all_.end())
            all_[static_cast<std::size_t>(at - all_.begin())] = std::move(s);
        else
            all_.push_back(std::move(s));
        changed()(name);
    }

    void add(const std::string& name)
    {
        set({.name = name, .endpoint = "tcp:" + name + ":7", .job = "hold", .since = now()});
    }

    void connect(const std::string& name)
    {
        auto s = known(name);
        s.state = hf::service_state::connected;
        s.ready = true;
        s.since = now();
        s.failures = 0;
        ++s.connections;
        s.next_attempt.reset();
        set(std::move(s));
    }

    /// It loses its connection, or fails to get one, and waits for ten seconds.
    void fail(const std::string& name, hf::phase where = hf::phase::connect,
              hf::error_code code = boost::asio::error::connection_refused)
    {
        auto s = known(name);
        if (s.state == hf::service_state::connected)
            s.since = now();
        s.state = hf::service_state::waiting;
        ++s.attempt;
        ++s.failures;
        s.next_attempt = now() + std::chrono::seconds(10);
        s.failed_at = now();
        s.last_failure = std::make_shared<hf::failure>(
            hf::failure{.code = code,
                        .phase = where,
                        .attempt = s.attempt,
                        .took = std::chrono::milliseconds(2),
                        .addresses = {{"192.0.2.1:7", code, std::chrono::milliseconds(1)}},
                        .endpoint = std::make_shared<const std::string>(s.endpoint)});
        set(std::move(s));
    }

    void stop(const std::string& name)
    {
        auto s = known(name);
        s.state = hf::service_state::stopped;
        s.since = now();
        s.next_attempt.reset();
        set(std::move(s));
    }

    void remove(const std::string& name)
    {
        all_.erase(position(name));
        changed()(name);
    }

    /// Replaces all at once, and says no more than that much has changed.
    void replace(std::vector<tool::service_status> all)
    {
        all_ = std::move(all);
        changed()({});
    }

private:
    std::vector<tool::service_status>::const_iterator position(std::string_view name) const
    {
        return std::find_if(all_.begin(), all_.end(),
                            [name](const tool::service_status& s) { return s.name == name; });
    }

    tool::service_status known(std::string_view name) const { return find(name).value(); }

    std::function<hf::time_point()> now_;
    std::vector<tool::service_status> all_;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_TOOL_CONTROL_SERVICES_HPP
#define HOLDFAST_TEST_UNIT_TOOL_CONTROL_SERVICES_HPP

#include "tool/run/services_control.hpp"

#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support
{
/// Services that are nothing but what a test says of them, and write down what is done to them.
class services_in_memory final : public tool::services_control
{
public:
    holdfast::time_point now() const override { return clock.now(); }
    std::vector<tool::service_status> all() const override { return list; }

    std::optional<tool::service_status> find(std::string_view name) const override
    {
        const auto found = std::ranges::find(list, name, &tool::service_status::name);
        return found == list.end() ? std::nullopt : std::optional(*found);
    }

    std::vector<holdfast::attempt_record> attempts(std::string_view name) const override
    {
        return find(name) ? history : std::vector<holdfast::attempt_record>();
    }

    std::string why(std::string_view name) const override
    {
        return find(name) ? std::string(name) + ": nobody listens" : "";
    }

    bool ready() const override { return false; }
    std::string metrics(holdfast::metrics_format /*format*/) const override { return {}; }

    bool start(std::string_view name) override { return done("start", name); }
    bool stop(std::string_view name) override { return done("stop", name); }
    bool retry(std::string_view name) override { return done("retry", name); }
    bool reconnect(std::string_view name) override { return done("reconnect", name); }

    tool::reload_result reload() override
    {
        on_reload();
        return reloaded;
    }

    void add(std::string name)
    {
        list.push_back({.name = std::move(name),
                        .endpoint = "tcp:127.0.0.1:7",
                        .job = "hold",
                        .state = holdfast::service_state::waiting,
                        .since = clock.now() - std::chrono::seconds(90),
                        .attempt = 3,
                        .failures = 2,
                        .connections = 1});
    }

    holdfast::testing::manual_clock clock;
    std::vector<tool::service_status> list;
    std::vector<holdfast::attempt_record> history;
    std::vector<std::string> commands;
    tool::reload_result reloaded{true, "nothing has changed"};
    std::function<void()> on_reload = [] {};

private:
    bool done(std::string_view what, std::string_view name)
    {
        commands.push_back(std::string(what) + " " + std::string(name));
        return find(name).has_value();
    }
};
}

#endif

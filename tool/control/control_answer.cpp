// SPDX-License-Identifier: BSL-1.0
#include "control_answer.hpp"

#include "control_json.hpp"
#include "endpoints/nearest.hpp"
#include "error.hpp"
#include "json_text.hpp"

#include <fmt/format.h>

#include <boost/json/parser.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace tool
{
namespace
{
namespace json = boost::json;

constexpr std::size_t depth_max = 8;
constexpr std::size_t problem_max = 900;

constexpr std::array<std::string_view, 8> commands{"status", "why",       "start",  "stop",
                                                   "retry",  "reconnect", "reload", "watch"};
constexpr std::array<std::string_view, 3> members{"do", "name", "version"};

/// Why a request gets nothing but this sentence.
struct refusal : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

struct request
{
    std::string command{};
    std::optional<std::string> name{};
};

std::string_view view(json::string_view s)
{
    return {s.data(), s.size()};
}

json::value parsed(std::string_view text)
{
    json::parser parser(json::storage_ptr(), json::parse_options{.max_depth = depth_max});
    json::error_code ec;
    const auto read = std::min(parser.write(text.data(), text.size(), ec), text.size());
    if (ec)
        throw refusal(
            fmt::format("not JSON at byte {}: {}; found {}", read + 1, ec.message(),
                        read < text.size() ? quoted(text.substr(read)) : "the end of the line"));
    return parser.release();
}

std::string text_of(const json::value& v, std::string_view member)
{
    if (!v.is_string())
        throw refusal(fmt::format("\"{}\" must be a text", member));
    return std::string(view(json::string_view(v.get_string())));
}

request request_of(std::string_view line)
{
    const auto whole = parsed(line);
    if (!whole.is_object())
        throw refusal(R"(a request is an object, such as {"do":"status"})");
    request r;
    for (const auto& member : whole.get_object())
    {
        const auto key = view(member.key());
        if (key == "do")
            r.command = text_of(member.value(), "do");
        else if (key == "name")
            r.name = text_of(member.value(), "name");
        else if (key != "version")
            throw refusal(fmt::format("there is no member {}{}; there are {}", quoted(key),
                                      hf::detail::did_you_mean(key, members),
                                      hf::detail::listed(members)));
        else if (member.value() != json::value(control_version))
            throw refusal(fmt::format("\"version\" must be {}, the only one that is spoken here",
                                      control_version));
    }
    if (std::ranges::find(commands, r.command) == commands.end())
        throw refusal(fmt::format(
            "\"do\" {}{}; it must be one of {}",
            whole.get_object().contains("do") ? "is " + quoted(r.command) : "is missing",
            hf::detail::did_you_mean(r.command, commands), hf::detail::listed(commands)));
    return r;
}

json_object success()
{
    json_object object;
    object.add("ok", "true").add("version", std::to_string(control_version));
    return object;
}

refusal no_such_service(const services_view& services, std::string_view name)
{
    const auto all = services.all();
    std::vector<std::string_view> names;
    names.reserve(all.size());
    for (const auto& s : all)
        names.push_back(s.name);
    return refusal(fmt::format("there is no service {}{}", quoted(name),
                               hf::detail::did_you_mean(name, names)));
}

json_object& add_all(json_object& object, const services_view& services)
{
    return object.add("ready", services.ready() ? "true" : "false")
        .add("services", json_of(services.all(), services.now()));
}

std::string why_line(const services_view& services, const service_status& s)
{
    std::string attempts;
    for (const auto& a : services.attempts(s.name))
        attempts += (attempts.empty() ? "" : ",") + json_of(a, services.now());
    return success()
        .add("why", json_string(services.why(s.name)))
        .add("service", json_of(s, services.now()))
        .add("attempts", '[' + attempts + ']')
        .text();
}

bool carry_out(services_control& services, std::string_view command, std::string_view name)
{
    if (command == "start")
        return services.start(name);
    if (command == "stop")
        return services.stop(name);
    if (command == "retry")
        return services.retry(name);
    return services.reconnect(name);
}

std::string reload_line(services_control& services)
{
    const auto result = services.reload();
    if (!result.ok)
        throw refusal(result.text);
    return success().add("text", json_string(one_line(result.text, problem_max))).text();
}

control_answer done(services_control& services, const request& r)
{
    const bool of_all = r.command == "reload" || r.command == "watch";
    if (of_all && r.name)
        throw refusal(fmt::format("{} is of all services, and has no \"name\"", r.command));
    if (r.command == "reload")
        return {reload_line(services)};
    if (of_all || (r.command == "status" && !r.name))
    {
        auto object = success();
        return {add_all(object, services).text(), r.command == "watch"};
    }
    if (!r.name)
        throw refusal(fmt::format("\"name\" is missing: {} is of one service", r.command));
    const auto s = services.find(*r.name);
    if (!s)
        throw no_such_service(services, *r.name);
    if (r.command == "status")
        return {success().add("service", json_of(*s, services.now())).text()};
    if (r.command == "why")
        return {why_line(services, *s)};
    if (!carry_out(services, r.command, *r.name))
        throw no_such_service(services, *r.name);
    return {success().text()};
}
}

control_answer answer(services_control& services, std::string_view request)
{
    try
    {
        return done(services, request_of(request));
    }
    catch (const std::exception& e)
    {
        return {error_line(e.what())};
    }
}

std::string error_line(std::string_view problem)
{
    return json_object()
        .add("ok", "false")
        .add("version", std::to_string(control_version))
        .add("error", json_string(one_line(problem, problem_max)))
        .text();
}

std::string status_line(const services_view& services)
{
    json_object object;
    return add_all(object, services).text();
}

std::string change_line(const services_view& services,
                        const std::set<std::string, std::less<>>& names)
{
    std::vector<service_status> changed;
    std::string removed;
    for (const auto& name : names)
        if (auto s = services.find(name))
            changed.push_back(std::move(*s));
        else
            removed += (removed.empty() ? "" : ",") + json_string(name);
    json_object object;
    object.add("ready", services.ready() ? "true" : "false")
        .add("changed", json_of(changed, services.now()));
    if (!removed.empty())
        object.add("removed", '[' + removed + ']');
    return object.text();
}
}

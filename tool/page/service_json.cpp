// SPDX-License-Identifier: BSL-1.0
#include "service_json.hpp"

#include "json_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <optional>

namespace tool
{
namespace
{
std::string json_bool(bool b)
{
    return b ? "true" : "false";
}

std::string json_time(const std::optional<hf::time_point>& t, const moment& m)
{
    return t ? '"' + m.text(*t) + '"' : "null";
}

std::string to_json(const hf::failure& f, const moment& m, std::optional<hf::time_point> at)
{
    std::vector<std::string> addresses;
    addresses.reserve(f.addresses.size());
    for (const auto& a : f.addresses)
        addresses.push_back(json_object()
                                .add("address", json_string(a.address))
                                .add("reason", json_string(a.code.message()))
                                .add("took_seconds", json_number(a.took))
                                .text());
    json_object o;
    if (at)
        o.add("at", json_time(at, m)).add("ago_seconds", json_number(m.now - *at));
    return o.add("phase", json_string(to_string(f.phase)))
        .add("reason", json_string(reason_of(f)))
        .add("attempt", std::to_string(f.attempt))
        .add("took_seconds", json_number(f.took))
        .add("unacknowledged_bytes", std::to_string(f.unacknowledged))
        .add("addresses", json_array(addresses))
        .add("story", json_string(to_string(f)))
        .text();
}

std::string to_json(const timeline& line, const moment& m)
{
    const auto known = line.runs(m.now);
    std::vector<std::string> runs;
    runs.reserve(known.size());
    for (const auto& r : known)
        runs.push_back(fmt::format("[{},{},{}]", r.count, r.each.connected, r.each.trying));
    return json_object()
        .add("until", json_time(m.now, m))
        .add("bucket_seconds", "60")
        .add("runs", json_array(runs))
        .text();
}
}

std::string moment::text(hf::time_point t) const
{
    const auto at = std::chrono::floor<std::chrono::milliseconds>(wall - (now - t));
    const auto whole = std::chrono::floor<std::chrono::seconds>(at);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                       (at - whole).count());
}

std::string reason_of(const hf::failure& f)
{
    auto reason = f.code ? f.code.message() : "closed in good order";
    if (f.detail)
        reason += ": " + *f.detail;
    return reason;
}

std::string to_json(const service_status& s, const std::string& why, const timeline* line,
                    const moment& m)
{
    json_object o;
    o.add("name", json_string(s.name))
        .add("endpoint", json_string(s.endpoint))
        .add("job", json_string(s.job))
        .add("state", json_string(to_string(s.state)))
        .add("standing", json_string(to_string(standing_of(s.state))))
        .add("ready", json_bool(s.ready))
        .add("must_be_ready", json_bool(s.must_be_ready))
        .add("since", json_time(s.since, m))
        .add("since_seconds", json_number(m.now - s.since))
        .add("attempt", std::to_string(s.attempt))
        .add("failures", std::to_string(s.failures))
        .add("connections", std::to_string(s.connections))
        .add("next_attempt", json_time(s.next_attempt, m))
        .add("next_attempt_seconds", s.next_attempt ? json_number(*s.next_attempt - m.now) : "null")
        .add("last_failure", s.last_failure ? to_json(*s.last_failure, m, s.failed_at) : "null")
        .add("why", json_string(why));
    if (line != nullptr)
        o.add("timeline", to_json(*line, m));
    return o.text();
}

std::string to_json(const hf::attempt_record& a, const moment& m)
{
    return json_object()
        .add("attempt", std::to_string(a.attempt))
        .add("began", json_time(a.began, m))
        .add("connected", json_time(a.connected, m))
        .add("ended", json_time(a.ended, m))
        .add("next", json_time(a.next, m))
        .add("failure", a.why ? to_json(*a.why, m, std::nullopt) : "null")
        .text();
}

std::string json_array(const std::vector<std::string>& items)
{
    std::string array = "[";
    for (const auto& item : items)
    {
        array += array.size() > 1 ? "," : "";
        array += item;
    }
    return array + ']';
}
}

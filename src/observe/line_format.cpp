// SPDX-License-Identifier: BSL-1.0
#include "line_format.hpp"

#include "../quoted.hpp"
#include "words.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace holdfast::detail
{
namespace
{
using wall_time = std::chrono::system_clock::time_point;

// What others wrote is cut, so that what is said of it stays.
constexpr std::size_t name_max = 100;
constexpr std::size_t part_max = 900;

template <class... Values>
std::string print(const char* format, Values... values)
{
    std::array<char, 64> buffer;
    std::snprintf(buffer.data(), buffer.size(), format, values...);
    return buffer.data();
}

double seconds(duration d)
{
    return std::chrono::duration<double>(d).count();
}

/// `2026-02-03 04:05:06` of this place.
std::string local_time(wall_time t)
{
    const std::time_t whole = std::chrono::system_clock::to_time_t(t);
    std::tm parts{};
    std::array<char, 32> buffer;
    ::localtime_r(&whole, &parts);
    std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return buffer.data();
}

/// `2026-02-03T04:05:06.789Z`.
std::string universal_time(wall_time t)
{
    const auto whole = std::chrono::floor<std::chrono::seconds>(t);
    const std::time_t count = std::chrono::system_clock::to_time_t(whole);
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(t - whole).count();
    std::tm parts{};
    std::array<char, 32> buffer;
    ::gmtime_r(&count, &parts);
    std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    return buffer.data() + print(".%03dZ", static_cast<int>(rest));
}

/// What happened last, with the endpoint it happened to.
std::string reason(const event& e)
{
    return one_line(e.why ? to_string(*e.why) : std::string(e.endpoint), reason_max);
}

std::string sentence(const event& e)
{
    auto endpoint = std::string(e.endpoint);
    switch (e.kind)
    {
    case event_kind::already_started:
        return endpoint + ": started again; it runs already";
    case event_kind::dialling:
        return endpoint + ": attempt " + std::to_string(e.attempt);
    case event_kind::preparing:
        return endpoint + ": preparing";
    case event_kind::connected:
        return endpoint + ": connected, attempt " + std::to_string(e.attempt);
    case event_kind::failed:
    case event_kind::lost:
        return reason(e);
    case event_kind::waiting:
        return reason(e) + "; " + plural(e.failures, "failure") + " in a row, next attempt in " +
               say(e.delay);
    case event_kind::parked:
        return reason(e) + "; gave up after " + plural(e.failures, "failure") + " in a row";
    case event_kind::forced:
        return endpoint + ": the connection did not end when asked to, and was abandoned";
    case event_kind::policy_failed:
        return endpoint + ": the retry policy threw; the default one is used";
    case event_kind::stopping:
        return endpoint + ": stopping";
    case event_kind::stopped:
        return endpoint + ": stopped";
    }
    return endpoint;
}

/// Bytes that are no UTF-8, such as a path may hold, become U+FFFD: JSON has no place for them.
std::string quote_json(std::string_view text)
{
    const auto line = one_line(text, part_max); // leaves no control characters
    std::string quoted = "\"";
    for (std::string_view rest = line; !rest.empty();)
    {
        const auto length = character_length(rest);
        if (rest.front() == '"' || rest.front() == '\\')
            quoted += '\\';
        quoted += length != 0 ? rest.substr(0, length) : "\\ufffd";
        rest.remove_prefix(length != 0 ? length : 1);
    }
    return quoted + '"';
}

void add(std::string& object, std::string_view key, const std::string& value)
{
    object += object.empty() ? "{\"" : ",\"";
    object.append(key).append("\":").append(value);
}

void add_failure(std::string& object, const failure& f)
{
    add(object, "phase", quote_json(to_string(f.phase)));
    add(object, "reason", quote_json(f.code ? f.code.message() : "closed in good order"));
    if (f.detail)
        add(object, "detail", quote_json(*f.detail));
    add(object, "took", print("%.6f", seconds(f.took)));
    add(object, "story", quote_json(to_string(f)));
    if (f.unacknowledged != 0)
        add(object, "unacknowledged", std::to_string(f.unacknowledged));
}
}

std::string text_line(const event& e, const line_context& c)
{
    std::string line = e.name.empty() ? "" : one_line(e.name, name_max) + ": ";
    line += sentence(e);
    line = one_line(line, part_max);
    if (c.passed_over != 0)
        line += " (" + plural(c.passed_over, "line") + " like this left out)";
    return local_time(c.now) + " " + line;
}

std::string json_line(const event& e, const line_context& c)
{
    std::string object;
    add(object, "time", quote_json(universal_time(c.now)));
    add(object, "event", quote_json(to_string(e.kind)));
    add(object, "state", quote_json(to_string(e.state)));
    if (!e.name.empty())
        add(object, "name", quote_json(e.name));
    add(object, "endpoint", quote_json(e.endpoint));
    add(object, "attempt", std::to_string(e.attempt));
    add(object, "failures", std::to_string(e.failures));
    if (e.kind == event_kind::waiting)
    {
        const auto ahead = e.next_attempt - e.at;
        add(object, "delay", print("%.3f", seconds(e.delay)));
        add(object, "next",
            quote_json(
                universal_time(c.now + std::chrono::duration_cast<wall_time::duration>(ahead))));
    }
    const bool tells_why = e.kind == event_kind::failed || e.kind == event_kind::lost ||
                           e.kind == event_kind::waiting || e.kind == event_kind::parked;
    if (tells_why && e.why)
        add_failure(object, *e.why);
    if (c.passed_over != 0)
        add(object, "left_out", std::to_string(c.passed_over));
    return object + "}";
}
}

// SPDX-License-Identifier: BSL-1.0
#include "checked.hpp"

#include "diagnosis.hpp"
#include "error.hpp"
#include "json_text.hpp"

#include <fmt/format.h>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace tool
{
namespace
{
// What others wrote is cut, so that what is said of it stays.
constexpr std::size_t part_max = 900;

double milliseconds(hf::duration d)
{
    return std::chrono::duration<double, std::milli>(d).count();
}

std::string say(hf::duration d)
{
    const auto ms = milliseconds(d);
    return ms < 1000 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.1f} s", ms / 1000);
}

diagnosis diagnosis_of(const checked& c)
{
    if (c.interrupted)
        return {.cause = "it was interrupted before it had ended",
                .advice = "give it longer; with --attempt-timeout it ends by itself"};
    return diagnose(*c.why, c.steps);
}

/// How a step went. What the cause will say is not said here.
std::string outcome(const hf::dial_step& s, const checked& c)
{
    const auto took = say(s.ended - s.began);
    const bool told_below = c.why && c.why->detail && *c.why->detail == s.detail;
    const auto detail = told_below || s.detail.empty() ? "" : "; " + s.detail;
    if (s.phase == hf::phase::session && !s.code)
        return s.detail;
    if (!s.code)
        return fmt::format("done in {}{}", took, detail);
    if (s.code == boost::asio::error::operation_aborted)
        return fmt::format("given up after {}{}", took, detail);
    return fmt::format("{} after {}{}", s.code.message(), took, detail);
}

/// What belongs to a certificate stands under it.
std::string_view indent_of(std::string_view fact)
{
    for (const std::string_view part : {"issued by", "for", "valid from", "valid until"})
        if (fact == part)
            return "  ";
    return "";
}
}

std::string text_of(const checked& c)
{
    std::string text;
    for (const auto& s : c.steps)
    {
        text += fmt::format("{:>9.1f} ms  {:<8} {}: {}\n", milliseconds(s.began - c.began),
                            to_string(s.phase), one_line(s.what, part_max),
                            one_line(outcome(s, c), part_max));
        for (const auto& [name, value] : s.facts)
        {
            const auto label = fmt::format("{}{}", indent_of(name), one_line(name, part_max));
            text += fmt::format("{:24}{:<17} {}\n", "", label, one_line(value, part_max));
        }
    }
    if (!c.why)
        return text + fmt::format("connected{}{} after {}", c.peer.empty() ? "" : " to ",
                                  one_line(c.peer, part_max), say(c.connected_after));
    const auto d = diagnosis_of(c);
    return text + fmt::format("failed in {} after {}: {}\ncause: {}\ntry:   {}",
                              to_string(c.why->phase), say(c.why->took),
                              one_line(c.why->code.message(), part_max),
                              one_line(d.cause, part_max), one_line(d.advice, part_max));
}

namespace
{
std::string json_of(const hf::error_code& ec)
{
    return json_object()
        .add("message", json_string(ec.message()))
        .add("category", json_string(ec.category().name()))
        .add("value", std::to_string(ec.value()))
        .text();
}

/// A list of values for each name: most names may be there more than once.
std::string json_of(const decltype(hf::dial_step::facts)& facts)
{
    std::vector<std::string_view> names;
    for (const auto& [name, value] : facts)
        if (std::ranges::find(names, name) == names.end())
            names.push_back(name);
    json_object object;
    for (const auto& name : names)
    {
        std::string list;
        for (const auto& [key, value] : facts)
            if (key == name)
                list += (list.empty() ? "" : ",") + json_string(value);
        object.add(name, '[' + list + ']');
    }
    return object.text();
}

std::string json_of(const hf::dial_step& s, hf::time_point zero)
{
    json_object object;
    object.add("phase", json_string(to_string(s.phase)))
        .add("what", json_string(s.what))
        .add("began", json_number(s.began - zero))
        .add("took", json_number(s.ended - s.began));
    if (s.code)
        object.add("error", json_of(s.code));
    if (!s.detail.empty())
        object.add("detail", json_string(s.detail));
    return object.add("facts", json_of(s.facts)).text();
}
}

std::string json_of(const checked& c)
{
    std::string steps;
    for (const auto& s : c.steps)
        steps += (steps.empty() ? "" : ",") + json_of(s, c.began);
    json_object object;
    object.add("endpoint", json_string(c.endpoint)).add("connected", c.why ? "false" : "true");
    object.add("took", json_number(c.why ? c.why->took : c.connected_after));
    if (!c.peer.empty())
        object.add("peer", json_string(c.peer));
    object.add("steps", '[' + steps + ']');
    if (!c.why)
        return object.text();
    const auto d = diagnosis_of(c);
    object.add("phase", json_string(to_string(c.why->phase))).add("error", json_of(c.why->code));
    if (c.why->detail)
        object.add("detail", json_string(*c.why->detail));
    return object.add("cause", json_string(d.cause)).add("try", json_string(d.advice)).text();
}
}

// SPDX-License-Identifier: BSL-1.0
#include "control_show.hpp"

#include "error.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace tool
{
namespace
{
constexpr std::size_t text_max = 4000;

std::tm local(std::chrono::system_clock::time_point at)
{
    const auto seconds = std::chrono::system_clock::to_time_t(at);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

std::string length_of(hf::duration d)
{
    const auto seconds = std::chrono::duration<double>(d).count();
    return seconds < 1 ? fmt::format("{:.1f} ms", seconds * 1000)
                       : fmt::format("{:.1f} s", seconds);
}

std::string times(std::uint64_t n, std::string_view what)
{
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string in_time(hf::time_point t, const told_moment& at)
{
    return t <= at.now ? "now" : "in " + age_of(t - at.now);
}

/// Breaks a text between words, so that no line has more than `width` columns where that can be;
/// all but the first are indented.
std::string wrapped(std::string_view first, std::string_view text, std::size_t indent,
                    std::size_t width)
{
    const auto whole = shown(text);
    if (width == 0)
        return fmt::format("{}{}\n", first, whole);
    std::string lines(first);
    auto column = first.size();
    bool begins = true;
    for (std::string_view rest = whole; !rest.empty();)
    {
        const auto word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        if (!begins && column + 1 + word.size() > width)
        {
            lines += '\n' + std::string(indent, ' ');
            column = indent;
            begins = true;
        }
        lines += begins ? "" : " ";
        lines += word;
        column += word.size() + (begins ? 0 : 1);
        begins = false;
    }
    return lines + '\n';
}

bool is_connected(const told_service& s)
{
    return s.state == "connected";
}

bool is_at_rest(const told_service& s)
{
    return s.state == "idle" || s.state == "stopped";
}

/// What it does about it.
std::string outlook(const told_service& s, const told_moment& at)
{
    std::string text;
    if (s.failures != 0)
        text += ", " + times(s.failures, "failure") + " in a row";
    if (s.next_attempt)
        text += ", next attempt " + in_time(*s.next_attempt, at);
    return text;
}
}

std::string clock_time_of(hf::time_point t, const told_moment& at)
{
    using std::chrono::system_clock;
    const auto then =
        local(at.time_of_day + std::chrono::duration_cast<system_clock::duration>(t - at.now));
    const auto today = local(at.time_of_day);
    const bool same = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
    return same ? fmt::format("{:%H:%M:%S}", then) : fmt::format("{:%Y-%m-%d %H:%M:%S}", then);
}

std::string shown(std::string_view text, std::size_t width)
{
    // Some terminals obey U+0080 to U+009F as they do the bytes below 0x20.
    std::string line;
    for (auto rest = text.substr(0, text_max); !rest.empty(); rest.remove_prefix(1))
    {
        const auto next = rest.size() > 1 ? static_cast<unsigned char>(rest[1]) : 0U;
        if (rest.front() == '\xc2' && next >= 0x80 && next < 0xa0)
        {
            line += fmt::format("\\x{:02x}", next);
            rest.remove_prefix(1);
        }
        else
            line += one_line(rest.substr(0, 1), 1);
    }
    if (width == 0)
        return line;
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    const auto columns = static_cast<std::size_t>(std::ranges::count_if(line, begins));
    if (columns <= width)
        return line;
    const std::string_view dots = width > 6 ? "..." : "";
    std::size_t kept = 0; // bytes
    for (std::size_t column = 0; kept < line.size(); ++kept)
        if (begins(line[kept]) && column++ == width - dots.size())
            break;
    return line.substr(0, kept).append(dots);
}

std::string age_of(hf::duration d)
{
    using namespace std::chrono;
    const auto whole = std::max(floor<seconds>(d), 0s);
    const auto part = [&](auto length) { return whole / length; };
    if (whole < 1min)
        return fmt::format("{}s", whole.count());
    if (whole < 1h)
        return fmt::format("{}m{:02}s", part(1min), whole.count() % 60);
    if (whole < days(1))
        return fmt::format("{}h{:02}m", part(1h), part(1min) % 60);
    return fmt::format("{}d{:02}h", part(days(1)), part(1h) % 24);
}

std::string text_of(const told_service& s, const told_moment& at, const show_options& o)
{
    std::string text = fmt::format("{}: {}", shown(s.name), shown(s.state));
    if (is_connected(s))
        text += " for " + age_of(at.now - s.since);
    else if (!is_at_rest(s))
        text += ", without a connection for " + age_of(at.now - s.since);
    text += '\n';
    const auto add = [&](std::string_view what, const std::string& value)
    {
        if (!value.empty())
            text += wrapped(fmt::format("  {:<14}", what), value, 16, o.width);
    };
    add("endpoint", s.endpoint);
    add("job", s.job);
    add("attempts",
        fmt::format("{} since the start, {} in a row", s.attempt, times(s.failures, "failure")));
    add("connections", std::to_string(s.connections));
    if (s.next_attempt)
        add("next attempt", fmt::format("{}, at {}", in_time(*s.next_attempt, at),
                                        clock_time_of(*s.next_attempt, at)));
    if (!s.last_failure)
        return text;
    add("last failure", s.last_failure->text);
    if (s.failed_at)
        add("", fmt::format("{} ago, at {}", age_of(at.now - *s.failed_at),
                            clock_time_of(*s.failed_at, at)));
    return text;
}

std::string change_of(const told_service& s, const told_moment& at)
{
    auto text = fmt::format("{} {}: {}{}", clock_time_of(at.now, at), shown(s.name), shown(s.state),
                            outlook(s, at));
    if (s.last_failure && s.failures != 0)
        text += ": " + shown(s.last_failure->text);
    return text + '\n';
}

namespace
{
std::string sentence_of(const told_attempt& a)
{
    auto reason = a.why ? a.why->text : std::string();
    if (!a.connected)
    {
        if (!reason.empty())
            return reason;
        return fmt::format("attempt {} {}", a.attempt, a.ended ? "was stopped" : "goes on");
    }
    auto text =
        fmt::format("attempt {} connected after {}", a.attempt, length_of(*a.connected - a.began));
    if (!a.ended)
        return text + ", and still is";
    if (reason.empty())
        return text + ", stopped after " + length_of(*a.ended - *a.connected);
    return text + ", " + reason;
}
}

std::string history_of(const told& t, const told_moment& at, const show_options& o)
{
    auto text = wrapped("", t.why, 0, o.width);
    for (const auto& a : t.attempts)
    {
        const auto time = clock_time_of(a.began, at) + "  ";
        text += wrapped(time, sentence_of(a), time.size(), o.width);
        if (a.why)
            for (const auto& tried : a.why->addresses)
                text += wrapped(std::string(time.size() + 2, ' '),
                                fmt::format("{}: {} after {}", tried.address, tried.reason,
                                            length_of(tried.took)),
                                time.size() + 4, o.width);
        if (&a == &t.attempts.back() && a.next)
            text += fmt::format("{}  the next attempt{}\n", clock_time_of(*a.next, at),
                                *a.next > at.now ? " (" + in_time(*a.next, at) + ")" : "");
    }
    return text;
}
}

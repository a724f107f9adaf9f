// SPDX-License-Identifier: BSL-1.0
#include "control_show.hpp"

#include <fmt/color.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tool
{
namespace
{
enum column : std::size_t
{
    name,
    state,
    age,
    endpoint,
    failures,
    next,
    failure,
    column_count,
};

using row = std::array<std::string, column_count>;
using widths = std::array<std::size_t, column_count>;

constexpr std::size_t gap = 2;

std::string failure_of(const told_service& s, const told_moment& at)
{
    if (!s.last_failure)
        return {};
    const auto ago = s.failed_at ? ", " + age_of(at.now - *s.failed_at) + " ago" : std::string();
    return shown(s.last_failure->reason + ago);
}

row row_of(const told_service& s, const told_moment& at)
{
    return {shown(s.name),
            shown(s.state),
            age_of(at.now - s.since),
            shown(s.endpoint),
            std::to_string(s.failures),
            !s.next_attempt             ? ""
            : *s.next_attempt <= at.now ? "now"
                                        : age_of(*s.next_attempt - at.now),
            failure_of(s, at)};
}

std::size_t columns_of(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::size_t total(const widths& w)
{
    std::size_t sum = 0;
    for (const auto one : w)
        sum += one == 0 ? 0 : one + gap;
    return sum - gap;
}

/// Leaves columns out, those that the command for one service shows as well, until the others have
/// the room that they need; what is left over goes to those that want more.
void fit(widths& w, std::size_t width)
{
    const widths wanted = w;
    const auto limit = [&](column c, std::size_t least) { w[c] = std::min(w[c], least); };
    limit(name, 16);
    limit(state, 10);
    limit(endpoint, 24);
    limit(failure, 24);
    for (const auto dropped : {endpoint, failures, next, failure})
        if (total(w) > width)
            w[dropped] = 0;
    w[name] -= std::min(w[name] - 1, total(w) - std::min(width, total(w)));
    for (const auto c : {name, failure, endpoint})
    {
        const auto spare = width - std::min(width, total(w));
        if (w[c] != 0)
            w[c] = std::min(wanted[c], w[c] + spare);
    }
}

fmt::terminal_color colour_of(std::string_view state)
{
    if (state == "connected")
        return fmt::terminal_color::green;
    if (state == "parked")
        return fmt::terminal_color::red;
    if (state == "idle" || state == "stopped")
        return fmt::terminal_color::bright_black;
    return fmt::terminal_color::yellow;
}

std::string line_of(const row& r, const widths& w, const show_options& o, bool is_heading)
{
    std::string line;
    std::size_t padding = 0; // owed before the next cell
    for (std::size_t c = 0; c < column_count; ++c)
    {
        if (w[c] == 0)
            continue;
        const auto cell = shown(r[c], w[c]);
        const auto free = w[c] - std::min(w[c], columns_of(cell));
        const bool is_number = c == failures;
        if (cell.empty())
        {
            padding += w[c] + gap;
            continue;
        }
        line.append(padding + (is_number ? free : 0), ' ');
        if (o.colour && is_heading)
            line += fmt::format(fmt::emphasis::bold, "{}", cell);
        else if (o.colour && c == state)
            line += fmt::format(fmt::fg(colour_of(cell)), "{}", cell);
        else
            line += cell;
        padding = gap + (is_number ? 0 : free);
    }
    return line + '\n';
}
}

std::string table_of(const std::vector<told_service>& list, const told_moment& at,
                     const show_options& o)
{
    // The last line of a terminal stays free for the cursor, and one tells of what has no room.
    const auto room = o.height == 0 ? list.size() : std::max<std::size_t>(o.height, 4) - 2;
    const auto count = list.size() <= room ? list.size() : room - 1;
    std::vector<row> rows{{"NAME", "STATE", "FOR", "ENDPOINT", "FAILS", "NEXT", "LAST FAILURE"}};
    widths w{};
    for (std::size_t i = 0; i < count; ++i)
        rows.push_back(row_of(list[i], at));
    for (const auto& r : rows)
        for (std::size_t c = 0; c < column_count; ++c)
            w[c] = std::max(w[c], columns_of(r[c]));
    if (o.width != 0)
        fit(w, o.width);
    std::string text;
    for (const auto& r : rows)
        text += line_of(r, w, o, &r == &rows.front());
    if (count < list.size())
        text += shown(fmt::format("... and {} more", list.size() - count), o.width) + '\n';
    return text;
}
}

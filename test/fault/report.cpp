// SPDX-License-Identifier: BSL-1.0
#include "fault/report.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace fault
{
namespace
{
constexpr char separator = '\x1f';
constexpr std::size_t fields = 8;

/// A field as it fits in a line.
std::string one_line(std::string text)
{
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return text;
}

std::string seconds(duration d)
{
    std::ostringstream out;
    out << std::fixed << std::setprecision(2) << std::chrono::duration<double>(d).count();
    return out.str();
}

std::string_view word(verdict v)
{
    switch (v)
    {
    case verdict::good:
        return "ok";
    case verdict::bad:
        return "BAD";
    case verdict::missing:
        return "MISSING";
    }
    return "?";
}
}

void write(int descriptor, const row& r)
{
    std::ostringstream line;
    line << one_line(r.scenario) << separator << one_line(r.step) << separator
         << one_line(r.expected) << separator << one_line(r.seen) << separator << r.took.count()
         << separator << r.from.count() << separator << r.to.count() << separator
         << static_cast<char>(r.result) << '\n';
    std::string text = line.str();
    while (!text.empty())
    {
        const auto n = ::write(descriptor, text.data(), text.size());
        if (n < 0 && errno != EINTR)
            throw std::runtime_error("the table's pipe is broken");
        text.erase(0, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
}

std::vector<row> read_rows(const std::string& text)
{
    std::vector<row> rows;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
    {
        std::array<std::string, fields> f;
        std::istringstream in(line);
        for (auto& field : f)
            std::getline(in, field, separator);
        const auto time = [](const std::string& s) { return duration(std::stoll(s)); };
        rows.push_back({f[0], f[1], f[2], f[3], time(f[4]), time(f[5]), time(f[6]),
                        static_cast<verdict>(f[7].at(0))});
    }
    return rows;
}

void print_table(std::ostream& out, const std::vector<row>& rows)
{
    using line = std::array<std::string, 7>;
    std::vector<line> lines{{"scenario", "step", "expected", "happened", "took", "allowed", ""}};
    for (const auto& r : rows)
        lines.push_back({r.scenario, r.step, r.expected, r.seen, seconds(r.took) + " s",
                         r.to == duration{} ? "" : seconds(r.from) + " to " + seconds(r.to) + " s",
                         std::string(word(r.result))});
    std::array<std::size_t, 7> widths{};
    for (const auto& l : lines)
        for (std::size_t i = 0; i < l.size(); ++i)
            widths[i] = std::max(widths[i], l[i].size());
    for (const auto& l : lines)
    {
        for (std::size_t i = 0; i < l.size(); ++i)
        {
            const bool number = i == 4;
            out << (number ? std::right : std::left) << std::setw(static_cast<int>(widths[i]))
                << l[i] << (i + 1 < l.size() ? "  " : "\n");
        }
    }
}
}

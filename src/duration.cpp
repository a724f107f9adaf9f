// SPDX-License-Identifier: BSL-1.0
#include <holdfast/duration.hpp>

#include "quoted.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>

namespace holdfast
{
namespace
{
struct unit
{
    std::string_view name;
    std::uint64_t length; // in nanoseconds
};

constexpr unit units[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
};
constexpr const unit& second = units[3];
constexpr const unit& minute = units[4];

constexpr auto length_max = static_cast<std::uint64_t>(std::numeric_limits<duration::rep>::max());

[[noreturn]] void refuse(std::string_view text, const char* why)
{
    throw std::invalid_argument(detail::quoted(text) + " is " + why);
}

[[noreturn]] void refuse_form(std::string_view text)
{
    refuse(text, "not a length of time such as 5, 1.5s, 200ms, 2m or 1h");
}

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// The digits that `text` begins with, which are taken off it.
std::string_view take_digits(std::string_view& text)
{
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count]))
        ++count;
    const auto digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
}
}

duration parse_duration(std::string_view text)
{
    auto rest = text;
    const auto whole = take_digits(rest);
    std::string_view fraction;
    if (rest.starts_with('.'))
    {
        rest.remove_prefix(1);
        fraction = take_digits(rest);
        if (fraction.empty())
            refuse_form(text);
    }
    if (whole.empty())
        refuse_form(text);

    const unit* found = rest.empty() ? &second : nullptr;
    for (const auto& u : units)
        if (u.name == rest)
            found = &u;
    if (found == nullptr)
        refuse_form(text);

    constexpr auto too_long = "too long: a length of time is at most 292 years";
    std::uint64_t count = 0;
    for (const char c : whole)
    {
        count = count * 10 + static_cast<std::uint64_t>(c - '0');
        if (count > length_max / found->length)
            refuse(text, too_long);
    }
    std::uint64_t total = count * found->length;
    std::uint64_t scale = found->length; // what a digit at this place is worth, times ten
    for (const char c : fraction)
    {
        const auto part = static_cast<std::uint64_t>(c - '0') * scale;
        if (part % 10 != 0)
            refuse(text, "finer than a nanosecond");
        total += part / 10;
        // Once a place is worth less than a nanosecond, only zeros may follow.
        scale = scale % 10 == 0 ? scale / 10 : 1;
    }
    if (total > length_max)
        refuse(text, too_long);
    return duration(static_cast<duration::rep>(total));
}

std::string to_string(duration d)
{
    std::string line;
    auto total = static_cast<std::uint64_t>(d.count());
    if (d < duration::zero())
    {
        line = "-";
        total = 0 - total; // unsigned, since the most negative one has no counterpart
    }
    const unit* chosen = &second;
    for (const auto& u : units)
    {
        // Below a minute the number may have a fraction; from there on it must come out whole.
        const bool fits = u.length < minute.length ? total >= u.length : total % u.length == 0;
        if (total != 0 && fits)
            chosen = &u;
    }
    line += std::to_string(total / chosen->length);
    if (auto remainder = total % chosen->length; remainder != 0)
    {
        line += '.';
        for (auto scale = chosen->length; remainder != 0; remainder %= scale)
        {
            scale /= 10;
            line += static_cast<char>('0' + remainder / scale);
        }
    }
    return line + std::string(chosen->name);
}
}

// SPDX-License-Identifier: BSL-1.0
#include "words.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace holdfast::detail
{
std::string say(duration d)
{
    const double s = std::chrono::duration<double>(d).count();
    std::array<char, 64> buffer;
    const auto print = [&](const char* format, double value)
    {
        std::snprintf(buffer.data(), buffer.size(), format, value);
        return std::string(buffer.data());
    };
    if (s < 1)
        return print("%.0f ms", s * 1000);
    if (s < 120)
        return print("%.1f s", s);
    if (s < 7200)
        return print("%.1f min", s / 60);
    return s < 172'800 ? print("%.1f h", s / 3600) : print("%.1f d", s / 86'400);
}

std::string plural(std::uint32_t n, std::string_view what)
{
    return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

std::size_t character_length(std::string_view text)
{
    const auto byte = [text](std::size_t at)
    { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const auto first = byte(0);
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    for (std::size_t at = 1; at < length; ++at)
        if ((byte(at) & 0xC0) != 0x80)
            return 0;
    const bool longer_than_need =
        (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool no_character =
        (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
    return longer_than_need || no_character ? 0 : length;
}
}

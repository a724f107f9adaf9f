// SPDX-License-Identifier: BSL-1.0
#include "escapes.hpp"

#include "error.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tool
{
namespace
{
[[noreturn]] void refuse(std::string_view escape)
{
    throw usage_error(fmt::format(
        R"(escape {} is not one of \r \n \t \e \0 \\ and \x with two digits)", quoted(escape)));
}

char hexadecimal(std::string_view escape) // such as \x2A
{
    unsigned value = 0;
    const auto* end = escape.data() + escape.size();
    const auto result = std::from_chars(escape.data() + 2, end, value, 16);
    if (escape.size() != 4 || result.ec != std::errc() || result.ptr != end)
        refuse(escape);
    return static_cast<char>(value);
}

char plain(std::string_view escape) // such as \n
{
    constexpr std::string_view letters = "rnte0\\";
    constexpr std::string_view values("\r\n\t\x1b\0\\", 6);
    const auto at = escape.size() == 2 ? letters.find(escape[1]) : letters.npos;
    if (at == letters.npos)
        refuse(escape);
    return values[at];
}
}

std::string unescape(std::string_view text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size();)
    {
        if (text[i] != '\\')
        {
            result += text[i++];
            continue;
        }
        const bool long_form = text.substr(i, 2) == "\\x";
        const auto escape = text.substr(i, long_form ? 4 : 2);
        result += long_form ? hexadecimal(escape) : plain(escape);
        i += escape.size();
    }
    return result;
}
}

// SPDX-License-Identifier: BSL-1.0
#include "quoted.hpp"

namespace holdfast::detail
{
namespace
{
bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

bool is_escaped(char c, bool quotes)
{
    return quotes && (c == '"' || c == '\\');
}

/// How much of `text` makes at most `length_max` bytes of a line.
std::size_t fitting(std::string_view text, std::size_t length_max, bool quotes)
{
    std::size_t end = 0;
    for (std::size_t length = 0; end < text.size(); ++end)
    {
        length += is_control(text[end]) ? 4 : is_escaped(text[end], quotes) ? 2 : 1;
        if (length > length_max)
            break;
    }
    // Not within a character: step back over at most three bytes that continue one.
    for (int i = 0; i < 3 && end > 0 && end < text.size() &&
                    (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80;
         ++i)
        --end;
    return end;
}

void append_escaped(std::string& line, std::string_view text, std::size_t length_max, bool quotes)
{
    constexpr char hex[] = "0123456789abcdef";
    const auto end = fitting(text, length_max, quotes);
    for (const char c : text.substr(0, end))
    {
        const auto byte = static_cast<unsigned char>(c);
        if (is_control(c))
        {
            line += "\\x";
            line += hex[byte >> 4];
            line += hex[byte & 15];
        }
        else
        {
            line += is_escaped(c, quotes) ? "\\" : "";
            line += c;
        }
    }
    if (end < text.size())
        line += "...";
}
}

std::string one_line(std::string_view text, std::size_t length_max)
{
    std::string line;
    append_escaped(line, text, length_max, false);
    return line;
}

std::string quoted(std::string_view text, std::size_t length_max)
{
    std::string line = "\"";
    append_escaped(line, text, length_max, true);
    return line += '"';
}
}

// SPDX-License-Identifier: BSL-1.0
#include "quoted.hpp"

namespace holdfast::detail
{
namespace
{
void append_escaped(std::string& line, std::string_view text, std::size_t length_max, bool quotes)
{
    constexpr char hex[] = "0123456789abcdef";
    auto end = text.size();
    if (end > length_max)
    {
        end = length_max;
        // Not within a character: step back over at most three bytes that continue one.
        for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80;
             ++i)
            --end;
    }
    for (const char c : text.substr(0, end))
    {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
        {
            line += "\\x";
            line += hex[byte >> 4];
            line += hex[byte & 15];
        }
        else
        {
            if (quotes && (c == '"' || c == '\\'))
                line += '\\';
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

std::string quoted(std::string_view text)
{
    std::string line = "\"";
    append_escaped(line, text, 60, true);
    return line += '"';
}
}

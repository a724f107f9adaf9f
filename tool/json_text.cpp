// SPDX-License-Identifier: BSL-1.0
#include "json_text.hpp"

#include "observe/words.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>

namespace tool
{
namespace
{
constexpr std::size_t length_max = 4000;

/// How many characters at the begin of `text` stand in a string as they are, at most some: all of
/// them, mostly.
std::size_t plain_length(std::string_view text)
{
    std::size_t length = 0;
    for (const char c : text.substr(0, 64))
    {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\')
            break;
        ++length;
    }
    return length;
}
}

std::string json_string(std::string_view text)
{
    std::string quoted = "\"";
    while (!text.empty() && quoted.size() < length_max)
    {
        if (const auto plain = plain_length(text); plain != 0)
        {
            quoted += text.substr(0, plain);
            text.remove_prefix(plain);
            continue;
        }
        const auto length = holdfast::detail::character_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0)
            quoted += "\\ufffd";
        else if (first < 0x20 || first == 0x7f)
            quoted += fmt::format("\\u{:04x}", first);
        else
        {
            if (first == '"' || first == '\\')
                quoted += '\\';
            quoted += text.substr(0, length);
        }
        text.remove_prefix(length != 0 ? length : 1);
    }
    return quoted + (text.empty() ? "\"" : "...\"");
}

std::string json_number(holdfast::duration d)
{
    return fmt::format("{:.6f}", std::chrono::duration<double>(d).count());
}

json_object& json_object::add(std::string_view name, std::string_view value)
{
    members_ += members_.empty() ? "" : ",";
    members_ += json_string(name);
    members_ += ':';
    members_ += value;
    return *this;
}
}

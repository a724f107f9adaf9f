// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/description.hpp>

#include "../quoted.hpp"
#include "description_parts.hpp"

#include <algorithm>

namespace holdfast
{
namespace
{
constexpr std::string_view mask = "***";

/// Hides what lies between the first colon from `begin` on and the last `@`.
void mask_password_of_url(std::string& line, std::size_t begin)
{
    const auto colon = line.find(':', begin);
    const auto at = line.rfind('@');
    if (colon != line.npos && at != line.npos && colon < at)
        line.replace(colon + 1, at - colon - 1, mask);
}

/// Where the value of the first key `password` begins in `text`, or npos. Backslashes before the
/// `=` belong to a description within this one.
std::size_t find_password(std::string_view text)
{
    constexpr std::string_view key = "password";
    const auto same = [](char a, char b) { return a == b || a == b - 'a' + 'A'; };
    for (auto from = text.begin();;)
    {
        from = std::search(from, text.end(), key.begin(), key.end(), same);
        if (from == text.end())
            return text.npos;
        from += static_cast<std::ptrdiff_t>(key.size());
        const auto after = std::find_if(from, text.end(), [](char c) { return c != '\\'; });
        if (after != text.end() && *after == '=')
            return static_cast<std::size_t>(after - text.begin()) + 1;
    }
}
}

std::string without_secrets(std::string_view text)
{
    std::string line(text.substr(0, find_password(text)));
    if (line.size() < text.size())
        line += mask;
    // The password of a URL, here or in a description within, where the user may have forgotten to
    // escape it.
    if (const auto slashes = line.find("//"); slashes != line.npos)
        mask_password_of_url(line, slashes);
    return line;
}

std::string detail::shown(std::string_view part)
{
    auto line = without_secrets(part);
    mask_password_of_url(line, 0); // the slashes may stand before this part
    return quoted(line);
}
}

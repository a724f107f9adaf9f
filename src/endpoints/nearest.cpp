// SPDX-License-Identifier: BSL-1.0
#include "nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace holdfast::detail
{
namespace
{
constexpr std::size_t length_max = 24; // no name that we know is longer

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// How many letters must be put in, left out, replaced or swapped with the next (Damerau's optimal
/// string alignment), in any case of letters.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::array<std::array<std::size_t, length_max + 1>, length_max + 1> cost{};
    for (std::size_t i = 0; i <= a.size(); ++i)
        for (std::size_t j = 0; j <= b.size(); ++j)
        {
            if (i == 0 || j == 0)
            {
                cost[i][j] = i + j;
                continue;
            }
            const auto same = [&](std::size_t x, std::size_t y)
            { return lower(a[x]) == lower(b[y]); };
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                                   cost[i - 1][j - 1] + (same(i - 1, j - 1) ? 0U : 1U)});
            if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1))
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    return cost[a.size()][b.size()];
}
}

std::string did_you_mean(std::string_view found, std::span<const std::string_view> known)
{
    if (found.size() > length_max)
        return {};
    std::string_view best;
    auto best_distance = std::max<std::size_t>(found.size() / 3, 1) + 1; // this far is another word
    for (const auto name : known)
    {
        if (name.size() > length_max)
            continue;
        if (const auto d = distance(found, name); d < best_distance)
        {
            best = name;
            best_distance = d;
        }
    }
    return best.empty() ? "" : " (did you mean \"" + std::string(best) + "\"?)";
}

std::string listed(std::span<const std::string_view> names)
{
    std::string line;
    for (const auto name : names)
    {
        line += line.empty() ? "" : ", ";
        line += name;
    }
    return line;
}
}

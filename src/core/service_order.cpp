// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/service_order.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace holdfast::core
{
namespace
{
// As the RFC says, word by word: those without weight stand first; a number from 0 to the sum of
// the weights, and the first whose running sum is not below it.
void draw(std::span<service_record> equals, retry::random& random)
{
    for (auto left = equals; left.size() > 1; left = left.subspan(1))
    {
        std::uint64_t sum = 0;
        for (const auto& r : left)
            sum += r.weight;
        const auto number =
            static_cast<std::uint64_t>(random.uniform() * static_cast<double>(sum + 1));
        std::uint64_t running = 0;
        const auto chosen = std::ranges::find_if(left,
                                                 [&](const auto& r)
                                                 {
                                                     running += r.weight;
                                                     return running >= number;
                                                 });
        std::rotate(left.begin(), chosen, chosen + 1);
    }
}
}

void order_services(std::span<service_record> records, retry::random& random)
{
    std::ranges::sort(records, {},
                      [](const auto& r) { return std::pair(r.priority, r.weight != 0); });
    while (!records.empty())
    {
        const auto priority = records.front().priority;
        const auto end =
            std::ranges::find_if(records, [&](const auto& r) { return r.priority != priority; });
        const auto count = static_cast<std::size_t>(end - records.begin());
        draw(records.first(count), random);
        records = records.subspan(count);
    }
}
}

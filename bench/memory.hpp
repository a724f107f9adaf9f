// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_BENCH_MEMORY_HPP
#define HOLDFAST_BENCH_MEMORY_HPP

#include "measure.hpp"

#include <cstdio>

namespace bench
{
/// Makes clients, a batch at a time, and prints by how much the process grew for each. The first
/// thousand pay for what is there once and are not counted.
///
/// `make()` makes one and starts it; `settle()` returns when all that were made are in the state
/// to be measured. How many descriptors are open at the end proves that state.
template <class Make, class Settle>
void print_memory(long count, Make make, Settle settle)
{
    const auto grow = [&](long more)
    {
        for (long made = 1; made <= more; ++made)
        {
            make();
            if (made % 500 == 0 || made == more)
                settle();
        }
    };
    grow(1000);
    const std::size_t before = resident_bytes();
    grow(count);
    const auto growth = static_cast<double>(resident_bytes() - before);
    std::printf("{\"bytes\": %.1f, \"descriptors\": %zu}\n", growth / static_cast<double>(count),
                open_descriptors());
}
}

#endif

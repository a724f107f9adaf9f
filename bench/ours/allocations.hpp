// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_BENCH_ALLOCATIONS_HPP
#define HOLDFAST_BENCH_ALLOCATIONS_HPP

namespace bench
{
/// How often this process has allocated memory.
long allocations() noexcept;
}

#endif

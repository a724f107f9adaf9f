// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TIME_HPP
#define HOLDFAST_TIME_HPP

#include <chrono>

namespace holdfast
{
/// A length of time. Every duration of the library has this type, so no name carries a unit.
using duration = std::chrono::nanoseconds;

/// A moment on a monotonic clock. Changes of the wall clock do not move it.
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;
}

#endif

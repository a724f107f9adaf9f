// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CORE_IDS_HPP
#define HOLDFAST_CORE_IDS_HPP

#include <cstdint>

namespace holdfast::core
{
/// Names one attempt of a service for as long as anything may still report on it.
enum class attempt_id : std::uint32_t
{
    none = 0,
};

/// Names one arming of the machine's timer, so that a stale firing is recognised.
enum class timer_id : std::uint32_t
{
    none = 0,
};
}

#endif

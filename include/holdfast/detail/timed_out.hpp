// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_TIMED_OUT_HPP
#define HOLDFAST_DETAIL_TIMED_OUT_HPP

#include <holdfast/failure.hpp>

namespace holdfast::detail
{
/// What a phase is called that has run out of time.
error_code timed_out_in(phase p) noexcept;
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_THROWN_HPP
#define HOLDFAST_DETAIL_THROWN_HPP

#include <holdfast/error.hpp>

#include <exception>

namespace holdfast::detail
{
/// The code of what user code threw.
error_code code_of(const std::exception_ptr& thrown) noexcept;
}

#endif

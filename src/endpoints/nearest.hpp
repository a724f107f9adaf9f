// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_NEAREST_HPP
#define HOLDFAST_SRC_ENDPOINTS_NEAREST_HPP

#include <span>
#include <string>
#include <string_view>

namespace holdfast::detail
{
/// ` (did you mean "timeout"?)` if one of `known` is what somebody who typed `found` may have
/// meant; else nothing.
std::string did_you_mean(std::string_view found, std::span<const std::string_view> known);

/// `a, b, c`.
std::string listed(std::span<const std::string_view> names);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_ESCAPES_HPP
#define HOLDFAST_TOOL_ESCAPES_HPP

#include <string>
#include <string_view>

namespace tool
{
/// Text with its escapes replaced: `\r`, `\n`, `\t`, `\e`, `\0`, `\\`, and `\x` with two digits.
///
/// @throws usage_error naming the escape that is not one
std::string unescape(std::string_view text);
}

#endif

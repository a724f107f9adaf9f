// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_QUOTED_HPP
#define HOLDFAST_SRC_QUOTED_HPP

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::detail
{
/// `text` fit for one line of a message: control characters as `\x0a`, cut short with `...` so that
/// the rest makes at most `length_max` bytes (never within a character of UTF-8).
std::string one_line(std::string_view text, std::size_t length_max);

/// `text` between quotation marks, for a message: one line, quotation marks and backslashes
/// escaped, cut short after `length_max` bytes.
std::string quoted(std::string_view text, std::size_t length_max = 60);
}

#endif

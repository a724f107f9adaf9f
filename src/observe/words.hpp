// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_OBSERVE_WORDS_HPP
#define HOLDFAST_SRC_OBSERVE_WORDS_HPP

#include <holdfast/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::detail
{
/// The most that is shown of why something failed: what others wrote is cut, so that what is said
/// of it stays.
constexpr std::size_t reason_max = 700;

/// `250 ms`, `1.5 s`, `2.0 min`, `3.5 h`, `12.0 d`.
std::string say(duration d);

/// `1 failure`, `2 failures`.
std::string plural(std::uint32_t n, std::string_view what);

/// The length of the character of UTF-8 that `text` begins with: the shortest form, no surrogate,
/// at most U+10FFFF. 0 if it begins with none.
std::size_t character_length(std::string_view text);
}

#endif

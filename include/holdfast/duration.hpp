// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DURATION_HPP
#define HOLDFAST_DURATION_HPP

#include <holdfast/time.hpp>

#include <string>
#include <string_view>

namespace holdfast
{
/// Reads a length of time: a decimal number and a unit (`ns`, `us`, `ms`, `s`, `m`, `h`, `d`), such
/// as `1.5s`, `200ms`, `2m`. Without a unit it is seconds.
///
/// The result is exact: what is finer than a nanosecond is refused, and so are signs, exponents and
/// spaces.
///
/// @throws std::invalid_argument with one line that quotes `text` and says what was expected.
duration parse_duration(std::string_view text);

/// The canonical text, of which `parse_duration` gives `d` back: `2m`, `90s`, `1.5s`, `200ms`.
/// A negative one gets a minus sign, and cannot be read back.
std::string to_string(duration d);
}

#endif

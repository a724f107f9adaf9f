// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_DESCRIPTION_PARTS_HPP
#define HOLDFAST_SRC_ENDPOINTS_DESCRIPTION_PARTS_HPP

#include <holdfast/endpoints/description.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::detail
{
/// Whether `text` can be a prefix: a small letter and then small letters, digits, `+`, `-`, `.`,
/// `_`.
bool is_prefix(std::string_view text);

/// A part of a description between quotation marks, for a message on one line. What may be a
/// password in it is `***`: after a mistake the password of a URL can be part of anything.
std::string shown(std::string_view part);

/// Takes apart a description that begins with a prefix of that length and `://`. The keys are not
/// checked.
description parse_url(std::string_view text, std::size_t prefix_length);

/// Where the character at `column` of the value of an argument stands in the text of `d`, where
/// escapes may stand between them; 0 if it came from no text.
std::size_t column_within(const description& d, const description::argument& argument,
                          std::size_t column);
}

#endif

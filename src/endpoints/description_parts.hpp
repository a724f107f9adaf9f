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

std::string lower(std::string text);

/// The length of the prefix if `text` is a URL, that is, begins with `prefix://`; else 0.
std::size_t url_prefix_length(std::string_view text);

/// Takes a URL apart. The keys are not checked.
description parse_url(std::string_view text);

/// Refuses keys that are empty or given twice. `text` is what the columns are of.
void refuse_bad_keys(std::string_view text, const description& d);

/// Where the character at `column` of the value of an argument stands in the text of `d`, where
/// escapes may stand between them; 0 if it came from no text.
std::size_t column_within(const description& d, const description::argument& argument,
                          std::size_t column);
}

#endif

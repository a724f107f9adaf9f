// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_DESCRIPTION_PARTS_HPP
#define HOLDFAST_SRC_ENDPOINTS_DESCRIPTION_PARTS_HPP

#include <holdfast/endpoints/description.hpp>

#include <cstddef>
#include <string_view>

namespace holdfast::detail
{
/// Whether `text` can be a prefix: a small letter and then small letters, digits, `+`, `-`, `.`,
/// `_`.
bool is_prefix(std::string_view text);

/// Takes apart a description that begins with a prefix of that length and `://`. The keys are not
/// checked.
description parse_url(std::string_view text, std::size_t prefix_length);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_DESCRIPTION_PARTS_HPP
#define HOLDFAST_SRC_ENDPOINTS_DESCRIPTION_PARTS_HPP

#include <holdfast/endpoints/description.hpp>

#include <cstddef>
#include <string_view>

namespace holdfast::detail
{
/// Takes apart a description that begins with a prefix of that length and `://`. The keys are not
/// checked.
description parse_url(std::string_view text, std::size_t prefix_length);
}

#endif

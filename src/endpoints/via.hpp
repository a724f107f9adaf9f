// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_VIA_HPP
#define HOLDFAST_SRC_ENDPOINTS_VIA_HPP

#include <holdfast/endpoints/description.hpp>

#include <string_view>
#include <vector>

namespace holdfast::detail
{
/// A URL, taken apart.
struct url_parts
{
    description d{};
    std::vector<std::string_view> vias{}; ///< The values of `via`, as they stand in the text.
};

/// Takes apart `url`, which is a part of `text`, whose parameters `separator` sets apart. All
/// columns are of `text`.
url_parts read_url(std::string_view text, std::string_view url, char separator);

/// Has `d` go by way of proxies, each a URL that is a part of `text`; the first is the nearest.
void go_via(std::string_view text, description& d, const std::vector<std::string_view>& vias);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_HTML_HPP
#define HOLDFAST_TOOL_PAGE_HTML_HPP

#include "page/service_json.hpp"
#include "page/timeline.hpp"
#include "run/services_view.hpp"

#include <string>
#include <string_view>

namespace tool
{
/// `text` as the content of an element or of an attribute between quotation marks. Bytes that are
/// no characters of HTML become U+FFFD.
std::string html_text(std::string_view text);

/// The page for people: whole without its script, which keeps it up to date.
std::string html_page(const services_view& view, const timelines& lines, const moment& m);
}

#endif

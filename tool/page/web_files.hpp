// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_WEB_FILES_HPP
#define HOLDFAST_TOOL_PAGE_WEB_FILES_HPP

#include <string_view>

/// The files of tool/web, which cmake/embed.cmake makes part of the program.
namespace tool::web
{
extern const std::string_view icon_svg;
extern const std::string_view index_html;
extern const std::string_view page_js;
extern const std::string_view style_css;
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_NOTE_LINE_HPP
#define HOLDFAST_TOOL_NOTE_LINE_HPP

#include <holdfast/observe/log.hpp>

#include <string>
#include <string_view>

namespace tool
{
/// What the program itself has to say, as a line beside those of `log_lines`, with its end.
std::string note_line(holdfast::log_format format, std::string_view text);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#include "note_line.hpp"

#include "error.hpp"
#include "json_text.hpp"

namespace tool
{
std::string note_line(holdfast::log_format format, std::string_view text)
{
    const auto note = one_line(text, 900); // a path may hold line ends
    if (format == holdfast::log_format::text)
        return "holdfast: " + note + "\n";
    return json_object().add("event", json_string("note")).add("note", json_string(note)).text() +
           "\n";
}
}

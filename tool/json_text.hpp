// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_JSON_TEXT_HPP
#define HOLDFAST_TOOL_JSON_TEXT_HPP

#include <holdfast/time.hpp>

#include <string>
#include <string_view>

namespace tool
{
/// `text` as a string of JSON. Bytes that are no UTF-8 become U+FFFD; what is too long is cut.
std::string json_string(std::string_view text);

/// A length of time in seconds.
std::string json_number(holdfast::duration d);

/// Collects the members of an object; values are JSON already.
class json_object
{
public:
    json_object& add(std::string_view name, std::string_view value);
    std::string text() const { return '{' + members_ + '}'; }

private:
    std::string members_;
};
}

#endif

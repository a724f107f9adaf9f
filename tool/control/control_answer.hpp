// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_ANSWER_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_ANSWER_HPP

#include "run/services_control.hpp"

#include <set>
#include <string>
#include <string_view>

namespace tool
{
/// The version of the control protocol, which doc/control.md describes.
constexpr int control_version = 1;

/// What is said to one line of a client.
struct control_answer
{
    std::string line{};   ///< A line of JSON, without its end.
    bool watches = false; ///< Whether the client wants a line for each change from now on.
};

/// Does what `request` asks for, and says what came of it. It is one line without its end, of any
/// bytes; how long it may be is for the caller to limit. Whatever is wrong with it, or goes wrong,
/// is an answer too.
control_answer answer(services_control& services, std::string_view request);

/// The answer that tells why there is no other.
std::string error_line(std::string_view problem);

/// Tells those who watch how all services stand.
std::string status_line(const services_view& services);

/// Tells those who watch how these stand, and which of them are no more.
std::string change_line(const services_view& services,
                        const std::set<std::string, std::less<>>& names);
}

#endif

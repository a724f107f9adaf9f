// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_SCREEN_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_SCREEN_HPP

#include "control/control_show.hpp"
#include "control/control_told.hpp"

#include <string_view>

namespace tool
{
class control_client;

/// Now, on both clocks.
told_moment moment_now();

/// Whether standard output is a terminal.
bool on_terminal();

/// The terminal that standard output is, at this moment; without limits and colour if it is none.
show_options screen();

/// Asks, and takes the answer apart. Throws `std::runtime_error` with what was wrong if the daemon
/// refused.
told ask(control_client& daemon, std::string_view request);
}

#endif

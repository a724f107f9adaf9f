// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_SHOW_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_SHOW_HPP

#include "control/control_told.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace tool
{
// What people see of what a daemon told. Nothing of it reaches the terminal that is a control
// character, whatever a name or a message holds.

/// One moment on two clocks, so that others can be told as times of day.
struct told_moment
{
    hf::time_point now{};
    std::chrono::system_clock::time_point time_of_day{};
};

/// What it is shown on.
struct show_options
{
    std::size_t width = 0;  ///< Columns; 0: a line may be as long as it likes.
    std::size_t height = 0; ///< Lines; 0: as many as there are.
    bool colour = false;
};

/// A line for each service, under a line of headings.
std::string table_of(const std::vector<told_service>& list, const told_moment& at,
                     const show_options& o);

/// All that is known of one service.
std::string text_of(const told_service& s, const told_moment& at, const show_options& o);

/// One line that tells how it stands, with the time of day.
std::string change_of(const told_service& s, const told_moment& at);

/// Why the service is not connected, and each of its last attempts.
std::string history_of(const told& t, const told_moment& at, const show_options& o);

/// `12s`, `3m12s`, `2h05m`, `3d04h`.
std::string age_of(hf::duration d);

/// `14:03:22`, with the date if that is another day.
std::string clock_time_of(hf::time_point t, const told_moment& at);

/// `text` without control characters, and cut to `width` columns (0: not cut).
std::string shown(std::string_view text, std::size_t width = 0);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_MANUAL_HPP
#define HOLDFAST_TOOL_MANUAL_HPP

#include "program_text.hpp"

namespace tool
{
/// The manual page, as `man` reads it.
std::string manual_of(const program_text& program);

/// Adds the subcommand `manual`, which prints it.
void add_manual(CLI::App& app);
}

#endif

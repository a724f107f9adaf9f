// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_COMPLETION_HPP
#define HOLDFAST_TOOL_COMPLETION_HPP

#include "program_text.hpp"

namespace tool
{
// What a shell sources so that it completes the command line. Names of services are those that
// `status --names` prints.
std::string bash_completion(const program_text& program);
std::string zsh_completion(const program_text& program);
std::string fish_completion(const program_text& program);

/// Adds the subcommand `completion`, which prints one of them.
void add_completion(CLI::App& app);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PROGRAM_HPP
#define HOLDFAST_TOOL_PROGRAM_HPP

#include "error.hpp"

#include <CLI/App.hpp>

#include <memory>

namespace tool
{
/// The program's command line with all its subcommands: what is parsed, and what help, manual and
/// completion are made of. The subcommand that was parsed sets `result`, which must outlive it.
std::unique_ptr<CLI::App> make_program(exit_code& result);
}

#endif

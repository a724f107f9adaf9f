// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_DEMO_HPP
#define HOLDFAST_TOOL_DEMO_HPP

#include "error.hpp"

namespace CLI // NOLINT(readability-identifier-naming): the library's
{
class App; // NOLINT(readability-identifier-naming)
}

namespace tool
{
/// Adds the subcommand `demo`; `result` is set when it has run.
void add_demo(CLI::App& app, exit_code& result);
}

#endif

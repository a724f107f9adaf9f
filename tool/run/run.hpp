// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_RUN_HPP
#define HOLDFAST_TOOL_RUN_RUN_HPP

#include "error.hpp"

namespace CLI // NOLINT(readability-identifier-naming): the library's
{
class App; // NOLINT(readability-identifier-naming)
}

namespace tool
{
/// Adds `holdfast run`. What it ends with goes to `result`.
void add_run(CLI::App& app, exit_code& result);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CHECK_HPP
#define HOLDFAST_TOOL_CHECK_HPP

#include "error.hpp"

namespace CLI // NOLINT(readability-identifier-naming): the library's
{
class App; // NOLINT(readability-identifier-naming)
}

namespace tool
{
/// Adds the subcommand `check`; `result` is set when it has run. It throws `usage_error`, and
/// `std::invalid_argument` of the library.
void add_check(CLI::App& app, exit_code& result);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_HPP

#include "error.hpp"

#include <functional>
#include <memory>
#include <string>

namespace CLI // NOLINT(readability-identifier-naming): the library's
{
class App;
}

namespace tool
{
class control_client;

/// Adds the subcommands that ask a daemon, or have it do something: `status`, `why`, `start`,
/// `stop`, `retry`, `reconnect` and `reload`; `result` is set when one has run. They throw
/// `usage_error`, and `std::runtime_error` where the daemon did not do what was asked.
void add_control(CLI::App& app, exit_code& result);

// Its parts.

/// Adds `--socket` to a subcommand, and has it do `run` with a connection to that daemon.
void ask_daemon(CLI::App& command, exit_code& result,
                std::function<exit_code(control_client& daemon)> run);

void add_status(CLI::App& app, exit_code& result);
}

#endif

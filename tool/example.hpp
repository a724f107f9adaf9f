// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_EXAMPLE_HPP
#define HOLDFAST_TOOL_EXAMPLE_HPP

#include <CLI/App.hpp>

#include <string>
#include <string_view>

namespace tool
{
inline constexpr std::string_view example_prefix = "Example: ";

/// Ends what `--help` says with a line that can be pasted into a shell. Every subcommand has at
/// least one, and a test runs them all: they need nothing that a machine may lack. To be called
/// after `CLI::App::footer`.
inline void add_example(CLI::App& command, std::string_view line)
{
    auto text = command.get_footer();
    if (!text.empty())
        text += '\n';
    command.footer(text.append(example_prefix).append(line));
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PROGRAM_TEXT_HPP
#define HOLDFAST_TOOL_PROGRAM_TEXT_HPP

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace tool
{
/// What the command line says of one option or argument.
struct option_text
{
    std::vector<std::string> names{}; ///< `-q`, `--quiet`; empty: an argument.
    std::string value{};              ///< `TIME`, or `a|b`, or an argument's name; empty: a flag.
    std::string help{};
    bool required = false;
    bool repeatable = false;
};

/// What can be put in the place of a value.
enum class value_kind
{
    unknown,
    choice,  ///< One of `choices`.
    file,    ///< `PATH`, `CONFIG`.
    service, ///< `NAME`: of a service that runs.
};

value_kind kind_of(const option_text& o);

/// `a` and `b` of `a|b`.
std::vector<std::string> choices(const option_text& o);

/// The same of a subcommand. What the program hides is not in it.
struct command_text
{
    std::string name{};
    std::string help{};
    std::vector<std::string> notes{}; ///< The lines below the options.
    std::vector<option_text> options{};
    std::vector<option_text> arguments{};
};

/// The same of the program.
struct program_text
{
    command_text itself{};
    std::string version{};
    std::vector<command_text> commands{};
};

program_text text_of(const CLI::App& app);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#include "descriptor.hpp"
#include "program.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>

namespace
{
/// Says on one line what was wrong.
int complain(tool::exit_code code, std::string_view problem)
{
    const auto line = problem.substr(0, problem.find('\n'));
    fmt::print(stderr, "holdfast: {}\n", line);
    return static_cast<int>(code);
}

int run(int argc, char** argv)
{
    auto result = tool::exit_code::ended;
    const auto app = tool::make_program(result);
    try
    {
        app->parse(argc, argv);
        if (app->get_subcommands().empty())
            fmt::print("{}", app->help());
        return static_cast<int>(result);
    }
    catch (const CLI::Success& asked) // for help or the version
    {
        return app->exit(asked);
    }
    catch (const CLI::ParseError& e)
    {
        return complain(tool::exit_code::usage, e.what());
    }
    catch (const std::invalid_argument& e)
    {
        return complain(tool::exit_code::usage, e.what());
    }
}
}

int main(int argc, char** argv)
{
    try
    {
        tool::fill_closed_descriptors();
        return run(argc, argv);
    }
    catch (const std::exception& e)
    {
        return complain(tool::exit_code::failed, e.what());
    }
}

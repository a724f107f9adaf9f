// SPDX-License-Identifier: BSL-1.0
#include "demo.hpp"

#include "demo_show.hpp"
#include "example.hpp"

#include <holdfast/duration.hpp>

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <memory>
#include <string>
#include <unistd.h>

namespace tool
{
namespace
{
/// On a terminal, unless NO_COLOR is set to anything.
bool in_colour()
{
    const char* no = std::getenv("NO_COLOR");
    return (no == nullptr || *no == '\0') && ::isatty(STDOUT_FILENO) == 1;
}
}

void add_demo(CLI::App& app, exit_code& result)
{
    auto* command = app.add_subcommand(
        "demo",
        "Show a service living through a server that refuses, drops, stalls and comes back");
    const auto length = std::make_shared<std::string>("20s");
    command->add_option("--length", *length, "How long it takes; 20s")->type_name("TIME");
    add_example(*command, "holdfast demo --length 2s");
    command->callback(
        [length, &result]
        {
            const auto d = hf::parse_duration(*length);
            if (d < std::chrono::seconds(1) || d > std::chrono::hours(1))
                throw usage_error("--length: must be from 1s to 1h");
            result = demo_show(d, in_colour()).run();
        });
}
}

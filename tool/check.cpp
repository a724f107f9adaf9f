// SPDX-License-Identifier: BSL-1.0
#include "check.hpp"

#include "checker.hpp"
#include "example.hpp"
#include "option_values.hpp"
#include "target_options.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace tool
{
namespace
{
/// The command line as it was written.
struct arguments
{
    target_arguments target{};
    std::string attempt_timeout{};
    std::string watch{};
    bool twice = false;
    bool json = false;
};

check_options options_of(const arguments& a)
{
    check_options o{.endpoint = endpoint_of(a.target)};
    o.names = names_of(a.target);
    if (const auto d = length_of_time("--attempt-timeout", a.attempt_timeout))
        o.attempt_timeout = *d;
    if (const auto d = length_of_time("--watch", a.watch, hf::duration::zero()))
        o.watch = *d;
    o.twice = a.twice;
    o.json = a.json;
    return o;
}

void describe(CLI::App& command, arguments& a)
{
    describe_target(command, a.target);
    command.add_option("--attempt-timeout", a.attempt_timeout, "For the attempt; 30s")
        ->type_name("TIME");
    command
        .add_option("--watch", a.watch,
                    "How long to look at what the server does once connected; 500ms, 0 for not")
        ->type_name("TIME");
    command.add_flag("--twice", a.twice,
                     "Connect once more, which shows whether TLS resumes what it had");
    command.add_flag("--json", a.json, "Print one line of JSON for each attempt");
}
}

void add_check(CLI::App& app, exit_code& result)
{
    auto* command = app.add_subcommand(
        "check", "Connect once, and explain each step, why it failed and what to try");
    const auto a = std::make_shared<arguments>();
    describe(*command, *a);
    command->footer("Try it where nobody listens too: tcp:localhost:1\n"
                    "Times are like 1.5s, 200ms, 2m, or plain seconds.\n"
                    "Exit status: 0 connected, 1 failed, 2 usage.");
    add_example(*command, "holdfast check exec:cat");
    command->callback([a, &result] { result = checker(options_of(*a)).run(); });
}
}

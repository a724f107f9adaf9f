// SPDX-License-Identifier: BSL-1.0
#include "control.hpp"

#include "control_client.hpp"
#include "control_path.hpp"
#include "control_screen.hpp"
#include "control_show.hpp"
#include "json_text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <utility>
#include <vector>

namespace tool
{
namespace
{
constexpr auto exit_statuses = "Exit status: 0 done, 1 refused or failed, 2 usage, 4 no daemon "
                               "could be asked.";

void complain(std::string_view problem)
{
    fmt::print(stderr, "holdfast: {}\n", shown(problem));
}

std::string request_of(std::string_view command, std::string_view name = {})
{
    json_object object;
    object.add("do", json_string(command));
    if (!name.empty())
        object.add("name", json_string(name));
    return object.text();
}

std::vector<std::string> names_of(control_client& daemon)
{
    const auto all = ask(daemon, request_of("status")).all;
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto& s : all)
        names.push_back(s.name);
    return names;
}

/// Every service that can be is commanded, also if another cannot.
exit_code command_each(control_client& daemon, std::string_view command,
                       const std::vector<std::string>& names)
{
    auto result = exit_code::ended;
    for (const auto& name : names)
    {
        const auto t = told_in(daemon.ask(request_of(command, name)), moment_now().now);
        if (t.error.empty())
            continue;
        complain(fmt::format("{}: {}", command, t.error));
        result = exit_code::failed;
    }
    return result;
}

void add_command(CLI::App& app, exit_code& result, const std::string& name, const std::string& help)
{
    auto* command = app.add_subcommand(name, help);
    const auto names = std::make_shared<std::vector<std::string>>();
    const auto all = std::make_shared<bool>(false);
    command->add_option("NAME", *names, "Which services")->type_name("");
    command->add_flag("--all", *all, "All of them");
    command->footer(
        fmt::format("Example: holdfast {} \"$(holdfast status --names | head -n 1)\"\n{}", name,
                    exit_statuses));
    ask_daemon(*command, result,
               [=](control_client& daemon)
               {
                   if (names->empty() != *all)
                       throw usage_error(name + ": say which services, or --all");
                   return command_each(daemon, name, *all ? names_of(daemon) : *names);
               });
}

void add_why(CLI::App& app, exit_code& result)
{
    auto* command = app.add_subcommand(
        "why", "Tell why a service is not connected, and how its last attempts went");
    const auto name = std::make_shared<std::string>();
    command->add_option("NAME", *name, "Which service")->required()->type_name("");
    command->footer(fmt::format(
        "Example: holdfast why \"$(holdfast status --names | head -n 1)\"\n{}", exit_statuses));
    ask_daemon(*command, result,
               [name](control_client& daemon)
               {
                   const auto t = ask(daemon, request_of("why", *name));
                   fmt::print("{}", history_of(t, moment_now(), screen()));
                   return exit_code::ended;
               });
}

void add_reload(CLI::App& app, exit_code& result)
{
    auto* command = app.add_subcommand(
        "reload", "Have the daemon read its configuration again; a wrong one changes nothing");
    command->footer(fmt::format("Example: holdfast reload\n{}", exit_statuses));
    ask_daemon(*command, result,
               [](control_client& daemon)
               {
                   fmt::print("{}\n", shown(ask(daemon, request_of("reload")).text));
                   return exit_code::ended;
               });
}
}

void ask_daemon(CLI::App& command, exit_code& result,
                std::function<exit_code(control_client& daemon)> run)
{
    const auto path = std::make_shared<std::string>();
    command
        .add_option("--socket", *path,
                    "Of the daemon; $HOLDFAST_CONTROL, /run/holdfast/control or "
                    "$XDG_RUNTIME_DIR/holdfast/control")
        ->type_name("PATH");
    command.callback(
        [path, &result, run = std::move(run)]
        {
            try
            {
                control_client daemon(control_path_to_try(*path));
                result = run(daemon);
            }
            catch (const control_unreachable& e)
            {
                complain(e.what());
                result = exit_code::unreachable;
            }
        });
}

void add_control(CLI::App& app, exit_code& result)
{
    add_status(app, result);
    add_why(app, result);
    add_command(app, result, "start", "Have services connect, and stay connected");
    add_command(app, result, "stop", "Have services close their connections, and make no more");
    add_command(app, result, "retry", "Begin the next attempt now, of services that wait for it");
    add_command(app, result, "reconnect", "Close the connections of services, and make others");
    add_reload(app, result);
}
}

// SPDX-License-Identifier: BSL-1.0
#include "control.hpp"
#include "control_client.hpp"
#include "control_screen.hpp"
#include "control_watch.hpp"
#include "json_text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>

namespace tool
{
using namespace std::chrono_literals;

namespace
{
struct arguments
{
    std::string name{};
    bool watch = false;
    bool json = false;
    bool names = false;
};

std::string request_of(const arguments& a)
{
    json_object object;
    object.add("do", json_string("status"));
    if (!a.name.empty())
        object.add("name", json_string(a.name));
    return object.text();
}

/// Prints a line of JSON as it came, but for control characters: those that JSON may hold bare are
/// written as it has others.
void print_json(std::string_view line)
{
    std::string text;
    for (std::size_t at = 0; at < line.size(); ++at)
    {
        const auto next = at + 1 < line.size() ? static_cast<unsigned char>(line[at + 1]) : 0U;
        if (line[at] == '\xc2' && next >= 0x80 && next < 0xa0)
            text += fmt::format("\\u{:04x}", static_cast<unsigned char>(line[++at]));
        else
            text += one_line(line.substr(at, 1), 1);
    }
    fmt::print("{}\n", text);
    std::fflush(stdout);
}

exit_code show(control_client& daemon, const arguments& a)
{
    const auto line = daemon.ask(request_of(a));
    const auto at = moment_now();
    const auto t = told_in(line, at.now);
    if (!t.error.empty())
        throw std::runtime_error(shown(t.error));
    auto o = screen();
    o.height = 0; // it may scroll
    if (a.json)
        print_json(line);
    else if (a.names)
        for (const auto& s : t.all)
            fmt::print("{}\n", shown(s.name));
    else if (a.name.empty())
        fmt::print("{}", table_of(t.all, at, o));
    else
        for (const auto& s : t.all)
            fmt::print("{}", text_of(s, at, o));
    return exit_code::ended;
}

/// Ends only with the daemon, or when it is interrupted.
exit_code watch(control_client& daemon, const arguments& a)
{
    if (!a.name.empty())
        ask(daemon, request_of(a)); // whether there is such a service
    watched w(a.name);
    std::optional<std::string> line = daemon.ask(R"({"do":"watch"})");
    for (;; line = daemon.next_line(1s))
    {
        const auto at = moment_now();
        const auto news = line ? told_in(*line, at.now) : told();
        if (!news.error.empty())
            throw std::runtime_error(shown(news.error));
        if (a.json && line)
            print_json(*line);
        if (a.json)
            continue;
        const auto lines = w.take(news, at);
        fmt::print("{}", on_terminal() ? w.screenful(at, screen()) : lines);
        std::fflush(stdout);
    }
}
}

void add_status(CLI::App& app, exit_code& result)
{
    auto* command = app.add_subcommand("status", "Tell how the services of a daemon stand");
    const auto a = std::make_shared<arguments>();
    command->add_option("NAME", a->name, "One service, and all that is known of it")->type_name("");
    command->add_flag("--watch", a->watch,
                      "Go on: on a terminal always the newest, elsewhere a line for each change");
    auto* json = command->add_flag("--json", a->json, "Print what the daemon says, a line of JSON");
    command->add_flag("--names", a->names, "Print nothing but the names, one on each line")
        ->excludes(json);
    command->footer("Example: holdfast status\n"
                    "FOR is how long it has been connected, or has not. Colours are left out if "
                    "NO_COLOR is set.\n"
                    "Exit status: 0 done, 1 refused or failed, 2 usage, 4 no daemon could be "
                    "asked.");
    ask_daemon(*command, result,
               [a](control_client& daemon)
               {
                   if (a->names && a->watch)
                       throw usage_error("--names: goes without --watch");
                   if (a->json && a->watch && !a->name.empty())
                       throw usage_error("--json: with --watch it tells of all services, not one");
                   return a->watch ? watch(daemon, *a) : show(daemon, *a);
               });
}
}

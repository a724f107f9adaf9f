// SPDX-License-Identifier: BSL-1.0
#include "connect.hpp"

#include "connector.hpp"
#include "example.hpp"
#include "option_values.hpp"
#include "retry_option.hpp"
#include "target_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>
#include <memory>

namespace tool
{
namespace
{
/// The command line as it was written.
struct arguments
{
    target_arguments target{};
    std::string retry{};
    std::optional<unsigned> fail_after{};
    bool once = false;
    std::string attempt_timeout{};
    std::string idle_timeout{};
    std::string max_age{};
    std::string stable_after{};
    std::vector<std::string> sends{};
    std::vector<std::string> expects{};
    bool crlf = false;
    std::string command{};
    std::string on_eof = "close";
    std::string linger{};
    std::string log = "text";
    bool quiet = false;
    bool verbose = false;
    std::string pid_file{};
};

/// What is sent and expected, in the order in which it was given.
dialogue dialogue_of(const arguments& a, const CLI::App& command)
{
    dialogue result;
    auto send = a.sends.begin();
    auto expect = a.expects.begin();
    for (const auto* option : command.parse_order())
        if (option->check_lname("send"))
            of_option("--send", [&] { result.send(*send++); });
        else if (option->check_lname("expect"))
            of_option("--expect", [&] { result.expect(*expect++); });
    return result;
}

connect_options options_of(const arguments& a, const CLI::App& command)
{
    const auto zero = hf::duration::zero();
    connect_options o{.endpoint = endpoint_of(a.target)};
    if (a.fail_after == 0U)
        throw usage_error("--fail-after: must be at least 1");
    o.retry = of_option("--retry", [&] { return parse_retry(a.retry, a.fail_after); });
    o.once = a.once;
    o.names = names_of(a.target);
    o.attempt_timeout = length_of_time("--attempt-timeout", a.attempt_timeout);
    o.stable_after = length_of_time("--stable-after", a.stable_after, zero);
    o.relay = {.dialogue = dialogue_of(a, command),
               .command = a.command,
               .crlf = a.crlf,
               .stay_at_end = a.on_eof == "stay",
               .idle_timeout = length_of_time("--idle-timeout", a.idle_timeout),
               .max_age = length_of_time("--max-age", a.max_age)};
    if (const auto linger = length_of_time("--linger", a.linger, zero))
        o.relay.linger = *linger;
    o.log = a.log == "json" ? hf::log_format::json : hf::log_format::text;
    o.quiet = a.quiet;
    o.verbose = a.verbose;
    o.pid_file = a.pid_file;
    return o;
}

void describe(CLI::App& command, arguments& a)
{
    const auto text = [&](const std::string& name, std::string& value, const std::string& type,
                          const std::string& help)
    { return command.add_option(name, value, help)->type_name(type); };

    describe_target(command, a.target);
    text("--retry", a.retry, "POLICY",
         "When to try again: initial=1s,max=60s,factor=2,jitter=full (or equal, none, "
         "decorrelated), fixed=2s, immediately, or twisted,initial=1s,...");
    command.add_option("--fail-after", a.fail_after, "Give up after N failures in a row")
        ->type_name("N");
    command.add_flag("--once", a.once, "End with the first connection that is made");
    text("--attempt-timeout", a.attempt_timeout, "TIME",
         "For each attempt, lookup and preparation included; 30s");
    text("--idle-timeout", a.idle_timeout, "TIME",
         "Reconnect when nothing comes or goes for so long");
    text("--max-age", a.max_age, "TIME", "Reconnect when a connection is so old");
    text("--stable-after", a.stable_after, "TIME",
         "A connection that lasts so long ends the back-off; 10s");
    add_repeatable(command, "--send", a.sends, "TEXT",
                   R"(Send this first, with escapes such as \r\n and \x1f)");
    add_repeatable(command, "--expect", a.expects, "REGEX",
                   "Wait for this before going on; with --send, in the order given");
    command.add_flag("--crlf", a.crlf, "Send line ends as CR LF");
    text("--exec", a.command, "COMMAND",
         "Run this on each connection, which is its input and output");
    one_of(*command.add_option("--on-eof", a.on_eof,
                               "At the end of the input: finish (close), or go on receiving"),
           {"close", "stay"});
    text("--linger", a.linger, "TIME", "How long to read on after the end of the input; 5s");
    one_of(*command.add_option("--log", a.log, "What status lines look like"), {"text", "json"});
    command.add_flag("-q,--quiet", a.quiet, "Tell nothing but why it failed");
    command.add_flag("-v,--verbose", a.verbose, "Tell of every step");
    text("--pid-file", a.pid_file, "PATH", "Write the number of the process there");
}
}

void add_connect(CLI::App& app, exit_code& result)
{
    auto* command = app.add_subcommand(
        "connect", "Pipe standard input and output over a connection that is kept alive");
    const auto a = std::make_shared<arguments>();
    describe(*command, *a);
    command->footer("Times are like 1.5s, 200ms, 2m, or plain seconds. SIGUSR1 tries again now, "
                    "SIGUSR2 reconnects.\nExit status: 0 ended as asked, 1 failed, 2 usage, 3 gave "
                    "up (--fail-after).");
    add_example(*command, "echo hello | holdfast connect --once exec:cat");
    command->callback([a, command, &result]
                      { result = connector(options_of(*a, *command)).run(); });
}
}

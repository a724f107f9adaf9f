// SPDX-License-Identifier: BSL-1.0
#include "run/run.hpp"

#include "descriptor.hpp"
#include "example.hpp"
#include "note_line.hpp"
#include "run/doors.hpp"
#include "run/supervisor.hpp"

#include <holdfast/runner.hpp>
#include <holdfast/runner/passed_sockets.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>

#include <sys/resource.h>
#include <unistd.h>

namespace tool
{
namespace
{
/// The command line as it was written.
struct arguments
{
    std::string file{};
    bool check = false;
    bool allow_root = false;
};

hf::runner_options options_of(const daemon_config& d, bool allow_root)
{
    return {.name = d.name,
            .stop_timeout = d.stop_timeout,
            .working_directory = d.working_directory,
            .umask = d.umask,
            .pid_file = d.pid_file,
            .user = d.user,
            .group = d.group,
            .allow_root = d.allow_root || allow_root};
}

/// A service needs up to three descriptors (its connection; a command and its end, or a listener
/// and its client), and there are those who wait and those who look. Only what is needed is asked
/// for: commands that are run inherit it, and some expect no more than 1,024.
void make_room(const configuration& c)
{
    rlim_t needed = 3 * c.services.size() + 256;
    for (const auto& s : c.services)
        if (const auto* const f = std::get_if<forward_job>(&s.job))
            needed += f->clients;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The runner with everything that it runs, in the order in which they must be destroyed.
class daemon
{
public:
    daemon(configuration c, const std::string& path, bool allow_root)
        : format_(c.daemon.log)
        , daemon_(c.daemon)
        , runner_(with_hooks(options_of(c.daemon, allow_root)))
        , services_(
              runner_.tree(), std::move(c),
              [path]
              {
                  auto next = read_config(path);
                  make_room(next);
                  return next;
              },
              [](std::string_view line) { write_at_once(STDERR_FILENO, std::string(line) + "\n"); },
              [this](std::string_view text) { note(text); })
        , doors_(std::make_shared<doors>(runner_.context().get_executor(), services_, daemon_,
                                         [this](std::string_view text) { note(text); }))
    {
    }

    exit_code run()
    {
        ::signal(SIGPIPE, SIG_IGN);
        adopt(hf::passed_sockets());
        runner_.tree().add(doors_); // first in, last out
        services_.enter_tree();
        const auto result = runner_.run();
        if (!result.why.empty())
            note(result.why);
        return static_cast<exit_code>(result.end);
    }

private:
    /// Takes what the service manager has opened: sockets by the names of those who want them.
    void adopt(std::vector<hf::passed_socket> sockets)
    {
        for (auto& s : sockets)
            if (!doors_->adopt(s.name, s.descriptor) && !services_.adopt(s.name, s.descriptor))
                note(fmt::format("a socket was passed under the name {}, which is neither control "
                                 "nor status nor a service that forwards",
                                 tool::quoted(s.name)));
    }

    hf::runner_options with_hooks(hf::runner_options o)
    {
        o.on_reload = [this] { services_.reload(); };
        o.status = [this] { return services_.summary(); };
        return o;
    }

    void note(std::string_view text) const
    {
        write_at_once(STDERR_FILENO, note_line(format_, text));
    }

    hf::log_format format_;
    daemon_config daemon_;
    hf::runner runner_;
    supervisor services_;
    std::shared_ptr<doors> doors_;
};

exit_code run(const arguments& a)
{
    const auto path = std::filesystem::absolute(a.file).string(); // it may go elsewhere
    auto c = read_config(path);
    if (a.check)
    {
        static_cast<void>(door_options_of(c.daemon));
        check_identity(c.daemon);
        fmt::print("{}: nothing is wrong; services: {}\n", one_line(a.file, 4096),
                   c.services.size());
        return exit_code::ended;
    }
    make_room(c);
    return daemon(std::move(c), path, a.allow_root).run();
}
}

void add_run(CLI::App& app, exit_code& result)
{
    auto* command =
        app.add_subcommand("run", "Keep all services of a configuration running, as a daemon");
    const auto a = std::make_shared<arguments>();
    command->add_option("CONFIG", a->file, "The configuration, in TOML; see doc/configuration.md")
        ->type_name("")
        ->required();
    command->add_flag("--check", a->check, "Read it, say what is wrong with it, and do nothing");
    command->add_flag("--allow-root", a->allow_root, "Run on as root where it names no user");
    command->footer("SIGTERM stops, SIGHUP reads the configuration again, SIGUSR1 tries again "
                    "now.\nExit status: 0 stopped as asked, 1 failed, 2 usage or configuration, 4 "
                    "something did not stop in time, 5 a second signal cut the stop short.");
    add_example(*command, R"(printf '[services.echo]\nendpoint = "exec:cat"\n' | )"
                          "holdfast run --check /dev/stdin");
    command->callback([a, &result] { result = run(*a); });
}
}

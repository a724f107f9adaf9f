// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RUNNER_HPP
#define HOLDFAST_RUNNER_HPP

#include <holdfast/multi_service.hpp>
#include <holdfast/time.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace holdfast
{
/// How a run ended: what the program should exit with.
enum class run_end : std::uint8_t
{
    stopped = 0,     ///< It was asked to stop, and everything ended in order.
    failed = 1,      ///< It could not be started; what had been started was stopped again.
    stop_failed = 4, ///< It was asked to stop, and something did not, or not in time.
    cut_short = 5,   ///< A second signal ended the stop that the first had begun.
};

/// What a run came to.
struct run_result
{
    run_end end = run_end::stopped;
    std::string why{}; ///< One line of what went wrong; empty if nothing did.
};

/// All that a runner can be told. What names no user, group or folder, or a file that is held by
/// another process, makes the run fail before anything was started.
struct runner_options
{
    /// The name of the tree.
    std::string name = {};

    /// How the tree stops its children.
    stop_order stop = stop_order::one_by_one;

    /// How long all of that may take, more than zero.
    duration stop_timeout = std::chrono::seconds(10);

    /// Where the process goes to; empty: it stays where it is.
    std::string working_directory = {};

    /// Which permissions the files that it makes do not get, up to 0777; none: as it was started.
    std::optional<unsigned> umask = {};

    /// Holds the number of the process, and a lock, until the runner is destroyed. One that another
    /// process holds makes the run fail; one that was left behind is replaced, any other file
    /// never. Empty: none.
    std::string pid_file = {};

    /// Who the process becomes once the privileged start is done, with the groups of that user
    /// (`HOME`, `USER` and `LOGNAME` too); empty: it stays who it is.
    std::string user = {};

    /// Its group, instead of the user's.
    std::string group = {};

    /// Whether it may go on as root although no user is named. `user = "root"` says the same.
    bool allow_root = false;

    /// Reads the configuration again: SIGHUP. Without it that signal stops, as SIGTERM does.
    std::function<void()> on_reload = {};

    /// One line about how things are, for `systemctl status`. It is asked for each second if there
    /// is a service manager to be told.
    std::function<std::string()> status = {};
};

/// Runs a tree of services as a daemon: from the privileged start, which opens what only root may,
/// to the end, of which it tells the exit code.
///
/// | signal | |
/// |---|---|
/// | SIGTERM, SIGINT | stops the tree, for up to `stop_timeout`; the second one does not wait |
/// | SIGHUP | `on_reload` |
/// | SIGUSR1 | `retry_now` of the tree |
///
/// A signal that the process was started to ignore (`nohup`) stays ignored.
///
/// After the privileged start the process leaves what it was: groups, user, every capability (the
/// bounding set too), and whatever a set-user-id program would give it (no_new_privs). The last two
/// hold for the calling thread and those it starts later: start none before. As root it goes on
/// only if the options say so, and then keeps all.
///
/// A service manager that asked for it (`NOTIFY_SOCKET`) is told when the tree is ready, when it
/// reloads and when it stops, what `status` says, and (`WATCHDOG_USEC`) that the context is not
/// stuck.
///
/// @par Thread safety
/// One thread, that which calls `run`, but for `stop`. One runner in a process: signals, the user
/// and the rest are the process's.
///
/// @par Example
/// @code
/// hf::runner runner({.name = "root", .user = "nobody"});
/// runner.tree().add(hf::as_service(std::move(client))); // made on runner.context()
/// return static_cast<int>(runner.run().end);
/// @endcode
class runner
{
public:
    /// @throws std::invalid_argument if an option is out of range; it names that
    explicit runner(runner_options options = {});
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;

    /// Destroys the tree, then the context.
    ~runner();

    asio::io_context& context() noexcept;

    /// To be filled before `run`, or while it runs.
    multi_service& tree() noexcept;

    /// Runs it, and the context, until it has ended. To be called once. Then nothing of the tree
    /// is left that would go on but what did not stop in time.
    ///
    /// @throws what a hook, or anything else that runs on the context, throws; nothing was stopped
    run_result run();

    /// Stops it as the first SIGTERM does. From any thread.
    void stop();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};
}

#endif

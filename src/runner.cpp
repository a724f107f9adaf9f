// SPDX-License-Identifier: BSL-1.0
#include <holdfast/runner.hpp>

#include "quoted.hpp"
#include "runner/identity.hpp"
#include "runner/notifier.hpp"
#include "runner/pid_file.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace holdfast
{
using namespace std::chrono_literals;

namespace
{
constexpr auto look_again_interval = 1s; // at the status, and whether all are ready by now

runner_options checked(runner_options o)
{
    if (o.umask && *o.umask > 0777)
        throw std::invalid_argument("umask: must be from 0 to 0777");
    return o; // of the rest, what can be wrong with it the tree says
}

void check_directory(const std::string& path)
{
    struct stat found{};
    const bool is_there = path.empty() || ::stat(path.c_str(), &found) == 0;
    if (!is_there || (!path.empty() && !S_ISDIR(found.st_mode)))
        throw std::runtime_error(
            "working_directory: " + detail::quoted(path, 200) +
            (is_there ? " is no folder" : std::string(": ") + std::strerror(errno)));
}

void change_directory(const runner_options& o)
{
    if (!o.working_directory.empty() && ::chdir(o.working_directory.c_str()) != 0)
        throw std::runtime_error("working_directory: " + detail::quoted(o.working_directory, 200) +
                                 ": " + std::strerror(errno));
}

bool is_ignored(int signal)
{
    struct sigaction now{};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}
}

struct runner::impl
{
    explicit impl(runner_options o)
        : options(checked(std::move(o)))
        , tree(std::make_shared<multi_service>(
              context, multi_service_options{.name = options.name,
                                             .stop = options.stop,
                                             .stop_timeout = options.stop_timeout}))
    {
    }

    run_result run();
    void watch_signals();
    void next_signal();
    void received(int signal);
    void reload();
    void await_ready(error_code ec);
    void became_ready();
    void look_again();
    void tell_alive();
    void give_up(std::string why);
    void begin_stop();
    void end_stop(error_code ec);

    runner_options options;
    asio::io_context context{1};
    asio::signal_set signals{context};
    asio::steady_timer looking{context};
    asio::steady_timer pinging{context};
    std::shared_ptr<multi_service> tree;
    detail::notifier manager;
    std::optional<detail::pid_file> pid_file;
    tree_failure not_ready;
    tree_failure not_stopped;
    run_result result;
    bool waits = false;  // until the tree is ready
    bool ready = false;  // was told
    bool stops = false;  // or has stopped
    bool signal = false; // a first one to stop has come
};

runner::runner(runner_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

runner::~runner() = default;

asio::io_context& runner::context() noexcept
{
    return impl_->context;
}

multi_service& runner::tree() noexcept
{
    return *impl_->tree;
}

run_result runner::run()
{
    return impl_->run();
}

void runner::stop()
{
    asio::post(impl_->context, [i = impl_.get()] { i->begin_stop(); });
}

run_result runner::impl::run()
{
    watch_signals();
    try
    {
        const auto identity = detail::identity_of(options);
        check_directory(options.working_directory);
        if (options.umask)
            ::umask(static_cast<mode_t>(*options.umask));
        if (!options.pid_file.empty())
            pid_file.emplace(options.pid_file);

        tree->privileged_start();
        change_directory(options);
        detail::assume(identity);
        waits = true;
        tree->async_start(not_ready, [this](error_code ec) { await_ready(ec); });
        look_again();
        tell_alive();
    }
    catch (const std::exception& e)
    {
        give_up(e.what());
    }
    context.run();
    return result;
}

// Signals

void runner::impl::watch_signals()
{
    for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
        if (!is_ignored(s))
            signals.add(s);
    next_signal();
}

void runner::impl::next_signal()
{
    signals.async_wait(
        [this](error_code ec, int s)
        {
            if (ec) // the context is destroyed
                return;
            next_signal();
            received(s);
        });
}

void runner::impl::received(int s)
{
    if (s == SIGUSR1)
        tree->retry_now();
    else if (s == SIGHUP && options.on_reload)
        reload();
    else if (!std::exchange(signal, true))
        begin_stop();
    else
    {
        result.end = run_end::cut_short;
        if (result.why.empty())
            result.why = "a second signal came before everything had stopped";
        context.stop();
    }
}

void runner::impl::reload()
{
    if (stops)
        return;
    manager.reloading();
    options.on_reload();
    manager.reloaded();
}

// What the service manager is told

void runner::impl::await_ready(error_code ec)
{
    waits = false;
    if (stops)
        return;
    if (!ec)
        became_ready();
    else if (!tree->running())
        give_up(not_ready.services.empty() ? ec.message() : to_string(not_ready));
    // Else some service has given up. It may be started again, so this is looked at again.
}

void runner::impl::became_ready()
{
    ready = true;
    manager.ready();
}

void runner::impl::look_again()
{
    if (!manager.wanted() || stops)
        return;
    if (options.status)
        manager.status(options.status());
    if (!ready && !std::exchange(waits, true))
        tree->async_ready(not_ready, [this](error_code ec) { await_ready(ec); });
    looking.expires_after(look_again_interval);
    looking.async_wait(
        [this](error_code ec)
        {
            if (!ec)
                look_again();
        });
}

void runner::impl::tell_alive()
{
    const auto interval = manager.alive_interval();
    if (!interval)
        return;
    manager.alive();
    pinging.expires_after(*interval);
    pinging.async_wait(
        [this](error_code ec)
        {
            if (!ec)
                tell_alive();
        });
}

// The end

void runner::impl::give_up(std::string why)
{
    result = {run_end::failed, std::move(why)};
    manager.status(result.why);
    begin_stop();
}

void runner::impl::begin_stop()
{
    if (std::exchange(stops, true))
        return;
    manager.stopping();
    tree->async_stop(not_stopped, [this](error_code ec) { end_stop(ec); });
}

void runner::impl::end_stop(error_code ec)
{
    if (ec)
    {
        const auto why = not_stopped.services.empty() ? ec.message() : to_string(not_stopped);
        if (result.end == run_end::stopped)
            result = {run_end::stop_failed, why};
        else
            result.why += "; " + why;
    }
    context.stop();
}
}

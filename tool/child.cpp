// SPDX-License-Identifier: BSL-1.0
#include "child.hpp"

#include <holdfast/clock.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <csignal>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tool
{
using namespace std::chrono_literals;

namespace
{
constexpr auto in_tuple = asio::as_tuple(asio::use_awaitable);

/// What the command begins with: `end` as its input and output, and signals as they are by default.
class setting
{
public:
    explicit setting(int end)
    {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, end, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, end, STDOUT_FILENO);
        // Asio does not have its sockets closed on exec: a connection would outlive its end here.
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        ::posix_spawnattr_init(&attributes_);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        for (const int s : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2})
            ::sigaddset(&signals, s);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                     POSIX_SPAWN_SETSIGMASK);
    }

    setting(const setting&) = delete;
    setting& operator=(const setting&) = delete;

    ~setting()
    {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    pid_t spawn(const std::string& command) const
    {
        std::string shell = "sh";
        std::string option = "-c";
        std::string text = command;
        char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
        pid_t pid = 0;
        if (const int error =
                ::posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, arguments, environ))
            throw boost::system::system_error(error, boost::system::system_category());
        return pid;
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};
}

child::child(asio::any_io_executor executor, const std::string& command)
    : executor_(std::move(executor))
    , socket_(executor_)
    , exit_(executor_)
{
    asio::local::stream_protocol::socket theirs(executor_);
    asio::local::connect_pair(socket_, theirs);
    pid_ = setting(theirs.native_handle()).spawn(command);
    // Its header in glibc 2.36 is not for C++.
    const auto process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (process < 0)
    {
        const int error = errno;
        kill_group(SIGKILL);
        ::waitpid(std::exchange(pid_, 0), nullptr, 0);
        throw boost::system::system_error(error, boost::system::system_category());
    }
    exit_.assign(process);
}

child::~child()
{
    if (pid_ == 0)
        return;
    kill_group(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

asio::awaitable<transfer> child::read(std::span<char> buffer)
{
    const auto [ec, n] =
        co_await socket_.async_read_some(asio::buffer(buffer.data(), buffer.size()), in_tuple);
    co_return transfer{ec == asio::error::connection_reset ? asio::error::eof : ec, n};
}

asio::awaitable<error_code> child::write(std::string_view bytes)
{
    const auto [ec, n] = co_await asio::async_write(socket_, asio::buffer(bytes), in_tuple);
    co_return ec;
}

asio::awaitable<void> child::end()
{
    error_code ignored; // it may have ended already
    socket_.close(ignored);
    for (const int signal : {SIGTERM, SIGKILL})
    {
        if (co_await ended_within(1s))
            break;
        kill_group(signal);
    }
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
}

asio::awaitable<bool> child::ended_within(hf::duration d)
{
    using namespace asio::experimental::awaitable_operators;
    auto& clock = hf::default_clock(executor_);
    const auto first =
        co_await (exit_.async_wait(asio::posix::descriptor_base::wait_read, in_tuple) ||
                  clock.async_wait_until(executor_, clock.now() + d, in_tuple));
    co_return first.index() == 0;
}

void child::kill_group(int signal) const noexcept
{
    ::kill(-pid_, signal);
}
}

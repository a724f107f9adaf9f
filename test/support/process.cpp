// SPDX-License-Identifier: BSL-1.0
#include "support/process.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace support
{
namespace
{
void check(bool ok, const char* what)
{
    if (!ok)
        throw std::system_error(errno, std::generic_category(), what);
}

std::size_t count(std::string_view in, std::string_view text)
{
    std::size_t n = 0;
    for (auto at = in.find(text); at != in.npos; at = in.find(text, at + text.size()))
        ++n;
    return n;
}

std::pair<owned_descriptor, owned_descriptor> make_pipe()
{
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC) == 0, "pipe");
    return {owned_descriptor(ends[0]), owned_descriptor(ends[1])};
}
}

owned_descriptor::owned_descriptor(owned_descriptor&& other) noexcept
    : number_(std::exchange(other.number_, -1))
{
}

owned_descriptor& owned_descriptor::operator=(owned_descriptor&& other) noexcept
{
    std::swap(number_, other.number_);
    return *this;
}

void owned_descriptor::close() noexcept
{
    if (number_ >= 0)
        ::close(std::exchange(number_, -1));
}

process::process(std::vector<std::string> command, process_streams s)
{
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    std::vector<owned_descriptor> theirs;
    const auto set = [&](int number, int what, owned_descriptor& ours)
    {
        if (what == process_streams::closed)
            ::posix_spawn_file_actions_addclose(&actions, number);
        else if (what != process_streams::piped)
            ::posix_spawn_file_actions_adddup2(&actions, what, number);
        else
        {
            auto [reads, writes] = make_pipe();
            const bool input = number == STDIN_FILENO;
            ours = std::move(input ? writes : reads);
            theirs.push_back(std::move(input ? reads : writes));
            ::posix_spawn_file_actions_adddup2(&actions, theirs.back().get(), number);
        }
    };
    set(STDIN_FILENO, s.in, in_);
    set(STDOUT_FILENO, s.out, from_[0]);
    set(STDERR_FILENO, s.err, from_[1]);

    std::vector<char*> arguments;
    for (auto& word : command)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int error =
        ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::system_error(error, std::generic_category(), command[0]);
    exit_ = owned_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    check(exit_.get() >= 0, "pidfd_open");
}

process::~process()
{
    if (ended())
        return;
    ::kill(pid_, SIGKILL);
    reap(true);
}

void process::write(std::string_view text)
{
    while (!text.empty())
    {
        const auto n = ::write(in_.get(), text.data(), text.size());
        check(n > 0, "write");
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

bool process::wait_for_output(std::string_view text, std::size_t times)
{
    return pump([&] { return count(output(), text) >= times; });
}

bool process::wait_for_errors(std::string_view text, std::size_t times)
{
    return pump([&] { return count(errors(), text) >= times; });
}

std::optional<int> process::wait()
{
    pump([] { return false; });
    return status_;
}

void process::send_signal(int signal) const
{
    if (!ended())
        ::kill(pid_, signal);
}

void process::stop() const
{
    send_signal(SIGSTOP);
    siginfo_t what{};
    check(::waitid(P_PID, static_cast<id_t>(pid_), &what, WSTOPPED | WEXITED | WNOWAIT) == 0,
          "waitid");
}

/// Reads what comes until it is enough. False if the process ended and all was read before, or
/// patience ran out.
bool process::pump(const std::function<bool()>& enough)
{
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!enough())
    {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        std::array<pollfd, 3> waits{{{from_[0].get(), POLLIN, 0},
                                     {from_[1].get(), POLLIN, 0},
                                     {ended() ? -1 : exit_.get(), POLLIN, 0}}};
        if (ended() && waits[0].fd < 0 && waits[1].fd < 0)
            return false;
        if (left.count() <= 0 ||
            ::poll(waits.data(), waits.size(), static_cast<int>(left.count())) <= 0)
            return false;
        for (std::size_t i = 0; i < from_.size(); ++i)
            if (waits[i].revents != 0)
                read_from(i);
        if (waits[2].revents != 0)
            reap(false);
    }
    return true;
}

void process::read_from(std::size_t which)
{
    char buffer[4096];
    const auto n = ::read(from_[which].get(), buffer, sizeof buffer);
    if (n > 0)
        texts_[which].append(buffer, static_cast<std::size_t>(n));
    else
        from_[which].close();
}

void process::reap(bool wait)
{
    int status = 0;
    if (::waitpid(pid_, &status, wait ? 0 : WNOHANG) != pid_)
        return;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
}

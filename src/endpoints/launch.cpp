// SPDX-License-Identifier: BSL-1.0
#include "launch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::detail
{
namespace
{
error_code system_error(int number)
{
    return {number, boost::system::system_category()};
}

/// Gives a descriptor a number beyond the three standard ones, which it may have got where those
/// are closed.
error_code move_up(owned_descriptor& d)
{
    if (d.get() > STDERR_FILENO)
        return {};
    const int moved = ::fcntl(d.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0)
        return system_error(errno);
    d = owned_descriptor(moved);
    return {};
}

/// A pipe whose ends are none of the standard descriptors: what becomes one of these in the child
/// must not be overwritten by another.
error_code make_pipe(owned_descriptor& read_end, owned_descriptor& write_end)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return system_error(errno);
    read_end = owned_descriptor(ends[0]);
    write_end = owned_descriptor(ends[1]);
    const auto ec = move_up(read_end);
    return ec ? ec : move_up(write_end);
}

/// What the child begins with. glibc makes it as a child that shares our memory and runs no code of
/// ours, which is safe whatever other threads do; exec's error comes back to us.
class setting
{
public:
    setting()
    {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                     POSIX_SPAWN_SETSIGDEF);
    }

    setting(const setting&) = delete;
    setting& operator=(const setting&) = delete;

    ~setting()
    {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    /// Says what its descriptors are. False: there is no memory to.
    bool describe(int input, int output, const process_options& options)
    {
        // The rest is closed by number, since not all that is open here is to be closed on exec:
        // Asio's sockets are not.
        return ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO) == 0 &&
               ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO) == 0 &&
               (options.errors == process_stderr::inherit ||
                ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY,
                                                   0) == 0) &&
               ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1) == 0 &&
               (options.directory.empty() ||
                ::posix_spawn_file_actions_addchdir_np(&actions_, options.directory.c_str()) == 0);
    }

    int spawn(::pid_t& id, const char* program, char** arguments, char** environment) const
    {
        return ::posix_spawnp(&id, program, &actions_, &attributes_, arguments, environment);
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// Pointers to texts as exec wants them, which does not write to what they point to.
std::vector<char*> pointers(const std::vector<std::string>& texts, std::vector<char*> first)
{
    for (const auto& text : texts)
        first.push_back(const_cast<char*>(text.c_str()));
    first.push_back(nullptr);
    return first;
}

/// Our environment, but for the variables that are given anew.
std::vector<char*> inherited(const std::vector<std::string>& anew)
{
    const auto name = [](std::string_view variable)
    { return variable.substr(0, variable.find('=')); };
    std::vector<char*> result;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
        if (std::ranges::none_of(anew, [&](const auto& a) { return name(a) == name(*variable); }))
            result.push_back(*variable);
    return result;
}
}

error_code launch(const std::string& program, const std::vector<std::string>& arguments,
                  const process_options& options, launched& child)
{
    owned_descriptor input;
    owned_descriptor output;
    if (const auto ec = make_pipe(input, child.input))
        return ec;
    if (const auto ec = make_pipe(child.output, output))
        return ec;
    setting begin_with;
    if (!begin_with.describe(input.get(), output.get(), options))
        return system_error(ENOMEM);
    auto argv = pointers(arguments, {const_cast<char*>(program.c_str())});
    auto environment = pointers(options.environment, inherited(options.environment));
    if (const int error =
            begin_with.spawn(child.id, program.c_str(), argv.data(), environment.data()))
        return system_error(error);

    // Its header in glibc 2.36 is not for C++.
    child.process = owned_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child.id, 0)));
    const auto ec = child.process.get() < 0 ? system_error(errno) : move_up(child.process);
    if (ec && ec.value() != ESRCH) // then it is gone, and somebody else has waited for it
    {
        ::kill(-child.id, SIGKILL);
        ::waitpid(child.id, nullptr, 0);
    }
    return ec;
}
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_RUNNER_FIXTURE_HPP
#define HOLDFAST_TEST_RUNNER_FIXTURE_HPP

#include <support/process.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace test
{
/// A folder of its own that everybody may enter, gone at the end.
class folder
{
public:
    folder();
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder();

    std::string operator/(std::string_view name) const { return path_ / name; }
    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// The service manager's end of NOTIFY_SOCKET.
class notify_socket
{
public:
    explicit notify_socket(const std::string& path);

    /// The next message; none if nothing came for so long.
    std::optional<std::string> next(std::chrono::milliseconds patience) const;

    /// The next message that is not a ping of the watchdog; empty if patience ran out.
    std::string next_told() const;

private:
    support::owned_descriptor socket_;
};

/// The command line of the daemon: what stands before it, and its arguments. As root it is told
/// that it may stay so, unless it is named a user. `copy`, unless empty, is a copy of the daemon.
std::vector<std::string> daemon_command(std::vector<std::string> before,
                                        const std::vector<std::string>& arguments,
                                        const std::string& copy = {});

inline bool is_root()
{
    return ::geteuid() == 0;
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_INTEGRATION_DAEMON_HPP
#define HOLDFAST_TEST_INTEGRATION_DAEMON_HPP

#include "support/process.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// `holdfast run` in a folder of its own, with a configuration that a test writes.
class daemon_process
{
public:
    /// What stands in [daemon] beside the control socket is `daemon`.
    explicit daemon_process(const std::string& services, const std::string& daemon = "");
    daemon_process(const daemon_process&) = delete;
    daemon_process& operator=(const daemon_process&) = delete;
    ~daemon_process();

    /// The path of a file in the folder, where `%` stands for it in configurations.
    std::string path(const std::string& name) const { return (folder_ / name).native(); }

    /// Writes the configuration anew; nobody is told.
    void write(const std::string& services) const;

    /// What a command that talks to the daemon prints, also on standard error.
    std::string command(const std::vector<std::string>& arguments, int status = 0) const;

    /// Reads the whole of a page.
    std::string page(const std::string& path, const std::vector<std::string>& options = {});

    /// Waits until what `status --json` says of a service has these characters.
    bool shows(const std::string& name, const std::string& text) const;

    /// Where the page is, once somebody has read it.
    const std::string& url() const noexcept { return url_; }

    support::process& process() noexcept { return *process_; }

private:
    std::filesystem::path folder_;
    std::string daemon_;
    std::unique_ptr<support::process> process_;
    std::string url_;
};

/// Runs it to its end. Its output; that must be there within the patience of `support::process`.
std::string output_of(std::vector<std::string> command, int status = 0);

/// Looks again and again, for so long as patience lasts, until it is so.
template <class Look>
bool comes_true(Look look)
{
    const auto end = std::chrono::steady_clock::now() + support::process::patience;
    while (!look())
        if (std::chrono::steady_clock::now() > end)
            return false;
    return true;
}

#endif

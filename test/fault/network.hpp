// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_FAULT_NETWORK_HPP
#define HOLDFAST_TEST_FAULT_NETWORK_HPP

#include "support/process.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace fault
{
/// Something that a scenario needs and this machine does not have. It was tried, not guessed.
class missing : public std::runtime_error
{
public:
    missing(const std::string& feature, const std::string& why)
        : std::runtime_error(feature + ": " + why)
    {
    }
};

/// Two machines joined by a cable: network namespaces of this process, without a name, which the
/// kernel takes back when the process ends, however it ends.
///
/// The process itself goes over to "here", 10.0.0.1 and fd00::1, so it is made before any thread or
/// socket. "There" is 10.0.0.2 and fd00::2. Each end of the cable is called `cable`, and each
/// machine has an nftables table `inet fault` with the empty chains `in` and `out`.
class network
{
public:
    /// Throws `missing`.
    network();

    /// Runs commands of the shell on this or the other machine; throws if one fails.
    void here(const std::string& commands) const;
    void there(const std::string& commands) const;

    /// As `here`, for what a machine may lack: throws `missing`.
    void need_here(const std::string& feature, const std::string& commands) const;

    /// The command line that runs a program on the other machine, killed if this process ends.
    std::vector<std::string> there(std::vector<std::string> command) const;

    /// Calls `f`, in this process, on the other machine: the sockets it opens are of there.
    void there(const std::function<void()>& f) const;

    /// Goes over to the other machine, for a child of this process.
    void move_there() const;

    /// Has this process ask `server` for names, and nobody else. Throws `missing`.
    void ask_for_names(const std::string& server) const;

private:
    support::owned_descriptor here_;
    support::owned_descriptor there_;
};
}

#endif

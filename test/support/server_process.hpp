// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_SERVER_PROCESS_HPP
#define HOLDFAST_TEST_SUPPORT_SERVER_PROCESS_HPP

#include "support/process.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace support
{
/// A port of 127.0.0.1 that nobody uses now.
std::uint16_t free_port();

/// A real server on a free port of this machine, which a test can kill, stop and start again.
class server_process
{
public:
    /// The command line for a port.
    using command = std::function<std::vector<std::string>(std::uint16_t port)>;

    /// Starts it, and waits until it says `ready`. Throws `std::runtime_error` with what it said if
    /// it does not.
    server_process(command make, std::string ready);

    /// Redis, which keeps nothing.
    static server_process redis();

    /// Mosquitto, for clients of this machine.
    static server_process mosquitto();

    std::uint16_t port() const noexcept { return port_; }

    /// `tcp:127.0.0.1:` and the port.
    std::string description() const;

    void kill();    ///< SIGKILL, and it is gone.
    void restart(); ///< On the same port; killed first if it runs.
    void stop();    ///< SIGSTOP, and it stands still.
    void resume();  ///< SIGCONT.

private:
    void start();

    command make_;
    std::string ready_;
    std::uint16_t port_ = 0;
    std::unique_ptr<process> process_;
};
}

#endif

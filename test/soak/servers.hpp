// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SOAK_SERVERS_HPP
#define HOLDFAST_TEST_SOAK_SERVERS_HPP

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace soak
{
/// Servers that misbehave in every way in turn, over TCP and a Unix socket, in a process of their
/// own: what they hold is not to be measured. They end with their owner.
class servers
{
public:
    /// Forks: make it before the first thread. Throws `std::runtime_error` if they do not begin.
    servers();
    servers(const servers&) = delete;
    servers& operator=(const servers&) = delete;
    ~servers();

    std::uint16_t port() const noexcept { return port_; }
    const std::string& path() const noexcept { return path_; }

private:
    const std::string path_;
    int life_ = -1; // the servers end when it is closed
    pid_t process_ = 0;
    std::uint16_t port_ = 0;
};
}

#endif

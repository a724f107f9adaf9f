// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CHILD_HPP
#define HOLDFAST_TOOL_CHILD_HPP

#include "local_end.hpp"

#include <holdfast/time.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <string>
#include <sys/types.h>

namespace tool
{
/// A command of the shell, whose standard input and output are relayed; it has a process group of
/// its own.
class child final : public local_end
{
public:
    /// Throws `boost::system::system_error` if it cannot be run.
    child(asio::any_io_executor executor, const std::string& command);

    /// Kills it, if it has not ended.
    ~child() override;

    asio::awaitable<transfer> read(std::span<char> buffer) override;
    asio::awaitable<error_code> write(std::string_view bytes) override;

    /// Ends its input and waits until it has ended; it is sent SIGTERM a second later, and SIGKILL
    /// after another.
    asio::awaitable<void> end();

private:
    asio::awaitable<bool> ended_within(hf::duration d);
    void kill_group(int signal) const noexcept;

    asio::any_io_executor executor_;
    asio::local::stream_protocol::socket socket_;
    asio::posix::stream_descriptor exit_; // a descriptor of the process: readable when it has ended
    pid_t pid_ = 0;                       // 0 once it was waited for
};
}

#endif

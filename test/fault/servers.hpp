// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_FAULT_SERVERS_HPP
#define HOLDFAST_TEST_FAULT_SERVERS_HPP

#include "fault/network.hpp"
#include "support/process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

// Servers on the other machine of a network.

namespace fault
{
namespace asio = boost::asio;

/// The ports there, which nobody else uses.
constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t other_port = 7000;

/// A program there, which can be killed, stopped and started again.
class program
{
public:
    /// Starts it, and waits until it says `ready`. Throws `missing` if it is not installed.
    program(const network& net, std::vector<std::string> command, std::string ready);

    static program redis(const network& net);

    /// Dnsmasq, which answers `peer.test` with these addresses.
    static program names(const network& net, const std::vector<std::string>& addresses);

    void start();
    void kill() { process_ = nullptr; }
    void stop() { process_->stop(); }
    void resume() { process_->send_signal(SIGCONT); }

private:
    std::vector<std::string> command_;
    std::string ready_;
    std::unique_ptr<support::process> process_;
};

/// A server in a process of its own that answers pings on one connection after the other, and has
/// no descriptor left for any until it is told to go on.
class poor_server
{
public:
    explicit poor_server(const network& net);
    poor_server(const poor_server&) = delete;
    poor_server& operator=(const poor_server&) = delete;
    ~poor_server();

    /// Gives it descriptors.
    void enrich() { control_.close(); }

private:
    pid_t pid_ = 0;
    support::owned_descriptor control_;
};

/// A server there, in this process, whose queue has one place, and which accepts nobody until it is
/// told to.
class small_server
{
public:
    small_server(asio::io_context& context, const network& net);
    ~small_server();

    /// Begins to accept, and answers pings.
    void accept();

    /// Forgets its connections, as a machine does that is started anew: their resets are all that
    /// is sent.
    void forget();

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// A relay there, in this process, to the redis there, which passes on what comes after a while.
class relay
{
public:
    relay(asio::io_context& context, const network& net, std::chrono::nanoseconds delay);
    ~relay();

    /// From now on; also for what waits.
    void set_delay(std::chrono::nanoseconds d);

private:
    struct state;
    std::shared_ptr<state> state_;
};
}

#endif

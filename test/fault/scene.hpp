// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_FAULT_SCENE_HPP
#define HOLDFAST_TEST_FAULT_SCENE_HPP

#include "fault/network.hpp"
#include "fault/report.hpp"
#include "fault/servers.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/retry/fixed.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fault
{
namespace hf = holdfast;
using namespace std::chrono_literals;

// What every client here is told: as little as makes sense, so that nothing takes long.
constexpr duration dead_after = 4s; // the least there is
constexpr duration attempt_timeout = 2s;
constexpr duration prepare_timeout = 1s;
constexpr duration delay = 200ms; // between attempts

/// What the machine may be late by: it has other things to do as well.
constexpr duration slack = 1s;

/// How long something may take.
struct allowed
{
    duration from;
    duration to;
};

/// How a client of the scenes differs.
struct client_settings
{
    std::string host = "10.0.0.2";
    std::uint16_t port = redis_port;
    hf::tcp_options tcp = {.dead_after = dead_after};
    duration attempt_timeout = fault::attempt_timeout;
    hf::retry::policy retry = hf::retry::fixed{delay};
    bool asks = true; ///< Whether a connection is prepared by a ping that must be answered.
};

/// One scenario's service, and what happens to it, from fault to fault, with the time of each.
class scene
{
public:
    using error_codes = std::initializer_list<hf::error_code>;

    /// Rows go to the descriptor.
    scene(std::string name, int rows, asio::io_context& context, const client_settings& s = {});
    ~scene();
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;

    /// Starts the service. From now the time is measured.
    void start();

    /// Does something to the world. What happened before is forgotten; from now the time is
    /// measured.
    void now(const std::function<void()>& change);

    // What ought to happen, a row each. If it does not happen at all the scenario ends there.

    /// The connection is lost with one of these errors.
    void loses(error_codes codes, allowed a);

    /// An attempt fails with one of these errors.
    void fails(error_codes codes, allowed a);

    /// It is connected.
    void connects(allowed a);

    /// All that was asked is answered, on a connection that is not lost meanwhile.
    void is_answered(allowed a);

    /// For so long nothing at all happens to the connection, nor is it `enough`.
    void stays_connected(duration time, const std::function<bool()>& enough = [] { return false; });

    /// Whatever a scenario looks at itself.
    void looks(std::string step, std::string expected, std::string seen, bool good);

    /// Writes on the connection, as much as the kernel takes at once. Returns how much that was.
    std::size_t write(std::string_view text);
    void ping();

    /// Writes more than any buffer holds.
    void flood();

    /// How that ended.
    hf::error_code write_error() const noexcept { return write_error_; }

    /// The last failure.
    const std::shared_ptr<const hf::failure>& why() const noexcept { return why_; }

    /// How many attempts have failed since the last change.
    std::size_t failures() const;

    /// How many bytes came on the connection there is.
    std::size_t received() const noexcept { return received_; }

    /// Runs until it is enough. False if the limit came first.
    bool run_until(const std::function<bool()>& enough, duration limit);

    asio::io_context& context() noexcept { return context_; }

private:
    struct moment
    {
        hf::event_kind kind;
        hf::time_point at;
        std::shared_ptr<const hf::failure> why;
    };

    asio::awaitable<void> talk(hf::tcp::stream_type s, hf::session& me);
    const moment& await(hf::event_kind kind, std::string_view step, allowed a);
    void ends_badly(hf::event_kind kind, std::string_view step, error_codes codes, allowed a);
    void tell(const row& r) const;

    const std::string name_;
    const int rows_;
    asio::io_context& context_;
    const bool asks_;
    std::vector<moment> moments_;
    std::size_t next_ = 0; // the first moment that nobody has looked at
    hf::time_point since_{};
    std::shared_ptr<const hf::failure> why_;
    hf::tcp::stream_type* stream_ = nullptr; // while there is a connection
    std::size_t received_ = 0;
    std::size_t asked_ = 0; // on that connection
    std::string flood_;
    hf::error_code write_error_;
    std::unique_ptr<hf::client_service<hf::session>> service_;
};

/// A scenario ends early: what it told so far is its result.
struct ended
{
};

struct scenario
{
    std::string_view name;
    std::string_view story;
    void (*run)(const std::string& name, int rows);
};

/// All there are.
std::vector<scenario> connect_scenarios();
std::vector<scenario> connection_scenarios();
std::vector<scenario> server_scenarios();
std::vector<scenario> resource_scenarios();
}

#endif

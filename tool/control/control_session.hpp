// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_SESSION_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_SESSION_HPP

#include "control/control_options.hpp"
#include "control/control_timer.hpp"
#include "run/services_control.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>

namespace tool
{
class control_session;

/// What the sessions of a server are given by it. It outlives them: it ends them first.
struct control_setting
{
    services_control& services;
    hf::clock& clock;
    control_limits limits{};
    std::function<void(std::string_view)> log{};
    std::function<void()> behind{}; ///< Somebody who had to be passed over can read again.
    std::function<void(control_session&)> ended{};
};

/// One client of the control socket: its lines are answered in turn, and it is told of changes if
/// it asked for that.
///
/// It holds at most one line that comes and one that goes. It lives while it reads or writes.
class control_session : public std::enable_shared_from_this<control_session>
{
public:
    control_session(asio::local::stream_protocol::socket socket, control_setting& setting);

    void begin();

    /// Closes the connection. Nothing is called any more.
    void end();

    bool watches() const noexcept { return watches_; }

    /// Has not been told of some change.
    bool behind() const noexcept { return behind_; }

    /// Tells of a change, unless the one before is still on its way: then it is `behind`, and wants
    /// to be told how all stand as soon as it can read.
    void tell(const std::shared_ptr<const std::string>& line);

private:
    void next();
    void read();
    void received(hf::error_code ec, std::size_t n);
    void take(std::string_view line);
    void refuse(std::string_view problem);
    void write(std::shared_ptr<const std::string> line);
    void written(hf::error_code ec);
    void wait_for_line();
    void ran_out();

    asio::local::stream_protocol::socket socket_;
    control_setting& setting_;
    control_timer timer_;
    std::array<char, 4096> bytes_{};
    std::string in_{}; // the line that comes, and what came with it
    bool open_ = true;
    bool reading_ = false;
    bool writing_ = false;
    bool ending_ = false; // once the line that is written has gone
    bool watches_ = false;
    bool behind_ = false;
};
}

#endif

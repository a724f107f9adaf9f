// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_SERVER_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_SERVER_HPP

#include "control/control_options.hpp"
#include "control/control_session.hpp"
#include "control/control_socket.hpp"
#include "control/control_timer.hpp"
#include "run/services_control.hpp"

#include <boost/signals2/connection.hpp>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tool
{
/// Listens on a Unix socket, and has those who may command what doc/control.md describes.
///
/// One thread: that of the executor, on which `services` is used too. It may be destroyed at any
/// time, also from within a command that it carries out; its clients are cut off and its file is
/// removed. `services` and the clock outlive it.
class control_server
{
public:
    /// Listens from now on. Throws `std::runtime_error` if it cannot: one line that says what to
    /// do.
    control_server(const asio::any_io_executor& executor, services_control& services,
                   control_options options);
    control_server(const control_server&) = delete;
    control_server& operator=(const control_server&) = delete;
    ~control_server();

    /// How many clients there are.
    std::size_t clients() const noexcept { return sessions_.size(); }

private:
    using socket = asio::local::stream_protocol::socket;

    void accept();
    void accepted(hf::error_code ec, socket client);
    bool may_command(socket& client);
    void log_refusal(std::string_view who);
    void changed(std::string_view name);
    void tell_soon();
    void tell();

    control_options options_;
    control_setting setting_;
    control_socket socket_;
    std::vector<std::shared_ptr<control_session>> sessions_;
    control_timer tell_timer_;
    control_timer accept_timer_;
    std::set<std::string, std::less<>> names_; // of what has changed since the last line
    bool all_changed_ = false;
    hf::time_point told_at_{}; // when the last line was
    bool accepts_ = true;      // the last one was accepted
    hf::time_point refusal_logged_at_ = hf::time_point::min();
    unsigned refusals_ = 0; // not logged
    std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
    boost::signals2::scoped_connection changes_;
};
}

#endif

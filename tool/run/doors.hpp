// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_DOORS_HPP
#define HOLDFAST_TOOL_RUN_DOORS_HPP

#include "control/control_server.hpp"
#include "page/status_page.hpp"
#include "run/config.hpp"
#include "run/job_end.hpp"
#include "run/services_control.hpp"

#include <holdfast/endpoints/owned_descriptor.hpp>
#include <holdfast/service.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace tool
{
/// What the configuration says of the ways in.
struct door_options
{
    control_options control{};
    page_options page{};
};

/// Reads it, with the token, and looks whether it can be; the usual path of the control socket is
/// left to whoever needs it.
///
/// @throws std::invalid_argument
door_options door_options_of(const daemon_config& config);

/// Looks whether there are the user and the group that the program is to become.
///
/// @throws std::invalid_argument
void check_identity(const daemon_config& config);

/// Where people and programs come in: the control socket and the status page. A service, so that
/// they are opened before privileges are dropped, and closed when all else has stopped.
class doors final : public hf::service
{
public:
    /// Opens nothing yet. `services` must outlive it.
    ///
    /// @throws std::invalid_argument if the configuration asks for what cannot be
    doors(const asio::any_io_executor& executor, services_control& services,
          const daemon_config& config, note_sink note);

    /// Takes over a socket that was passed by the service manager under the name `control` or
    /// `status`. False if the name is another.
    bool adopt(std::string_view name, hf::owned_descriptor& listening);

private:
    void do_privileged_start() override;
    void do_start() override;
    void do_stop() override;
    void open_page();

    services_control& services_;
    note_sink note_;
    std::string user_;
    door_options options_;
    std::unique_ptr<control_server> control_;
    std::optional<status_page> page_;
};
}

#endif

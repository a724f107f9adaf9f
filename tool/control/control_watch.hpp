// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_WATCH_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_WATCH_HPP

#include "control/control_show.hpp"
#include "control/control_told.hpp"

#include <string>
#include <vector>

namespace tool
{
/// What `holdfast status --watch` knows: how the services stood when it was last told.
class watched
{
public:
    /// Of all services, or of the one of that name.
    explicit watched(std::string name) : name_(std::move(name)) {}

    /// Takes in what a daemon told, and gives a line for each service about which there is
    /// something new to say.
    std::string take(const told& news, const told_moment& at);

    /// All of it, with what has a terminal show it in the place of what it shows.
    std::string screenful(const told_moment& at, const show_options& o) const;

private:
    std::string name_;
    std::vector<told_service> list_{};
};
}

#endif

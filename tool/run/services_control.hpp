// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_SERVICES_CONTROL_HPP
#define HOLDFAST_TOOL_RUN_SERVICES_CONTROL_HPP

#include "run/services_view.hpp"

#include <string>
#include <string_view>

namespace tool
{
/// What came of reading the configuration again.
struct reload_result
{
    bool ok = false;
    std::string text{}; ///< One line: what changed, or what was wrong with it.
};

/// What may be done to the services that run. Each gives false if there is no such service.
class services_control : public services_view
{
public:
    virtual bool start(std::string_view name) = 0;
    virtual bool stop(std::string_view name) = 0;

    /// Begins the next attempt now, if it waits for that.
    virtual bool retry(std::string_view name) = 0;

    /// Ends the connection there is, and makes another.
    virtual bool reconnect(std::string_view name) = 0;

    /// Reads the configuration again. If something is wrong with it nothing has changed.
    virtual reload_result reload() = 0;
};
}

#endif

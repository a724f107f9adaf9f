// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_OBSERVE_EVENT_HPP
#define HOLDFAST_OBSERVE_EVENT_HPP

#include <holdfast/core/action.hpp>
#include <holdfast/core/client_machine.hpp>
#include <holdfast/failure.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast
{
/// What a service tells its observer: one change, when it has happened.
struct event
{
    event_kind kind{};
    service_state state{};       ///< The state from now on.
    std::string_view name{};     ///< The service's name; may be empty. Valid during the call.
    std::string_view endpoint{}; ///< The endpoint's description, without secrets. Likewise.
    time_point at{};             ///< When, on the service's clock.
    std::uint32_t attempt = 0;   ///< The number of the attempt since the start, from 1.
    std::uint32_t failures = 0;  ///< Failures in a row.
    duration delay{};            ///< `waiting`: from the failure to the next attempt.
    time_point next_attempt{};   ///< `waiting`: when it begins.

    /// `failed`, `lost`, `waiting`, `parked`: what happened last. Else it may be null.
    std::shared_ptr<const failure> why{};

    /// `policy_failed`: what the policy threw.
    std::exception_ptr exception{};
};

/// Is told of each event, on the service's executor, after the change is complete: it may call the
/// service, even destroy it. What it throws is dropped.
using observer = std::function<void(const event&)>;
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_CORE_MACHINE_CONTENTS_HPP
#define HOLDFAST_TEST_UNIT_CORE_MACHINE_CONTENTS_HPP

#include <holdfast/core/client_machine.hpp>

#include <cstdint>

namespace holdfast::core
{
/// All that a machine knows, so that no difference between two of them stays unseen. A member that
/// is new has no name below, and does not compile.
struct machine_contents
{
    time_point deadline;
    time_point since;
    time_point disconnected_since;
    duration delay;
    std::uint32_t failures;
    std::uint32_t setbacks;
    std::uint32_t attempts;
    attempt_id last_attempt;
    timer_id last_timer;
    service_state state;
    bool in_flight;
    bool armed;
    bool aborted;
    bool hurry;

    explicit machine_contents(const client_machine& m) noexcept
    {
        const auto& [limits, deadline_, since_, disconnected_since_, delay_, failures_, setbacks_,
                     attempts_, last_attempt_, last_timer_, state_, in_flight_, armed_, aborted_,
                     hurry_] = m;
        deadline = deadline_;
        since = since_;
        disconnected_since = disconnected_since_;
        delay = delay_;
        failures = failures_;
        setbacks = setbacks_;
        attempts = attempts_;
        last_attempt = last_attempt_;
        last_timer = last_timer_;
        state = state_;
        in_flight = in_flight_;
        armed = armed_;
        aborted = aborted_;
        hurry = hurry_;
    }

    bool operator==(const machine_contents&) const = default;
};
}

#endif

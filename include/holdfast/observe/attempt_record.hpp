// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_OBSERVE_ATTEMPT_RECORD_HPP
#define HOLDFAST_OBSERVE_ATTEMPT_RECORD_HPP

#include <holdfast/failure.hpp>
#include <holdfast/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace holdfast
{
/// One attempt, and the connection that came of it: what a history remembers.
struct attempt_record
{
    std::uint32_t attempt = 0;             ///< The number since the start, from 1.
    time_point began{};                    ///< When it was begun, on the service's clock.
    std::optional<time_point> connected{}; ///< When its connection was ready for use.
    std::optional<time_point> ended{};     ///< When it failed, was lost or was stopped.

    /// Why it failed or was lost. Null while it goes on, and where it ended because of a stop.
    std::shared_ptr<const failure> why{};

    std::optional<time_point> next{}; ///< When the next one was to begin; none if none was to.
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_MODEL_HPP
#define HOLDFAST_TEST_SIMULATION_MODEL_HPP

#include <holdfast/core/client_machine.hpp>
#include <holdfast/failure.hpp>
#include <holdfast/wait_limit.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace simulation
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::error_code;
using hf::service_state;

/// A moment, and how much time had been skipped by then. Time that is skipped passes without
/// anybody being told in time, so that it counts for no limit.
struct moment
{
    hf::time_point at{};
    hf::duration skipped{};

    /// How long ago `earlier` was, without what was skipped since.
    hf::duration since(const moment& earlier) const noexcept
    {
        return (at - earlier.at) - (skipped - earlier.skipped);
    }
};

/// One call of an asynchronous operation, as its user sees it.
struct call
{
    enum class operation
    {
        wait,
        stop,
    };

    operation what = operation::wait;
    int number = 0;
    hf::wait_limit limit{};
    moment begun{};
    bool initiating = false; ///< The call itself has not returned.
    bool cancelled = false;  ///< It was asked to end, with a type that it must heed.
    bool on_strand = false;  ///< It is to complete on the strand.
    int completions = 0;
    hf::failure why{};
    asio::cancellation_signal signal;

    // What had happened to the service by then.

    std::size_t failures = 0;
    std::size_t failures_at_rest = 0; ///< When first no user code ran any more.
    bool was_at_rest = false;
    std::size_t connects = 0;
    std::size_t starts = 0;
    std::size_t stops = 0;
    std::size_t restarts = 0;
    std::size_t parks = 0;
    std::size_t forced = 0;
    service_state state{};
};

/// The options of a service that matter to its invariants.
struct limits
{
    hf::duration attempt_timeout{};
    hf::duration prepare_timeout{};
    hf::duration stop_timeout{};
    hf::duration delay_floor{};
    bool floored = true;
    bool thread_safe = false;
};

/// What is known from outside about one service: what it told, and what was asked of it.
struct model
{
    int number = 0;
    simulation::limits limits{};

    bool destroyed = false;
    bool silent = false;    ///< A stop has completed, and nobody has called start since.
    bool pushed = false;    ///< A user meddled with the delay since it was told.
    bool forgotten = false; ///< A user called reset or start since the failures were counted last.

    // The events, but `policy_failed` and `already_started`, which change nothing.

    std::optional<hf::event_kind> last_event;
    moment told{};
    hf::time_point next_attempt{};
    std::uint32_t attempt = 0;
    std::uint32_t failures_in_a_row = 0;

    std::vector<error_code> failures; ///< The code of each failed attempt.
    std::vector<error_code> parks;    ///< Each time it gave up: the code of what it did that for.
    error_code last_code{};           ///< Of the last failure or loss, as a waiter would get it.
    std::size_t connects = 0;
    std::size_t starts = 0; ///< Calls of start.
    std::size_t stops = 0;
    std::size_t restarts = 0; ///< Ends of a stop that no `stopped` tells: it went on at once.
    std::size_t forced = 0;

    // Its connections. Numbers rise; those up to `abandoned` do not count any more.

    int protocols = 0;
    int abandoned = 0;
    std::vector<int> runs;                 ///< Which protocols run, preparations included.
    std::vector<std::weak_ptr<void>> used; ///< What was current at each `connected`.

    std::vector<std::shared_ptr<call>> calls; ///< Those that have not completed.
};

/// How many runs count.
inline std::size_t running(const model& m) noexcept
{
    std::size_t n = 0;
    for (const int run : m.runs)
        n += run > m.abandoned ? 1 : 0;
    return n;
}
}

#endif

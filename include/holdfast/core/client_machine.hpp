// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CORE_CLIENT_MACHINE_HPP
#define HOLDFAST_CORE_CLIENT_MACHINE_HPP

#include <holdfast/core/action.hpp>
#include <holdfast/core/ids.hpp>
#include <holdfast/time.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast
{
/// What a service is doing. Each is a fact; `connected` alone means that there is a connection to
/// use.
enum class service_state : std::uint8_t
{
    idle,       ///< Never started.
    dialling,   ///< An attempt is on its way to a protocol.
    preparing,  ///< There is a protocol; its preparation runs.
    connected,  ///< The connection is prepared and in use.
    discarding, ///< A connection or attempt that is of no more use must still end.
    choosing,   ///< The policy is being asked for the delay.
    waiting,    ///< The timer of the next attempt is armed.
    parked,     ///< The policy gave up; only `start`, `retry_now` and `reset` go on.
    stopping,   ///< A stop was asked for; a connection or attempt must still end.
    restarting, ///< As stopping, and `start` was called since.
    stopped,    ///< Stopped; nothing is left of what was.
};

/// The name of a state: "idle", "dialling" ...
std::string_view to_string(service_state s) noexcept;

namespace core
{
/// From start to stop: whether a service in this state tries to have a connection.
bool running(service_state s) noexcept;

/// The lengths of time that the machine decides by. Shared by all services of one definition.
struct limits
{
    duration attempt_timeout = std::chrono::seconds(30); ///< From the dial to the end of prepare.
    duration prepare_timeout = std::chrono::seconds(30); ///< For the preparation alone.
    duration stop_timeout = std::chrono::seconds(5);     ///< From a close request to the abort.
    duration stable_after = std::chrono::seconds(10);    ///< A connection this old was stable.
    duration delay_floor =
        std::chrono::milliseconds(10); ///< Between a failure and a retry by hand.
};

/// From the abort of a connection to giving it up.
constexpr duration abandon_after = std::chrono::seconds(1);

/// Decides what a client service does next.
///
///     idle --start--> dialling --made--> preparing --prepared--> connected
///                      ^  |failure          |failure               |loss
///                      |  v                 v                      v
///                   waiting <--choosing <--------- discarding <----+
///
///     any of these --stop--> stopping --gone--> stopped --start--> dialling
///
/// Pure: it performs nothing, reads no clock, allocates nothing and cannot fail. Inputs say what
/// happened; the caller carries out the returned actions in order, and gives in no further input
/// before it has. An attempt reports `made` (a protocol exists), `prepared`, `down` (first sign of
/// the end) and exactly one last `gone` (nothing of it is left); `gone` without an earlier `down`
/// counts as both. In Asio a cancellation is only a request, so any report may come in any state:
/// one of an attempt that is not the present one changes nothing.
///
/// The whole table, generated from this code by a test, is doc/state_table.md.
class client_machine
{
public:
    /// `l` must outlive the machine.
    explicit client_machine(const limits& l) noexcept : limits_(&l) {}

    // Commands of the user.

    actions start(time_point now) noexcept;
    actions stop(time_point now) noexcept;

    /// Skips the delay, keeps the counts. Never sooner than `delay_floor` after the failure, so
    /// that calling it on each failure cannot spin.
    actions retry_now(time_point now) noexcept;

    /// Forgets the failures, and skips the delay.
    actions reset(time_point now) noexcept;

    /// The service is going away: ends all, without waiting for anything.
    actions destroy() noexcept;

    // What happened.

    /// There is a protocol. `needs_preparation` is false where there is nothing to prepare.
    actions made(attempt_id id, bool needs_preparation, time_point now) noexcept;
    actions prepared(attempt_id id, time_point now) noexcept;
    actions down(attempt_id id, time_point now) noexcept;
    actions gone(attempt_id id, time_point now) noexcept;
    actions timer_fired(timer_id id, time_point now) noexcept;

    /// The answer to `choose_delay`; nothing means that the policy gives up.
    actions delay_chosen(std::optional<duration> delay, time_point now) noexcept;

    // What a new waiter is told.

    enum class wait_answer : std::uint8_t
    {
        keep,    ///< It waits.
        serve,   ///< It gets the current connection.
        stopped, ///< It fails with `errc::stopped`.
        gave_up, ///< It fails with the last failure.
    };
    wait_answer wait() const noexcept;

    // Getters.

    service_state state() const noexcept { return state_; }

    /// Failures in a row.
    std::uint32_t failures() const noexcept { return failures_; }

    /// Failures, and connections lost within `stable_after`, since the last stable connection.
    std::uint32_t setbacks() const noexcept { return setbacks_; }

    /// How many attempts were begun since the start.
    std::uint32_t attempts() const noexcept { return attempts_; }

    /// The attempt that the machine listens to; `none` if there is none.
    attempt_id attempt() const noexcept { return in_flight_ ? last_attempt_ : attempt_id::none; }

    /// What the armed timer waits for; of a service that waits, the next attempt.
    time_point deadline() const noexcept { return deadline_; }

    /// The delay chosen last; zero after a start, a reset and the loss of a stable connection.
    duration previous_delay() const noexcept { return delay_; }

    /// Since when there has been no connection, while there is none.
    time_point disconnected_since() const noexcept { return disconnected_since_; }

    /// Since when the connection has been in use, while there is one.
    time_point connected_since() const noexcept { return since_; }

    /// When the last failure or loss was, while there is no connection.
    time_point failed_at() const noexcept { return since_; }

private:
    friend struct machine_contents; // the view of the tests that explore every state

    void enter(service_state next, event_kind kind, actions& todo) noexcept;
    void begin(time_point now, actions& todo) noexcept;
    void begin_anew(time_point now, actions& todo) noexcept;
    void begin_soon(time_point now, actions& todo) noexcept;
    void fail(time_point now, actions& todo) noexcept;
    void lose(time_point now, actions& todo) noexcept;
    void forget() noexcept;
    void discard(time_point now, actions& todo) noexcept;
    void choose(time_point now, actions& todo) noexcept;
    void end(finish_stops::result how, actions& todo) noexcept;
    void begin_closing(time_point now, actions& todo) noexcept;
    void be_rid(finish_stops::result how, time_point now, actions& todo) noexcept;
    bool escalate(time_point now, actions& todo) noexcept;
    void arm_at(time_point at, actions& todo) noexcept;
    void disarm_timer(actions& todo) noexcept;

    const limits* limits_;
    time_point deadline_{};           // of the attempt, until it is made; then of the timer
    time_point since_{};              // of the connection in use, else of the last failure
    time_point disconnected_since_{}; // while not
    duration delay_{};
    std::uint32_t failures_ = 0;
    std::uint32_t setbacks_ = 0;
    std::uint32_t attempts_ = 0;
    attempt_id last_attempt_ = attempt_id::none;
    timer_id last_timer_ = timer_id::none;
    service_state state_ = service_state::idle;
    bool in_flight_ : 1 = false; // the last attempt is not gone
    bool armed_ : 1 = false;     // the timer, by its last id
    bool aborted_ : 1 = false;   // the connection that is to end was cut off already
    bool hurry_ : 1 = false;     // a retry was asked for: no delay but the floor
};
}
}

#endif

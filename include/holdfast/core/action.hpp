// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CORE_ACTION_HPP
#define HOLDFAST_CORE_ACTION_HPP

#include <holdfast/core/fixed_list.hpp>
#include <holdfast/core/ids.hpp>
#include <holdfast/time.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace holdfast
{
/// What a service can tell an observer. The texts say what is true from then on.
enum class event_kind : unsigned char
{
    already_started, ///< `start` was called on a running service, and changed nothing.
    dialling,        ///< An attempt has begun.
    preparing,       ///< There is a protocol; its preparation runs.
    connected,       ///< The connection is prepared and in use.
    failed,          ///< An attempt gave no usable connection.
    lost,            ///< The connection in use has ended.
    waiting,         ///< The next attempt is scheduled.
    parked,          ///< The policy gave up: there will be no attempt until somebody asks for one.
    forced,          ///< A connection did not end when told to, and was abandoned.
    policy_failed,   ///< The policy threw; the default policy's delay is used.
    stopping,        ///< A stop was asked for, and something must still end.
    stopped,         ///< Nothing is left of the service's work.
};

std::string_view to_string(event_kind k) noexcept;

namespace core
{
/// Begins an attempt, which must be over at `deadline`.
struct start_attempt
{
    attempt_id id;
    time_point deadline;
    bool operator==(const start_attempt&) const = default;
};

/// Runs the preparation of the attempt's connection.
struct prepare
{
    attempt_id id;
    bool operator==(const prepare&) const = default;
};

/// Asks a dial or a preparation to end. A request: success may overtake it.
struct cancel
{
    attempt_id id;
    bool operator==(const cancel&) const = default;
};

/// Asks the protocol to end its connection in good order.
struct close
{
    attempt_id id;
    bool operator==(const close&) const = default;
};

/// Closes the socket under the protocol.
struct abort
{
    attempt_id id;
    bool operator==(const abort&) const = default;
};

/// Lets an attempt go that did not end; its late reports change nothing.
struct abandon
{
    attempt_id id;
    bool operator==(const abandon&) const = default;
};

/// Asks the policy; its answer comes back as `delay_chosen`, before any other input.
struct choose_delay
{
    bool operator==(const choose_delay&) const = default;
};

/// Arms the one timer, in place of any earlier arming.
struct arm
{
    timer_id id;
    time_point at;
    bool operator==(const arm&) const = default;
};

struct disarm
{
    bool operator==(const disarm&) const = default;
};

/// The attempt's protocol is the service's connection from now on.
struct set_current
{
    attempt_id id;
    bool operator==(const set_current&) const = default;
};

struct clear_current
{
    bool operator==(const clear_current&) const = default;
};

/// Completes every waiter with the current connection.
struct serve_waiters
{
    bool operator==(const serve_waiters&) const = default;
};

/// Keeps the cause of this input as the last failure; of a timer, that the present phase timed out.
struct record_failure
{
    bool operator==(const record_failure&) const = default;
};

/// Counts one failure of each waiter's limit and completes those that reached it.
struct count_failure
{
    bool operator==(const count_failure&) const = default;
};

/// Completes every waiter: nobody will connect.
struct fail_waiters
{
    enum class reason : unsigned char
    {
        stopped,   ///< With `errc::stopped`.
        gave_up,   ///< With the last failure.
        destroyed, ///< With `operation_aborted`.
    };
    reason why;
    bool operator==(const fail_waiters&) const = default;
};

/// Completes every pending stop.
struct finish_stops
{
    enum class result : unsigned char
    {
        done,      ///< With success.
        forced,    ///< With `errc::forced`.
        destroyed, ///< With `operation_aborted`.
    };
    result how;
    bool operator==(const finish_stops&) const = default;
};

/// Tells the observer.
struct emit
{
    event_kind kind;
    bool operator==(const emit&) const = default;
};

/// What the machine can ask for.
using action = std::variant<start_attempt, prepare, cancel, close, abort, abandon, choose_delay,
                            arm, disarm, set_current, clear_current, serve_waiters, record_failure,
                            count_failure, fail_waiters, finish_stops, emit>;

/// What one input asks for, in the order in which it is to be done.
using actions = fixed_list<action, 8>;

/// For tables and test failures: `arm`, `emit(connected)`. Ids and times are left out.
std::string to_string(const action& a);
std::string to_string(const actions& list);
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/client_machine.hpp>

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace holdfast
{
using state = service_state;

std::string_view to_string(service_state s) noexcept
{
    switch (s)
    {
    case state::idle:
        return "idle";
    case state::dialling:
        return "dialling";
    case state::preparing:
        return "preparing";
    case state::connected:
        return "connected";
    case state::discarding:
        return "discarding";
    case state::choosing:
        return "choosing";
    case state::waiting:
        return "waiting";
    case state::parked:
        return "parked";
    case state::stopping:
        return "stopping";
    case state::restarting:
        return "restarting";
    case state::stopped:
        return "stopped";
    }
    return "unknown state";
}

namespace core
{
namespace
{
/// Counts on, and stays at the end: 136 years of failures a second.
void count(std::uint32_t& n) noexcept
{
    if (n != std::numeric_limits<std::uint32_t>::max())
        ++n;
}

/// The id after the last one given out.
template <class Id>
Id next(Id& last) noexcept
{
    last = static_cast<Id>(static_cast<std::uint32_t>(last) + 1);
    return last;
}
}

// Commands of the user

actions client_machine::start(time_point now) noexcept
{
    actions todo;
    switch (state_)
    {
    case state::idle:
    case state::parked:
    case state::stopped:
        begin_anew(now, todo);
        return todo;
    case state::stopping: // the old connection goes first; then it begins
        state_ = state::restarting;
        return todo;
    case state::dialling:
    case state::preparing:
    case state::connected:
    case state::discarding:
    case state::choosing:
    case state::waiting:
    case state::restarting:
        todo.push(emit{event_kind::already_started});
        return todo;
    }
    std::abort(); // every state is handled above
}

actions client_machine::stop(time_point now) noexcept
{
    actions todo;
    switch (state_)
    {
    case state::idle:
    case state::choosing: // the answer that is still to come is ignored
    case state::waiting:
    case state::parked:
        end(finish_stops::result::done, todo);
        return todo;
    case state::dialling:
        todo.push(cancel{last_attempt_});
        begin_closing(now, todo);
        enter(state::stopping, event_kind::stopping, todo);
        return todo;
    case state::preparing:
        todo.push(cancel{last_attempt_});
        todo.push(close{last_attempt_});
        begin_closing(now, todo);
        enter(state::stopping, event_kind::stopping, todo);
        return todo;
    case state::connected:
        todo.push(clear_current{});
        todo.push(close{last_attempt_});
        begin_closing(now, todo);
        enter(state::stopping, event_kind::stopping, todo);
        return todo;
    case state::discarding: // it is closing already, and its timer runs
        enter(state::stopping, event_kind::stopping, todo);
        return todo;
    case state::stopping: // this stop joins the one under way
        return todo;
    case state::restarting:
        state_ = state::stopping;
        return todo;
    case state::stopped:
        todo.push(finish_stops{finish_stops::result::done});
        return todo;
    }
    std::abort(); // every state is handled above
}

actions client_machine::retry_now(time_point now) noexcept
{
    actions todo;
    switch (state_)
    {
    case state::waiting:
        if (!hurry_) // else it is waiting for the floor alone
            begin_soon(now, todo);
        return todo;
    case state::parked:
        begin_soon(now, todo);
        return todo;
    case state::discarding:
    case state::choosing:
        hurry_ = true;
        return todo;
    case state::idle:      // there is nothing to retry
    case state::dialling:  // this is the retry
    case state::preparing: // this is the retry
    case state::connected:
    case state::stopping:
    case state::restarting: // it begins without a delay anyway
    case state::stopped:
        return todo;
    }
    std::abort(); // every state is handled above
}

actions client_machine::reset(time_point now) noexcept
{
    forget();
    return retry_now(now);
}

actions client_machine::destroy() noexcept
{
    actions todo;
    disarm_timer(todo);
    switch (state_)
    {
    case state::connected:
        todo.push(clear_current{});
        [[fallthrough]];
    case state::dialling:
    case state::preparing:
    case state::discarding:
    case state::stopping:
    case state::restarting:
        todo.push(cancel{last_attempt_});
        todo.push(close{last_attempt_});
        todo.push(abort{last_attempt_});
        todo.push(abandon{last_attempt_});
        break;
    case state::idle:
    case state::choosing:
    case state::waiting:
    case state::parked:
    case state::stopped:
        break;
    }
    in_flight_ = false;
    state_ = state::stopped;
    todo.push(fail_waiters{fail_waiters::reason::destroyed});
    todo.push(finish_stops{finish_stops::result::destroyed});
    return todo;
}

// What happened

actions client_machine::made(attempt_id id, bool needs_preparation, time_point now) noexcept
{
    actions todo;
    if (id != attempt())
        return todo; // a late report of an attempt that was abandoned
    switch (state_)
    {
    case state::dialling:
        if (!needs_preparation)
        {
            state_ = state::preparing;
            return prepared(id, now);
        }
        todo.push(prepare{id});
        arm_at(std::min(deadline_, now + limits_->prepare_timeout), todo);
        enter(state::preparing, event_kind::preparing, todo);
        return todo;
    case state::discarding: // success overtook the cancellation, or the factory stopped the service
    case state::stopping:
    case state::restarting:
        todo.push(close{id});
        return todo;
    case state::preparing: // an attempt is made once
    case state::connected:
    case state::idle: // there is no attempt in these states, so the id cannot be the present one
    case state::choosing:
    case state::waiting:
    case state::parked:
    case state::stopped:
        return todo;
    }
    std::abort(); // every state is handled above
}

actions client_machine::prepared(attempt_id id, time_point now) noexcept
{
    actions todo;
    if (id != attempt())
        return todo;
    switch (state_)
    {
    case state::preparing:
        disarm_timer(todo);
        state_ = state::connected;
        failures_ = 0;
        since_ = now;
        todo.push(set_current{id});
        todo.push(serve_waiters{});
        todo.push(emit{event_kind::connected});
        return todo;
    case state::discarding: // it was too late, or the connection is lost already
    case state::stopping:
    case state::restarting:
    case state::dialling:  // what is not made cannot be prepared
    case state::connected: // an attempt is prepared once
    case state::idle:      // there is no attempt in these states
    case state::choosing:
    case state::waiting:
    case state::parked:
    case state::stopped:
        return todo;
    }
    std::abort(); // every state is handled above
}

actions client_machine::down(attempt_id id, time_point now) noexcept
{
    actions todo;
    if (id != attempt())
        return todo;
    switch (state_)
    {
    case state::dialling: // a part of it failed, and something of it has still to end
    case state::preparing:
        fail(now, todo);
        todo.push(cancel{id});
        discard(now, todo);
        todo.push(emit{event_kind::failed});
        return todo;
    case state::connected:
        lose(now, todo);
        discard(now, todo);
        todo.push(emit{event_kind::lost});
        return todo;
    case state::discarding: // it is known to end
    case state::stopping:
    case state::restarting:
    case state::idle: // there is no attempt in these states
    case state::choosing:
    case state::waiting:
    case state::parked:
    case state::stopped:
        return todo;
    }
    std::abort(); // every state is handled above
}

actions client_machine::gone(attempt_id id, time_point now) noexcept
{
    actions todo;
    if (id != attempt())
        return todo;
    switch (state_)
    {
    case state::dialling:
    case state::preparing:
        fail(now, todo);
        choose(now, todo);
        todo.push(emit{event_kind::failed});
        return todo;
    case state::connected:
        lose(now, todo);
        choose(now, todo);
        todo.push(emit{event_kind::lost});
        return todo;
    case state::discarding:
    case state::stopping:
    case state::restarting:
        be_rid(finish_stops::result::done, now, todo);
        return todo;
    case state::idle: // there is no attempt in these states
    case state::choosing:
    case state::waiting:
    case state::parked:
    case state::stopped:
        return todo;
    }
    std::abort(); // every state is handled above
}

actions client_machine::timer_fired(timer_id id, time_point now) noexcept
{
    actions todo;
    if (!armed_ || id != last_timer_)
        return todo; // a stale firing: the timer was disarmed or armed anew meanwhile
    armed_ = false;
    switch (state_)
    {
    case state::dialling: // the attempt has run out of time
    case state::preparing:
        fail(now, todo);
        todo.push(cancel{last_attempt_});
        discard(now, todo);
        todo.push(emit{event_kind::failed});
        return todo;
    case state::discarding:
    case state::stopping:
    case state::restarting:
        if (!escalate(now, todo))
            be_rid(finish_stops::result::forced, now, todo);
        return todo;
    case state::waiting:
        begin(now, todo);
        return todo;
    case state::connected: // no timer is armed in these states
    case state::idle:
    case state::choosing:
    case state::parked:
    case state::stopped:
        return todo;
    }
    std::abort(); // every state is handled above
}

actions client_machine::delay_chosen(std::optional<duration> delay, time_point now) noexcept
{
    actions todo;
    switch (state_)
    {
    case state::choosing:
        if (hurry_)
            begin_soon(now, todo);
        else if (!delay)
        {
            state_ = state::parked;
            todo.push(fail_waiters{fail_waiters::reason::gave_up});
            todo.push(emit{event_kind::parked});
        }
        else
        {
            delay_ = *delay;
            if (since_ + delay_ <= now)
                begin(now, todo);
            else
            {
                state_ = state::waiting;
                arm_at(since_ + delay_, todo);
                todo.push(emit{event_kind::waiting});
            }
        }
        return todo;
    case state::idle: // a stop came in between
    case state::dialling:
    case state::preparing:
    case state::connected:
    case state::discarding:
    case state::waiting:
    case state::parked:
    case state::stopping:
    case state::restarting:
    case state::stopped:
        return todo;
    }
    std::abort(); // every state is handled above
}

client_machine::wait_answer client_machine::wait() const noexcept
{
    switch (state_)
    {
    case state::connected:
        return wait_answer::serve;
    case state::parked:
        return wait_answer::gave_up;
    case state::stopped:
        return wait_answer::stopped;
    case state::idle:
    case state::dialling:
    case state::preparing:
    case state::discarding:
    case state::choosing:
    case state::waiting:
    case state::stopping:
    case state::restarting:
        return wait_answer::keep;
    }
    std::abort(); // every state is handled above
}

bool running(service_state s) noexcept
{
    switch (s)
    {
    case state::dialling:
    case state::preparing:
    case state::connected:
    case state::discarding:
    case state::choosing:
    case state::waiting:
    case state::parked:
    case state::restarting:
        return true;
    case state::idle:
    case state::stopping:
    case state::stopped:
        return false;
    }
    std::abort(); // every state is handled above
}

// The parts that transitions are made of

void client_machine::enter(service_state next, event_kind kind, actions& todo) noexcept
{
    state_ = next;
    todo.push(emit{kind});
}

/// Begins an attempt now.
void client_machine::begin(time_point now, actions& todo) noexcept
{
    in_flight_ = true;
    next(last_attempt_);
    count(attempts_);
    hurry_ = false;
    const auto deadline = now + limits_->attempt_timeout;
    todo.push(start_attempt{last_attempt_, deadline});
    arm_at(deadline, todo);
    enter(state::dialling, event_kind::dialling, todo);
}

/// Begins as if nothing had been before.
void client_machine::begin_anew(time_point now, actions& todo) noexcept
{
    forget();
    attempts_ = 0;
    disconnected_since_ = now;
    begin(now, todo);
}

/// Begins without the policy's delay, but not closer to the failure than the floor.
void client_machine::begin_soon(time_point now, actions& todo) noexcept
{
    const auto at = since_ + limits_->delay_floor;
    if (at <= now)
    {
        disarm_timer(todo);
        begin(now, todo);
    }
    else
    {
        hurry_ = true;
        arm_at(at, todo);
        enter(state::waiting, event_kind::waiting, todo);
    }
}

/// The attempt gave no usable connection.
void client_machine::fail(time_point now, actions& todo) noexcept
{
    count(failures_);
    count(setbacks_);
    since_ = now;
    todo.push(record_failure{});
    todo.push(count_failure{});
}

/// The connection in use is at its end.
void client_machine::lose(time_point now, actions& todo) noexcept
{
    if (now - since_ >= limits_->stable_after)
        forget();
    failures_ = 1;
    count(setbacks_);
    since_ = now;
    disconnected_since_ = now;
    todo.push(record_failure{});
    todo.push(clear_current{});
}

/// Forgets what was suffered so far.
void client_machine::forget() noexcept
{
    failures_ = 0;
    setbacks_ = 0;
    delay_ = duration::zero();
}

/// Closes what is left of the attempt and waits for its end.
void client_machine::discard(time_point now, actions& todo) noexcept
{
    state_ = state::discarding;
    todo.push(close{last_attempt_});
    begin_closing(now, todo);
}

/// Nothing is left of the attempt: what next is up to the policy, unless somebody is in a hurry.
void client_machine::choose(time_point now, actions& todo) noexcept
{
    in_flight_ = false;
    disarm_timer(todo);
    if (hurry_)
        return begin_soon(now, todo);
    state_ = state::choosing;
    todo.push(choose_delay{});
}

/// All is over: tells everybody who waits.
void client_machine::end(finish_stops::result how, actions& todo) noexcept
{
    in_flight_ = false;
    hurry_ = false;
    disarm_timer(todo);
    state_ = state::stopped;
    todo.push(fail_waiters{fail_waiters::reason::stopped});
    todo.push(finish_stops{how});
    todo.push(emit{event_kind::stopped});
}

/// From now on the connection has `stop_timeout` to end.
void client_machine::begin_closing(time_point now, actions& todo) noexcept
{
    aborted_ = false;
    arm_at(now + limits_->stop_timeout, todo);
}

/// The old attempt is gone, or was given up: goes on to what waited for that.
void client_machine::be_rid(finish_stops::result how, time_point now, actions& todo) noexcept
{
    if (state_ == state::discarding)
        choose(now, todo);
    else if (state_ == state::stopping)
        end(how, todo);
    else // restarting
    {
        todo.push(finish_stops{how});
        begin_anew(now, todo);
    }
}

/// A connection did not end in time. The first time it is cut off (true), the second abandoned.
bool client_machine::escalate(time_point now, actions& todo) noexcept
{
    if (!aborted_)
    {
        aborted_ = true;
        todo.push(abort{last_attempt_});
        arm_at(now + abandon_after, todo);
        return true;
    }
    todo.push(abandon{last_attempt_});
    todo.push(emit{event_kind::forced});
    return false;
}

void client_machine::arm_at(time_point at, actions& todo) noexcept
{
    deadline_ = at;
    armed_ = true;
    todo.push(arm{next(last_timer_), at});
}

void client_machine::disarm_timer(actions& todo) noexcept
{
    if (!armed_)
        return;
    armed_ = false;
    todo.push(disarm{});
}
}
}

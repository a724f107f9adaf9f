// SPDX-License-Identifier: BSL-1.0
#include "simulation/invariants.hpp"

#include <holdfast/retry/ask.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <string>

namespace simulation::invariants
{
namespace
{
using enum hf::event_kind;
using state = service_state;

std::string named(const call& c)
{
    return (c.what == call::operation::wait ? "wait " : "stop ") + std::to_string(c.number);
}

std::string named(error_code ec)
{
    return "'" + ec.message() + "'";
}

std::string named(std::optional<hf::event_kind> k)
{
    return k ? "'" + std::string(to_string(*k)) + "'" : "nothing";
}

std::string named(hf::duration d)
{
    return std::to_string(d.count()) + " ns";
}
}

// Of an operation

void completes_once(journal& log, const model& m, const call& c)
{
    if (c.completions != 1)
        log.violated(m.number, __func__,
                     named(c) + " completed " + std::to_string(c.completions) +
                         " times, expected 1");
}

void completes_outside_the_call_that_began_it(journal& log, const model& m, const call& c)
{
    if (c.initiating)
        log.violated(m.number, __func__, named(c) + " completed before its call had returned");
}

void completes_on_its_executor(journal& log, const model& m, const call& c, bool on_strand)
{
    if (c.on_strand && !on_strand)
        log.violated(m.number, __func__, named(c) + " completed outside its strand");
}

void loses_no_handler(journal& log, const model& m, const call& c, bool completed)
{
    if (!completed)
        log.violated(m.number, __func__, named(c) + " was dropped without a completion");
}

void fails_a_wait_for_a_reason(journal& log, const model& m, const call& c, error_code ec,
                               const moment& now)
{
    const auto is_failure = [&](std::size_t index)
    { return index < m.failures.size() && m.failures[index] == ec; };

    bool reason = false;
    if (ec == hf::errc::stopped)
        reason = m.stops > c.stops || c.state == state::stopped;
    if (ec == hf::errc::wait_timed_out)
        reason = c.limit.time != hf::duration::max() && now.at - c.begun.at >= c.limit.time;
    if (ec == asio::error::operation_aborted)
        reason = c.cancelled || m.destroyed;
    // Where it gave up, or had given up when the wait began: with what it gave up for.
    const bool was_parked = c.state == state::parked && c.parks != 0;
    for (auto i = c.parks - (was_parked ? 1 : 0); i < m.parks.size() && !reason; ++i)
        reason = ec == m.parks[i];
    reason = reason || m.destroyed; // what the observer was not told of cannot be judged
    if (!reason && c.limit.failures != 0)
    {
        // Where it was begun inside user code, failures that were on their way then do not count.
        const auto last = c.was_at_rest ? c.failures_at_rest : m.failures.size();
        for (auto first = c.failures; first <= last && !reason; ++first)
            reason = is_failure(first + c.limit.failures - 1);
    }
    if (!reason)
        log.violated(m.number, __func__,
                     named(c) + " failed with " + named(ec) + " after " +
                         std::to_string(m.failures.size() - c.failures) + " failures, its limit " +
                         std::to_string(c.limit.failures) + ", and there was no reason to");
}

void serves_the_connection_in_use(journal& log, const model& m, const call& c,
                                  const std::shared_ptr<void>& given)
{
    if (given == nullptr)
        return log.violated(m.number, __func__, named(c) + " succeeded without a connection");
    // What was in use when it began, and all since.
    const std::size_t first = c.connects - (c.state == state::connected && c.connects != 0 ? 1 : 0);
    for (std::size_t i = first; i < m.used.size(); ++i)
        if (!m.used[i].owner_before(given) && !given.owner_before(m.used[i]))
            return;
    // An observer that destroyed the service is not told of what came then.
    if (!m.destroyed)
        log.violated(m.number, __func__, named(c) + " got a connection that was not in use");
}

void completes_a_stop_for_a_reason(journal& log, const model& m, const call& c, error_code ec)
{
    bool reason = m.destroyed; // what an observer was not told of cannot be judged
    if (!ec)
        reason = reason || m.stops > c.stops || m.restarts > c.restarts ||
                 c.state == state::stopped || c.state == state::restarting ||
                 c.state == state::stopping;
    else if (ec == hf::errc::forced)
        reason = reason || m.forced > c.forced;
    else if (ec == asio::error::operation_aborted)
        reason = reason || c.cancelled;
    if (!reason)
        log.violated(m.number, __func__,
                     named(c) + " completed with " + named(ec) + ", and there was no reason to");
}

// Of user code

void calls_nothing_after_destruction(journal& log, const model& m, origin o, std::string_view what)
{
    if (m.destroyed && o == origin::service)
        log.violated(m.number, __func__, std::string(what) + " was called");
}

void calls_nothing_after_a_stop(journal& log, const model& m, int protocol, std::string_view what)
{
    if (m.silent && (protocol == 0 || protocol > m.abandoned))
        log.violated(m.number, __func__, std::string(what) + " was called");
}

void has_current_while_connected(journal& log, const model& m, bool current, service_state s)
{
    if (current != (s == state::connected))
        log.violated(m.number, __func__,
                     std::string(current ? "a" : "no") + " connection in the state " +
                         std::string(to_string(s)));
}

void has_one_attempt(journal& log, const model& m, std::size_t dials, std::size_t open_streams)
{
    if (dials != 0 || open_streams != 0 || running(m) != 0)
        log.violated(m.number, __func__,
                     "an attempt began beside " + std::to_string(dials) + " dials, " +
                         std::to_string(open_streams) + " open streams and " +
                         std::to_string(running(m)) + " running protocols, expected none");
}

// Of events

namespace
{
bool may_follow(std::optional<hf::event_kind> last, hf::event_kind now)
{
    const auto was = [last](std::initializer_list<hf::event_kind> kinds)
    { return last && std::find(kinds.begin(), kinds.end(), *last) != kinds.end(); };
    switch (now)
    {
    case already_started: // in every state but idle, parked, stopping and stopped
        return was({dialling, preparing, connected, failed, lost, waiting, stopping, forced});
    case dialling: // after stopping: a restart
        return !last || was({waiting, stopped, parked, failed, lost, forced, stopping});
    case preparing:
        return was({dialling});
    case connected:
    case failed:
        return was({dialling, preparing});
    case lost:
        return was({connected});
    case waiting: // twice: the floor after retry_now
        return was({failed, lost, forced, waiting, parked});
    case parked:
        return was({failed, lost, forced});
    case forced:
        return was({failed, lost, stopping});
    case policy_failed: // which is asked before the failure is told
        return was({dialling, preparing, connected, failed, lost, forced});
    case stopping:
        return was({dialling, preparing, connected, failed, lost});
    case stopped:
        return !last || was({waiting, parked, stopping, forced});
    }
    return false;
}

bool may_be_in(hf::event_kind now, service_state s)
{
    const auto in = [s](std::initializer_list<service_state> states)
    { return std::find(states.begin(), states.end(), s) != states.end(); };
    switch (now)
    {
    case already_started:
        return hf::core::running(s);
    case dialling:
        return in({state::dialling});
    case preparing:
        return in({state::preparing});
    case connected:
        return in({state::connected});
    case failed:
    case lost:
        return in({state::discarding, state::choosing});
    case waiting:
        return in({state::waiting});
    case parked:
        return in({state::parked});
    case forced: // told when what follows is decided
        return in({state::choosing, state::stopped, state::dialling, state::waiting});
    case policy_failed:
        return in({state::choosing});
    case stopping:
        return in({state::stopping});
    case stopped:
        return in({state::stopped});
    }
    return false;
}
}

void tells_a_legal_path(journal& log, const model& m, const hf::event& e)
{
    if (!may_follow(m.last_event, e.kind))
        log.violated(m.number, __func__, named(e.kind) + " was told after " + named(m.last_event));
}

void tells_the_state_it_is_in(journal& log, const model& m, const hf::event& e)
{
    if (!may_be_in(e.kind, e.state))
        log.violated(m.number, __func__,
                     named(e.kind) + " was told in the state " + std::string(to_string(e.state)));
}

void counts_attempts_and_failures(journal& log, const model& m, const hf::event& e)
{
    bool right = true;
    if (e.kind == dialling)
        right = e.attempt == (m.last_event == waiting || m.last_event == failed ||
                                      m.last_event == lost || e.attempt != 1
                                  ? m.attempt + 1
                                  : 1);
    else if (e.kind != already_started && e.kind != forced)
        right = e.attempt == m.attempt; // these two may come when much is already forgotten
    if (e.kind == failed)
        right = right && (e.failures == m.failures_in_a_row + 1 || m.forgotten);
    else if (e.kind == lost)
        right = right && e.failures == 1;
    else if (e.kind == connected)
        right = right && e.failures == 0;
    if (!right)
        log.violated(m.number, __func__,
                     named(e.kind) + " came with attempt " + std::to_string(e.attempt) +
                         " and failures " + std::to_string(e.failures) + "; before they were " +
                         std::to_string(m.attempt) + " and " + std::to_string(m.failures_in_a_row));
}

void tells_why(journal& log, const model& m, const hf::event& e)
{
    const bool needs = e.kind == failed || e.kind == lost || e.kind == parked;
    if (needs && e.why == nullptr)
        return log.violated(m.number, __func__, named(e.kind) + " came without a failure");
    if (e.kind == failed && !e.why->code)
        log.violated(m.number, __func__, "an attempt failed with success");
    if (e.kind == policy_failed && e.exception == nullptr)
        log.violated(m.number, __func__, "a policy failed without an exception");
}

void waits_as_long_as_it_says(journal& log, const model& m, const hf::event& e)
{
    if (e.kind == waiting)
    {
        if (e.delay < hf::duration::zero() || e.delay > hf::retry::longest_delay ||
            (m.limits.floored && e.delay < m.limits.delay_floor) || e.next_attempt < e.at)
            log.violated(m.number, __func__,
                         "the delay is " + named(e.delay) + ", the floor " +
                             named(m.limits.delay_floor));
    }
    else if (e.kind == dialling && m.last_event == waiting && !m.pushed && e.at < m.next_attempt)
        log.violated(m.number, __func__,
                     "an attempt began " + named(m.next_attempt - e.at) + " too early");
}

// At rest

namespace
{
/// Why a call should have completed; null if it may well wait.
const char* why_answered(const model& m, const call& c, service_state s, const moment& now)
{
    const auto waited = now.since(c.begun);
    if (c.what == call::operation::stop)
    {
        if (s != state::stopping && s != state::restarting)
            return "has nothing to wait for";
        return waited >= m.limits.stop_timeout + hf::core::abandon_after ? "is out of time"
                                                                         : nullptr;
    }
    if (s == state::connected || s == state::parked || s == state::stopped)
        return "has its answer";
    if (c.limit.failures != 0 && c.was_at_rest &&
        m.failures.size() - c.failures_at_rest >= c.limit.failures)
        return "has seen more failures than its limit";
    return c.limit.time != hf::duration::max() && waited >= c.limit.time ? "is out of time"
                                                                         : nullptr;
}
}

void leaves_no_answer_out(journal& log, const model& m, service_state s, const moment& now)
{
    for (const auto& c : m.calls)
    {
        const auto why = c->cancelled ? "was cancelled" : why_answered(m, *c, s, now);
        if (why != nullptr)
            log.violated(m.number, __func__, named(*c) + " " + why + " and has not completed");
    }
}

void outstays_no_limit(journal& log, const model& m, service_state s, const moment& now)
{
    auto limit = hf::duration::max();
    switch (s)
    {
    case state::dialling:
        limit = m.limits.attempt_timeout;
        break;
    case state::preparing:
        limit = std::min(m.limits.attempt_timeout, m.limits.prepare_timeout);
        break;
    case state::discarding: // told when it began
    case state::stopping:
    case state::restarting:
        limit = m.limits.stop_timeout + hf::core::abandon_after;
        break;
    case state::choosing:
        limit = hf::duration::zero();
        break;
    case state::waiting:
        if (now.at >= m.next_attempt)
            log.violated(m.number, __func__, "it waits longer than it said");
        return;
    case state::idle:
    case state::connected:
    case state::parked:
    case state::stopped:
        return;
    }
    if (now.since(m.told) >= limit)
        log.violated(m.number, __func__,
                     "it has been " + std::string(to_string(s)) + " for " +
                         named(now.since(m.told)) + ", the limit is " + named(limit));
}

void has_one_live_connection(journal& log, const model& m, service_state s, std::size_t dials,
                             std::size_t open_streams)
{
    const bool may_dial = s == state::dialling || s == state::discarding || s == state::stopping ||
                          s == state::restarting;
    const bool may_have = may_dial || s == state::preparing || s == state::connected;
    if (dials + open_streams > (may_have ? 1U : 0U) || (dials != 0 && !may_dial) ||
        (running(m) != 0 && !may_have))
        log.violated(m.number, __func__,
                     std::to_string(dials) + " dials, " + std::to_string(open_streams) +
                         " open streams and " + std::to_string(running(m)) +
                         " running protocols in the state " + std::string(to_string(s)));
}

// After its destruction

void leaves_nothing(journal& log, const model& m, std::size_t dials, std::size_t open_streams)
{
    if (dials != 0 || open_streams != 0 || !m.calls.empty())
        log.violated(m.number, __func__,
                     std::to_string(dials) + " dials, " + std::to_string(open_streams) +
                         " open streams and " + std::to_string(m.calls.size()) +
                         " operations are left of what was destroyed, expected none");
}
}

// SPDX-License-Identifier: BSL-1.0
#include "simulation/subject.hpp"

#include "simulation/world.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace simulation
{
using namespace std::chrono_literals;

subject::subject(world& w, int number) : world_(w)
{
    model_.number = number;
    model_.told = w.now();
}

bool subject::on_strand() const noexcept
{
    return world_.strand.running_in_this_thread();
}

// What users do

void subject::start()
{
    world_.note(*this, "start");
    model_.silent = false;
    ++model_.starts;
    model_.pushed = pushed_now_ = true;
    model_.forgotten = forgot_now_ = true;
    call_start();
}

void subject::stop()
{
    world_.note(*this, "stop");
    model_.pushed = pushed_now_ = true;
    call_stop();
}

void subject::retry_now()
{
    world_.note(*this, "retry_now");
    model_.pushed = pushed_now_ = true;
    call_retry_now();
}

void subject::reset()
{
    world_.note(*this, "reset");
    model_.pushed = pushed_now_ = true;
    model_.forgotten = forgot_now_ = true;
    call_reset();
}

void subject::destroy()
{
    world_.note(*this, "destroy");
    model_.destroyed = true;
    call_destroy();
}

std::shared_ptr<call> subject::new_call(call::operation what)
{
    auto c = std::make_shared<call>();
    c->what = what;
    c->number = ++last_call_;
    c->begun = world_.now();
    c->failures = model_.failures.size();
    c->connects = model_.connects;
    c->starts = model_.limits.thread_safe ? starts_at_rest_ : model_.starts; // else some are posted
    c->stops = model_.stops;
    c->restarts = model_.restarts;
    c->parks = model_.parks.size();
    c->forced = model_.forced;
    c->state = state();
    c->on_strand = world_.chance.chance(25);
    c->initiating = true;
    model_.calls.push_back(c);
    return c;
}

void subject::async_stop()
{
    const auto c = new_call(call::operation::stop);
    world_.note(*this, "async_stop", c->number);
    model_.pushed = pushed_now_ = true;
    begin_stop(c);
    c->initiating = false;
}

void subject::async_wait()
{
    const auto c = new_call(call::operation::wait);
    source& chance = world_.chance;
    const auto failures = static_cast<std::uint32_t>(1 + chance.below(3));
    const auto time = chance.time(20s);
    switch (chance.below(4))
    {
    case 0:
        break;
    case 1:
        c->limit = hf::fail_after(failures);
        break;
    case 2:
        c->limit = hf::within(time);
        break;
    default:
        c->limit = {hf::fail_after(failures), hf::within(time)};
        break;
    }
    world_.note(*this, "async_when_connected", c->number);
    begin_wait(c);
    c->initiating = false;
}

void subject::cancel_some()
{
    static constexpr std::array types{asio::cancellation_type::none,
                                      asio::cancellation_type::terminal,
                                      asio::cancellation_type::partial,
                                      asio::cancellation_type::total, asio::cancellation_type::all};
    if (model_.calls.empty())
        return;
    const auto c = world_.chance.pick(model_.calls);
    const auto type = world_.chance.pick(types);
    if (c->initiating)
        return;
    world_.note(*this, "cancel", c->number);
    c->cancelled = c->cancelled || type != asio::cancellation_type::none;
    c->signal.emit(type);
}

// What user code of this service says of itself

void subject::called(std::string_view what, invariants::origin o, int protocol)
{
    world_.note(*this, what, protocol);
    journal& log = world_.log;
    if (!model_.limits.thread_safe || gone_) // else the end is on its way to the strand
        invariants::calls_nothing_after_destruction(log, model_, o, what);
    invariants::calls_nothing_after_a_stop(log, model_, protocol, what);
    may_reenter();
}

void subject::may_reenter()
{
    if (alive())
        invariants::has_current_while_connected(world_.log, model_, current() != nullptr, state());
    constexpr int deepest = 3;
    if (world_.calm || world_.nesting >= deepest || !world_.chance.chance(world_.mood.reentry))
        return;
    ++world_.nesting;
    world_.act(*this);
    --world_.nesting;
}

void subject::run_ends(int protocol)
{
    const auto run = std::find(model_.runs.begin(), model_.runs.end(), protocol);
    if (run != model_.runs.end())
        model_.runs.erase(run);
}

void subject::factory_starts()
{
    called("factory.start", invariants::origin::service);
    if (factory_started_)
        world_.log.violated(model_.number, "starts_and_stops_a_factory_in_turn",
                            "it was started twice");
    world_.may_throw(*this);
    factory_started_ = true;
}

void subject::factory_stops()
{
    // Told whenever the last connection ends, be it after the service's own end.
    world_.note(*this, "factory.stop");
    if (!std::exchange(factory_started_, false))
        world_.log.violated(model_.number, "starts_and_stops_a_factory_in_turn",
                            "it was stopped before it was started");
    may_reenter();
    world_.may_throw(*this);
}

std::optional<hf::duration> subject::delay(const hf::retry::context& c)
{
    called("policy", invariants::origin::service);
    source& chance = world_.chance;
    if (world_.calm)
        return 1s;
    if (chance.chance(world_.mood.throws))
    {
        c.random = chance.fork(); // the default policy, asked instead, is to draw from ours
        throw std::runtime_error("a policy that throws");
    }
    if (chance.chance(5))
        return std::nullopt;
    if (chance.chance(5))
        return -1s;
    if (chance.chance(5))
        return hf::duration::max();
    return chance.time(10s);
}

void subject::observed(const hf::event& e)
{
    if (model_.destroyed && model_.limits.thread_safe && !gone_)
        return; // on its way to its end: nothing is promised of what it tells
    journal& log = world_.log;
    world_.note(*this, "told:", e.attempt, to_string(e.kind));
    invariants::tells_a_legal_path(log, model_, e);
    invariants::tells_the_state_it_is_in(log, model_, e);
    invariants::counts_attempts_and_failures(log, model_, e);
    invariants::tells_why(log, model_, e);
    invariants::waits_as_long_as_it_says(log, model_, e);
    take_in(e);
    called("observer", invariants::origin::service);
    world_.may_throw(*this);
}

/// Learns what an event tells.
void subject::take_in(const hf::event& e)
{
    using enum hf::event_kind;
    if (e.kind == already_started || e.kind == policy_failed)
        return;
    if (e.kind == failed || e.kind == lost)
        model_.last_code = e.why->code ? e.why->code : error_code(asio::error::eof);
    if (e.kind == failed)
    {
        model_.failures.push_back(model_.last_code);
        failed_now_ = true;
    }
    if (e.kind == connected && alive())
    {
        ++model_.connects;
        model_.used.emplace_back(current());
    }
    if (e.kind == dialling && (model_.last_event == stopping || model_.last_event == forced))
        ++model_.restarts;
    if (e.kind == stopped)
        ++model_.stops;
    if (e.kind == parked)
        model_.parks.push_back(model_.last_code);
    if (e.kind == forced)
    {
        ++model_.forced;
        model_.abandoned = model_.protocols;
        world_.net.abandon(*this);
    }
    if (e.kind == waiting)
    {
        model_.next_attempt = e.next_attempt;
        model_.pushed = pushed_now_; // a push of just now may still be on its way
    }
    if (e.kind != forced) // which is told with the numbers of what follows it
    {
        model_.attempt = e.attempt;
        model_.failures_in_a_row = e.failures;
    }
    model_.last_event = e.kind;
    model_.told = world_.now();
}

// What the world tells between handlers

void subject::handled()
{
    if (model_.limits.thread_safe) // calls are still on their way to the strand
        return;
    for (const auto& c : model_.calls)
        if (!std::exchange(c->was_at_rest, true))
            c->failures_at_rest = model_.failures.size();
}

void subject::at_rest()
{
    journal& log = world_.log;
    const auto streams = world_.net.open_streams(*this, true);
    if (model_.destroyed)
    {
        gone_ = true;
        return invariants::leaves_nothing(log, model_, world_.net.dials(*this, true), streams);
    }
    for (const auto& c : model_.calls)
        if (!std::exchange(c->was_at_rest, true))
            c->failures_at_rest = model_.failures.size();
    starts_at_rest_ = model_.starts;
    if (failed_now_ && !forgot_now_)
        model_.forgotten = false;
    failed_now_ = forgot_now_ = pushed_now_ = false;
    const auto now = world_.now();
    const auto s = state();
    invariants::has_current_while_connected(log, model_, current() != nullptr, s);
    invariants::leaves_no_answer_out(log, model_, s, now);
    invariants::outstays_no_limit(log, model_, s, now);
    invariants::has_one_live_connection(log, model_, s, world_.net.dials(*this), streams);
}

void subject::ended()
{
    if (factory_started_)
        world_.log.violated(model_.number, "starts_and_stops_a_factory_in_turn",
                            "it was not stopped after its last connection");
}

void subject::completed(call& c, error_code ec, const std::shared_ptr<void>& given)
{
    ++c.completions;
    world_.note(*this,
                c.what == call::operation::wait ? "async_when_connected completes"
                                                : "async_stop completes",
                c.number, ec ? "(failure)" : "");
    journal& log = world_.log;
    invariants::completes_once(log, model_, c);
    invariants::completes_outside_the_call_that_began_it(log, model_, c);
    invariants::completes_on_its_executor(log, model_, c, on_strand());
    if (c.what == call::operation::stop)
    {
        invariants::completes_a_stop_for_a_reason(log, model_, c, ec);
        if (ec != asio::error::operation_aborted && alive() && c.starts == model_.starts)
            model_.silent = true;
    }
    else if (ec)
        invariants::fails_a_wait_for_a_reason(log, model_, c, ec, world_.now());
    else
        invariants::serves_the_connection_in_use(log, model_, c, given);
    std::erase_if(model_.calls, [&](const std::shared_ptr<call>& other) { return &*other == &c; });
    may_reenter();
}

void subject::dropped(const call& c)
{
    invariants::loses_no_handler(world_.log, model_, c, c.completions != 0);
}
}

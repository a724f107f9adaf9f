// SPDX-License-Identifier: BSL-1.0
#include <holdfast/observe/history.hpp>

#include "../quoted.hpp"
#include "words.hpp"

#include <boost/circular_buffer.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace holdfast
{
struct history::contents
{
    explicit contents(std::size_t attempts) : past(attempts) {}

    void begin(const event& e, service_state before);
    void end(const event& e);
    void fail(const event& e);

    std::string reason(std::string_view before) const;
    std::string under_way(time_point now) const;
    std::string waiting(time_point now) const;

    boost::circular_buffer<attempt_record> past;
    std::shared_ptr<const failure> last_failure;
    std::optional<time_point> failed_at;
    std::optional<time_point> next_attempt;
    time_point since{};
    time_point stopping_since{};
    time_point failing_since{}; // of the failures in a row
    std::uint64_t connections = 0;
    std::uint32_t attempt = 0;
    std::uint32_t failures = 0;
    service_state state = service_state::idle;
    bool ready = false;
};

history::history(std::size_t attempts)
{
    if (attempts < 1 || attempts > 1000)
        throw std::invalid_argument("history: attempts must be from 1 to 1000, not " +
                                    std::to_string(attempts));
    contents_ = std::make_shared<contents>(attempts);
}

void history::operator()(const event& e) const
{
    contents& c = *contents_;
    const auto before = std::exchange(c.state, e.state);
    c.attempt = e.attempt;
    c.failures = e.failures;
    if (e.state != service_state::waiting)
        c.next_attempt.reset();
    switch (e.kind)
    {
    case event_kind::dialling:
        return c.begin(e, before);
    case event_kind::connected:
        c.ready = true;
        ++c.connections;
        c.since = e.at;
        if (!c.past.empty())
            c.past.back().connected = e.at;
        return;
    case event_kind::lost:
        c.since = e.at;
        return c.fail(e);
    case event_kind::failed:
        return c.fail(e);
    case event_kind::waiting:
        c.next_attempt = e.next_attempt;
        if (!c.past.empty())
            c.past.back().next = e.next_attempt;
        return;
    case event_kind::stopping:
        c.stopping_since = e.at;
        [[fallthrough]];
    case event_kind::stopped:
        if (before == service_state::connected)
            c.since = e.at;
        return c.end(e);
    case event_kind::already_started:
    case event_kind::preparing:
    case event_kind::parked:
    case event_kind::forced:
    case event_kind::policy_failed:
        return;
    }
}

service_state history::state() const noexcept
{
    return contents_->state;
}

time_point history::since() const noexcept
{
    return contents_->since;
}

std::uint32_t history::attempt() const noexcept
{
    return contents_->attempt;
}

std::uint32_t history::failures() const noexcept
{
    return contents_->failures;
}

std::uint64_t history::connections() const noexcept
{
    return contents_->connections;
}

bool history::ready() const noexcept
{
    return contents_->ready;
}

std::optional<time_point> history::next_attempt() const noexcept
{
    return contents_->next_attempt;
}

std::shared_ptr<const failure> history::last_failure() const noexcept
{
    return contents_->last_failure;
}

std::optional<time_point> history::failed_at() const noexcept
{
    return contents_->failed_at;
}

std::vector<attempt_record> history::attempts() const
{
    return {contents_->past.begin(), contents_->past.end()};
}

std::string history::why(time_point now) const
{
    const contents& c = *contents_;
    switch (c.state)
    {
    case service_state::idle:
        return "not started";
    case service_state::dialling:
    case service_state::preparing:
        return c.under_way(now);
    case service_state::connected:
        return "connected for " + detail::say(now - c.since);
    case service_state::discarding:
        return "what is left of attempt " + std::to_string(c.attempt) + " has still to end" +
               c.reason(": ");
    case service_state::choosing:
        return "choosing the delay before attempt " + std::to_string(c.attempt + 1) +
               c.reason(": ");
    case service_state::waiting:
        return c.waiting(now);
    case service_state::parked:
        return "gave up after " + detail::plural(c.failures, "failure") + c.reason(": ");
    case service_state::stopping:
    case service_state::restarting:
        return "stopping for " + detail::say(now - c.stopping_since);
    case service_state::stopped:
        return "stopped";
    }
    std::abort(); // every state is handled above
}

// What happens to it

void history::contents::begin(const event& e, service_state before)
{
    if (e.attempt == 1) // a start
    {
        ready = false;
        since = e.at;
    }
    // Without a delay there is no event that tells of the next one.
    else if (!past.empty() &&
             (before == service_state::choosing || before == service_state::discarding))
        past.back().next = e.at;
    past.push_back({.attempt = e.attempt, .began = e.at});
}

void history::contents::end(const event& e)
{
    if (!past.empty() && !past.back().ended)
        past.back().ended = e.at;
}

void history::contents::fail(const event& e)
{
    end(e);
    if (!past.empty())
        past.back().why = e.why;
    last_failure = e.why;
    failed_at = e.at;
    if (e.failures <= 1)
        failing_since = e.at;
}

// What is said of it

/// Why the last attempt failed, after `before`; empty if none did.
std::string history::contents::reason(std::string_view before) const
{
    if (last_failure == nullptr)
        return {};
    return std::string(before) + detail::one_line(to_string(*last_failure), detail::reason_max);
}

std::string history::contents::under_way(time_point now) const
{
    std::string line = "attempt " + std::to_string(attempt) + " has been going on";
    if (!past.empty())
        line += " for " + detail::say(now - past.back().began);
    if (state == service_state::preparing)
        line += ": preparing";
    if (attempt > 1) // before that it was another start, which is past
        line += reason("; the one before: ");
    return line;
}

std::string history::contents::waiting(time_point now) const
{
    std::string line = "waiting for attempt " + std::to_string(attempt + 1);
    if (next_attempt)
        line += *next_attempt > now ? " in " + detail::say(*next_attempt - now) : ", which is due";
    if (failures == 1)
        line += ", after a failure " + detail::say(now - failing_since) + " ago";
    else if (failures > 1)
        line += ", after " + detail::plural(failures, "failure") + " in a row in the last " +
                detail::say(now - failing_since);
    return line + reason(": ");
}
}

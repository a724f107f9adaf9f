// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/tree_machine.hpp>

#include <algorithm>
#include <cstdlib>

namespace holdfast::core
{
namespace
{
using kind = tree_machine::action::kind;

time_point after(time_point now, const std::optional<duration>& d) noexcept
{
    return d && *d < time_point::max() - now ? now + *d : time_point::max();
}
}

tree_machine::admission tree_machine::add(std::optional<duration> stop_timeout)
{
    child c{.id = static_cast<child_id>(last_id_ + 1), .stop_timeout = stop_timeout};
    admission a{.child = c.id};
    switch (state_)
    {
    case state::prepared: // so it is time for what needs privileges, and perhaps not much longer
        a.privileged = true;
        c.where = standing::privileged;
        break;
    case state::running:
        a.privileged = a.start = true;
        c.where = standing::started;
        break;
    case state::preparing: // those that go round come to it
    case state::starting:
        c.late = true;
        break;
    case state::idle:
    case state::failed:
    case state::stopping:
        break;
    }
    children_.push_back(c);
    ++last_id_;
    return a;
}

bool tree_machine::remove(child_id id) noexcept
{
    const auto found = std::ranges::lower_bound(children_, id, {}, &child::id);
    if (found == children_.end() || found->id != id)
        return false;
    const bool told = found->where != standing::untouched;
    children_.erase(found);
    return told;
}

void tree_machine::privileged_start() noexcept
{
    switch (state_)
    {
    case state::idle:
        state_ = state::preparing;
        return;
    case state::preparing: // once is enough
    case state::prepared:
    case state::starting:
    case state::running:
    case state::failed:
    case state::stopping: // the caller waits for its end first
        return;
    }
    std::abort(); // every state is handled above
}

void tree_machine::start() noexcept
{
    switch (state_)
    {
    case state::idle:
    case state::prepared:
        state_ = state::starting;
        return;
    case state::preparing: // told from within: the caller waits for the end of the round
    case state::starting:
    case state::running:
    case state::failed:
    case state::stopping: // likewise
        return;
    }
    std::abort(); // every state is handled above
}

void tree_machine::child_failed() noexcept
{
    switch (state_)
    {
    case state::preparing:
    case state::starting:
        state_ = state::failed;
        return;
    case state::prepared: // one that was added: whoever added it takes it back
    case state::running:
    case state::idle: // it was taken out, and was the last, while it failed
    case state::failed:
    case state::stopping: // it is told to stop like the others
        return;
    }
    std::abort(); // every state is handled above
}

void tree_machine::stop(time_point now) noexcept
{
    switch (state_)
    {
    case state::preparing:
    case state::prepared:
    case state::starting:
    case state::running:
    case state::failed:
        state_ = state::stopping;
        deadline_ = after(now, rules_.stop_timeout);
        return;
    case state::idle: // nobody was told anything
    case state::stopping:
        return;
    }
    std::abort(); // every state is handled above
}

bool tree_machine::child_stopped(child_id id, std::uint32_t stop_number) noexcept
{
    const auto found = std::ranges::lower_bound(children_, id, {}, &child::id);
    if (found == children_.end() || found->id != id || found->where != standing::stopping ||
        found->stop_number != stop_number)
        return false;
    found->where = standing::untouched;
    return true;
}

tree_machine::action tree_machine::next(time_point now) noexcept
{
    switch (state_)
    {
    case state::preparing:
        return next_to_prepare();
    case state::starting:
        return next_to_start();
    case state::stopping:
        return next_to_stop(now);
    case state::idle:
    case state::prepared:
    case state::running:
    case state::failed:
        return {};
    }
    std::abort(); // every state is handled above
}

tree_machine::action tree_machine::next_to_prepare() noexcept
{
    for (auto& c : children_)
        if (c.where == standing::untouched)
        {
            c.where = standing::privileged;
            return {.what = kind::tell_before, .child = c.id};
        }
    for (auto& c : children_)
        c.late = false;
    state_ = state::prepared;
    return {.what = kind::told};
}

tree_machine::action tree_machine::next_to_start() noexcept
{
    for (auto& c : children_)
        if (c.where == standing::untouched && c.late)
        {
            c.where = standing::privileged;
            return {.what = kind::tell_before, .child = c.id};
        }
        else if (c.where == standing::untouched || c.where == standing::privileged)
        {
            c.where = standing::started;
            return {.what = kind::tell_start, .child = c.id};
        }
    state_ = state::running;
    return {.what = kind::told};
}

// The last one that was told anything has its turn. Those behind it have ended.
tree_machine::action tree_machine::next_to_stop(time_point now) noexcept
{
    bool waits = false;
    for (auto c = children_.rbegin(); c != children_.rend(); ++c)
        switch (c->where)
        {
        case standing::untouched:
            break;
        case standing::stopping:
            if (std::min(c->deadline, deadline_) <= now)
            {
                c->where = standing::untouched;
                return {.what = kind::give_up, .child = c->id};
            }
            waits = true;
            if (!rules_.all_at_once)
                return {};
            break;
        case standing::privileged:
        case standing::started:
            return tell_stop(*c, now);
        }
    if (waits)
        return {};
    for (auto& c : children_)
        c.late = false;
    state_ = state::idle;
    deadline_ = time_point::max();
    return {.what = kind::stopped};
}

tree_machine::action tree_machine::tell_stop(child& c, time_point now) noexcept
{
    c.where = standing::stopping;
    c.stop_number = ++last_stop_;
    c.deadline = after(now, c.stop_timeout);
    return {.what = kind::tell_stop, .child = c.id, .stop_number = c.stop_number};
}

time_point tree_machine::deadline() const noexcept
{
    if (state_ != state::stopping)
        return time_point::max();
    auto earliest = deadline_;
    for (const auto& c : children_)
        if (c.where == standing::stopping)
            earliest = std::min(earliest, c.deadline);
    return earliest;
}
}

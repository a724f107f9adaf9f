// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/race.hpp>

#include <algorithm>
#include <cstdlib>

namespace holdfast::core
{
race::actions race::start(std::span<const ip_family> families, time_point now) noexcept
{
    switch (state_)
    {
    case state::idle:
    {
        actions out;
        line_up(families);
        if (count_ == 0)
        {
            state_ = state::lost;
            out.push(lose{errc::no_address});
            return out;
        }
        state_ = state::racing;
        try_next(out, now);
        arm(out);
        return out;
    }
    case state::racing: // a race is run once
    case state::won:
    case state::lost:
    case state::stopped:
        return {};
    }
    std::abort(); // every state is handled above
}

race::actions race::connected(std::size_t index, time_point) noexcept
{
    switch (state_)
    {
    case state::racing:
    {
        entry* e = trying(index);
        if (e == nullptr) // it ran out of time while its success was on the way
            return {};
        e->trying = false;
        state_ = state::won;
        return {win{index}};
    }
    case state::won: // it crossed the winner
    case state::stopped:
    case state::lost: // it ran out of time, and was the last
    case state::idle:
        return {};
    }
    std::abort(); // every state is handled above
}

race::actions race::failed(std::size_t index, error_code why, time_point now) noexcept
{
    switch (state_)
    {
    case state::racing:
    {
        actions out;
        if (entry* e = trying(index)) // otherwise it was given up, and this is its socket's end
            drop(out, *e, why, now);
        return out;
    }
    case state::won: // the ends of those that were closed
    case state::lost:
    case state::stopped:
    case state::idle:
        return {};
    }
    std::abort(); // every state is handled above
}

race::actions race::timer_fired(time_point now) noexcept
{
    switch (state_)
    {
    case state::racing:
    {
        actions out;
        armed_at_ = time_point::max();
        // One matter at a time: what else is due has the timer fire again at once.
        entry* oldest = longest_trying();
        if (oldest->started + rules_.timeout <= now)
        {
            out.push(give_up{oldest->index});
            drop(out, *oldest, errc::connect_timed_out, now);
            return out;
        }
        if (begun_ != count_ && next_start_ <= now)
            try_next(out, now);
        arm(out);
        return out;
    }
    case state::won: // the end of the race crossed the timer
    case state::lost:
    case state::stopped:
    case state::idle:
        return {};
    }
    std::abort(); // every state is handled above
}

void race::stop() noexcept
{
    switch (state_)
    {
    case state::idle:
    case state::racing:
        state_ = state::stopped;
        return;
    case state::won: // nothing is left to stop
    case state::lost:
    case state::stopped:
        return;
    }
    std::abort(); // every state is handled above
}

// The first, then one of the other family, and so on; the rest of the longer one at the end.
void race::line_up(std::span<const ip_family> families) noexcept
{
    std::array<std::size_t, 2> next{}; // per family: where its next address is looked for
    const auto find = [&](ip_family f)
    {
        auto& i = next[static_cast<std::size_t>(f)];
        while (i != families.size() && families[i] != f)
            ++i;
        return i;
    };
    if (families.empty())
        return;
    ip_family turn = families.front();
    while (count_ != address_limit)
    {
        const ip_family other = turn == ip_family::v4 ? ip_family::v6 : ip_family::v4;
        if (find(turn) == families.size())
        {
            if (find(other) == families.size())
                return;
            turn = other;
        }
        entries_[count_++].index = next[static_cast<std::size_t>(turn)]++;
        turn = turn == ip_family::v4 ? ip_family::v6 : ip_family::v4;
    }
}

race::entry* race::trying(std::size_t index) noexcept
{
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(begun_);
    const auto e = std::find_if(entries_.begin(), end,
                                [&](const entry& x) { return x.trying && x.index == index; });
    return e == end ? nullptr : &*e;
}

// There is one in each race that goes on: whenever one fails, the next is begun at once.
race::entry* race::longest_trying() noexcept
{
    for (std::size_t i = 0; i != begun_; ++i)
        if (entries_[i].trying)
            return &entries_[i];
    std::abort();
}

void race::try_next(actions& out, time_point now) noexcept
{
    entry& e = entries_[begun_++];
    e.started = now;
    e.trying = true;
    next_start_ = now + rules_.stagger;
    out.push(connect{e.index});
}

void race::arm(actions& out) noexcept
{
    time_point at = longest_trying()->started + rules_.timeout;
    if (begun_ != count_)
        at = std::min(at, next_start_);
    if (at != armed_at_)
        out.push(arm_timer{armed_at_ = at});
}

void race::drop(actions& out, entry& e, error_code why, time_point now) noexcept
{
    e.trying = false;
    out.push(report{e.index, why, now - e.started});
    if (begun_ != count_)
        try_next(out, now);
    else if (std::none_of(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count_),
                          [](const entry& x) { return x.trying; }))
    {
        state_ = state::lost;
        out.push(lose{why});
        return;
    }
    arm(out);
}
}

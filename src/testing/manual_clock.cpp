// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/manual_clock.hpp>

#include <algorithm>
#include <stdexcept>

namespace holdfast::testing
{
manual_clock::manual_clock(time_point begin) noexcept : now_(begin.time_since_epoch().count()) {}

manual_clock::~manual_clock()
{
    drop_all();
}

time_point manual_clock::now() const noexcept
{
    return time_point{duration{now_.load()}};
}

time_point manual_clock::next() const noexcept
{
    const std::lock_guard lock(mutex_);
    return earliest();
}

void manual_clock::advance(duration d)
{
    const time_point end = now() + d;
    while (next() <= end)
        move_to(next());
    move_to(end);
}

void manual_clock::advance(duration d, asio::io_context& context)
{
    const time_point end = now() + d;
    settle(context);
    while (next() <= end)
    {
        move_to(next());
        settle(context);
    }
    move_to(end);
}

bool manual_clock::advance_to_next(asio::io_context& context)
{
    settle(context);
    const time_point at = next();
    if (at == time_point::max())
        return false;
    move_to(at);
    settle(context);
    return true;
}

void manual_clock::move_to(time_point at) noexcept
{
    // A timer that was armed in the past is due now: time does not go back for it.
    now_.store(std::max(now(), at).time_since_epoch().count());
    expire_due(now());
}

void manual_clock::settle(asio::io_context& context)
{
    std::size_t handlers = 0;
    do
    {
        if (context.stopped()) // it had run out of work
            context.restart();
        while (context.poll_one() != 0)
            if (++handlers > handlers_max)
                throw std::runtime_error("manual_clock: the context does not come to rest");
        if (next() > now())
            return;
        expire_due(now());
    } while (true);
}
}

// SPDX-License-Identifier: BSL-1.0
#include "unit/core/machine_room.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace holdfast::core
{
const error_code cancelled_wait =
    make_error_code(boost::system::errc::operation_canceled); // as Asio's, without its header
const error_code last_failure = make_error_code(boost::system::errc::connection_refused);

machine_room::machine_room()
{
    for (auto* all : {&connects_, &stops_})
        for (auto& c : *all)
            c = new caller;
}

void machine_room::fill(const callers& from)
{
    clear(connects_);
    clear(stops_);
    for (std::size_t i = 0; i != from.waiting(); ++i)
    {
        connects_.at(i)->failures_left = from.connects.at(i);
        lists_.connects.add(*connects_.at(i));
    }
    for (std::size_t i = 0; i != from.stops; ++i)
        lists_.stops.add(*stops_.at(i));
}

void machine_room::hear(happening h, client_machine::wait_answer answer)
{
    if (comes_to_wait(h))
        receive(answer);
    else if (h == happening::first_wait_ends)
        leave(*connects_[0], cancelled_wait);
    else if (h == happening::second_wait_ends)
        leave(*connects_[1], cancelled_wait);
    else if (h == happening::stop_wait_ends)
        leave(*stops_[0], cancelled_wait);
}

/// As the driver answers a new waiter.
void machine_room::receive(client_machine::wait_answer answer)
{
    const auto newcomer = std::find_if(connects_.rbegin(), connects_.rend(),
                                       [](const auto& c) { return c->listed(); });
    switch (answer)
    {
    case client_machine::wait_answer::keep:
        return;
    case client_machine::wait_answer::serve:
        return leave(**newcomer, {});
    case client_machine::wait_answer::stopped:
        return leave(**newcomer, errc::stopped);
    case client_machine::wait_answer::gave_up:
        return leave(**newcomer, last_failure);
    }
}

void machine_room::perform(const fail_waiters& a)
{
    switch (a.why)
    {
    case fail_waiters::reason::stopped:
        return lists_.connects.complete_all(errc::stopped);
    case fail_waiters::reason::gave_up:
        return lists_.connects.complete_all(last_failure);
    case fail_waiters::reason::destroyed:
        return lists_.connects.complete_all(cancelled_wait);
    }
}

void machine_room::perform(const finish_stops& a)
{
    switch (a.how)
    {
    case finish_stops::result::done:
        return lists_.stops.complete_all({});
    case finish_stops::result::forced:
        return lists_.stops.complete_all(errc::forced);
    case finish_stops::result::destroyed:
        return lists_.stops.complete_all(cancelled_wait);
    }
}

callers machine_room::rest() const
{
    callers result;
    std::size_t place = 0;
    for (const auto& c : connects_)
        if (c->listed())
            result.connects.at(place++) = static_cast<std::uint8_t>(c->failures_left);
    for (const auto& c : stops_)
        result.stops = static_cast<std::uint8_t>(result.stops + c->listed());
    return result;
}

void machine_room::clear(const seats& all)
{
    for (const auto& c : all)
    {
        detail::waiter_list::remove(*c);
        c->heard = {};
        c->failures_left = 0;
    }
}

void machine_room::leave(caller& c, error_code why)
{
    if (detail::waiter_list::remove(c))
        c.complete(why);
}
}

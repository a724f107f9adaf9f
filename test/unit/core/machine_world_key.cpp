// SPDX-License-Identifier: BSL-1.0
#include "unit/core/machine_world.hpp"

#include <cstdlib>

namespace holdfast::core
{
namespace
{
/// Puts numbers side by side into one.
class packer
{
public:
    packer& add(std::uint64_t value, unsigned bits) noexcept
    {
        if (value >> bits != 0)
            std::abort(); // a key that mixes things up would hide what it is there to show
        code_ = (code_ << bits) | value;
        used_ += bits;
        if (used_ > 64)
            std::abort();
        return *this;
    }
    packer& add(bool value) noexcept { return add(value ? 1U : 0U, 1); }
    std::uint64_t code() const noexcept { return code_; }

private:
    std::uint64_t code_ = 0;
    unsigned used_ = 0;
};

std::uint64_t capped(std::uint32_t n)
{
    return std::min(n, 3U);
}

/// None, the first, or a later one: whether there is an old one, and one before that.
template <class Id>
std::uint64_t rank(Id id)
{
    return std::min(static_cast<std::uint32_t>(id), 2U);
}

std::uint64_t class_of(duration d)
{
    return d == duration::zero() ? 0 : d == usual_delay ? 1 : 2;
}

/// How many of the lengths that anything is compared with have passed between the two.
std::uint64_t age_at(time_point at, time_point since, const world& w)
{
    if (!has_an_age(w.state()))
        return 0;
    const auto age = at - since;
    return static_cast<std::uint64_t>((age >= w.rules->delay_floor) + (age >= usual_delay) +
                                      (age >= w.rules->stable_after));
}

void add_machine(packer& key, const world& w)
{
    const machine_contents m(w.machine);
    key.add(static_cast<std::uint64_t>(m.state), 4)
        .add(m.in_flight)
        .add(m.armed)
        .add(m.aborted)
        .add(m.hurry)
        .add(capped(m.failures), 2)
        .add(capped(m.setbacks), 2)
        .add(age_at(w.now, m.since, w), 2)
        .add(w.armed ? age_at(std::max(w.now, w.due), m.since, w) : 0, 2)
        .add(class_of(m.delay), 2)
        .add(m.last_attempt == w.begun)
        .add(m.last_timer == w.timer)
        .add(m.armed && m.deadline == w.due)
        .add(m.state == state::dialling && m.deadline < w.now + w.rules->prepare_timeout);
}
}

std::uint64_t key_of(const world& w) noexcept
{
    packer key;
    add_machine(key, w);
    key.add(rank(w.begun), 2).add(rank(w.timer), 2);
    for (const bool fact : {w.made, w.prepare_asked, w.used, w.cancelled, w.closed, w.aborted})
        key.add(w.live && fact);
    for (const bool fact : {w.live, w.armed, w.current, w.policy_asked, w.hurried, w.destroyed})
        key.add(fact);
    key.add(class_of(w.delay), 2);
    for (const auto left : w.waiters.connects)
        key.add(left == callers::nobody ? 7 : left, 3);
    return key.add(w.waiters.stops, 2).code();
}
}

// SPDX-License-Identifier: BSL-1.0
#include "simulation/world.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <stdexcept>

namespace simulation
{
namespace
{
/// How many services live at once, at most.
constexpr std::size_t alive_max = 6;

template <std::size_t N>
unsigned draw(source& chance, const std::array<unsigned, N>& from)
{
    return chance.pick(from);
}
}

temper::temper(source& chance)
    : reentry(draw(chance, std::array{0U, 2U, 5U, 15U}))
    , throws(draw(chance, std::array{0U, 1U, 3U, 10U}))
    , faults(draw(chance, std::array{0U, 20U, 50U, 80U}))
    , stubborn(draw(chance, std::array{0U, 10U, 50U}))
    , clinging(draw(chance, std::array{0U, 10U, 40U}))
    , users(draw(chance, std::array{5U, 15U, 30U}))
    , peers(draw(chance, std::array{2U, 10U, 20U}))
    , jumps(draw(chance, std::array{0U, 1U, 3U}))
{
}

world::world(std::uint64_t seed, bool verbose) : log(verbose), chance(seed), mood(chance) {}

world::~world() = default;

void world::may_throw(const subject& s)
{
    if (calm || !chance.chance(mood.throws))
        return;
    switch (chance.below(3))
    {
    case 0:
        note(s, "throws an exception");
        throw std::runtime_error("user code that throws");
    case 1:
        note(s, "throws an error code");
        throw boost::system::system_error(asio::error::access_denied);
    default:
        note(s, "throws a number");
        throw 42;
    }
}

void world::add()
{
    std::size_t alive = 0;
    for (const auto& s : subjects)
        alive += s->alive() ? 1 : 0;
    if (alive >= alive_max)
        return;
    const int number = static_cast<int>(subjects.size()) + 1;
    note_for(number, "make");
    subjects.push_back(make_subject(*this, number));
}

void world::act(subject& nearest)
{
    subject& s = chance.chance(80) ? nearest : *chance.pick(subjects);
    if (!s.alive())
        return;
    switch (chance.below(24))
    {
    case 0:
    case 1:
    case 2:
    case 3:
        return s.start();
    case 4:
    case 5:
        return s.stop();
    case 6:
    case 7:
        return s.async_stop();
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
        return s.async_wait();
    case 13:
    case 14:
        return s.cancel_some();
    case 15:
    case 16:
    case 17:
        return s.retry_now();
    case 18:
        return s.reset();
    case 19:
        if (chance.chance(40))
            s.destroy();
        return;
    case 20:
        return s.move();
    case 21:
        s.keep_current();
        return;
    case 22:
        if (!kept.empty())
            kept.pop_back();
        return;
    default:
        return add();
    }
}
}

// SPDX-License-Identifier: BSL-1.0
#include "simulation/network.hpp"

#include "simulation/invariants.hpp"
#include "simulation/world.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace simulation
{
using namespace std::chrono_literals;
using hf::testing::dial_step;

namespace
{
const std::array<error_code, 4> errors{asio::error::connection_refused,
                                       asio::error::connection_reset, asio::error::timed_out,
                                       asio::error::host_unreachable};
}

connection& network::draw(subject& owner)
{
    const model& m = owner.facts();
    if (!m.destroyed || !m.limits.thread_safe) // else its end is on its way to the strand
    {
        invariants::has_one_attempt(world_.log, m, dials(owner), open_streams(owner, false));
        invariants::calls_nothing_after_destruction(world_.log, m, invariants::origin::service,
                                                    "the endpoint");
    }

    source& chance = world_.chance;
    const bool faulty = !world_.calm && chance.chance(world_.mood.faults);
    if (faulty && m.limits.floored && chance.chance(10))
    {
        world_.note(owner, "endpoint throws");
        throw boost::system::system_error(asio::error::no_protocol_option);
    }

    auto& c = *connections_.emplace_back(std::make_unique<connection>());
    c.owner = &owner;
    c.number = ++last_;
    c.stubborn = faulty && chance.chance(world_.mood.stubborn);
    c.endpoint.emplace(
        {faulty ? step(c, m.limits.floored) : dial_step::succeed(1ms + chance.time(50ms))});
    if (!chance.chance(50))
    {
        world_.note(owner, "dial", c.number, c.stubborn ? "(stubborn)" : "");
        return c;
    }

    c.name = "host-" + std::to_string(c.number);
    world_.note(owner, "lookup and dial", c.number, c.stubborn ? "(stubborn)" : "");
    if (!faulty || chance.chance(60))
        world_.names.answer(c.name, {"192.0.2.1"});
    else if (!m.limits.floored || chance.chance(60))
        world_.names.hang(c.name);
    else
        world_.names.fail(c.name, asio::error::host_not_found);
    return c;
}

dial_step network::step(connection& c, bool floored)
{
    source& chance = world_.chance;
    dial_step step;
    switch (chance.below(4))
    {
    case 0:
        step = dial_step::succeed(chance.time(5s));
        break;
    case 1:
        step = dial_step::fail(chance.pick(errors), chance.time(5s));
        break;
    case 2:
        step = dial_step::fail(chance.pick(errors));
        break;
    default:
        step = dial_step::hang();
        break;
    }
    step.capacity = 1 + chance.below(64);
    if (!floored) // else nothing would keep it from dialling for ever in no time
        step.after = std::max<hf::duration>(step.after, 1ms);
    if (c.stubborn)
        step.when_cancelled =
            chance.chance(50) ? dial_step::cancelled::ignore : dial_step::cancelled::succeed;
    return step;
}

void network::act()
{
    if (connections_.empty())
        return;
    act_on(*world_.chance.pick(connections_));
}

void network::act_on(connection& c)
{
    if (c.looking_up)
    {
        for (const auto& lookup : world_.names.lookups())
            if (lookup.host() == c.name && lookup.succeed({"192.0.2.1"}))
                world_.note(*c.owner, "lookup answers", c.number);
        return;
    }
    if (!c.dial)
        return;
    if (c.dial->pending())
    {
        const bool good = world_.chance.chance(50);
        world_.note(*c.owner, good ? "dial connects" : "dial fails", c.number);
        static_cast<void>(good ? c.dial->succeed() : c.dial->fail(world_.chance.pick(errors)));
    }
    else if (c.connected())
        act_on_stream(c, c.dial->peer());
}

void network::act_on_stream(connection& c, hf::testing::memory_stream& peer)
{
    static constexpr std::string_view bytes = "the quick brown fox jumps over the lazy dog";
    source& chance = world_.chance;
    switch (chance.below(8))
    {
    case 0:
        world_.note(*c.owner, "peer closes", c.number);
        peer.give(bytes.substr(0, chance.below(bytes.size()))); // at any byte
        return peer.close();
    case 1:
        world_.note(*c.owner, "peer resets", c.number);
        peer.give(bytes.substr(0, chance.below(bytes.size())));
        return peer.reset();
    case 2:
        world_.note(*c.owner, "peer ends sending", c.number);
        return peer.shutdown_send();
    case 3:
    case 4:
        world_.note(*c.owner, "peer reads", c.number);
        static_cast<void>(peer.take());
        return;
    default:
        world_.note(*c.owner, "peer sends", c.number);
        peer.give(bytes.substr(0, 1 + chance.below(bytes.size() - 1)));
        return;
    }
}

void network::give_up()
{
    for (const auto& c : connections_)
    {
        if (c->looking_up)
            for (const auto& lookup : world_.names.lookups())
                if (lookup.host() == c->name)
                    lookup.fail(asio::error::host_not_found);
        if (c->dial && c->dial->pending())
            c->dial->fail(asio::error::timed_out);
    }
}

void network::sweep()
{
    std::erase_if(connections_,
                  [](const std::unique_ptr<connection>& c)
                  {
                      if (c->pending() || c->open())
                          return false;
                      return c->dial || !c->endpoint;
                  });
}

void network::abandon(const subject& owner)
{
    for (const auto& c : connections_)
        if (c->owner == &owner)
            c->abandoned = true;
}

std::size_t network::dials(const subject& owner, bool obedient) const
{
    return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                  [&](const std::unique_ptr<connection>& c)
                                                  {
                                                      return c->owner == &owner && c->pending() &&
                                                             !c->abandoned &&
                                                             !(obedient && c->stubborn);
                                                  }));
}

std::size_t network::open_streams(const subject& owner, bool abandoned) const
{
    return static_cast<std::size_t>(std::count_if(
        connections_.begin(), connections_.end(), [&](const std::unique_ptr<connection>& c)
        { return c->owner == &owner && c->open() && (abandoned || !c->abandoned); }));
}
}

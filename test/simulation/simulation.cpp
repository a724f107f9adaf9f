// SPDX-License-Identifier: BSL-1.0
#include "simulation/simulation.hpp"

#include "simulation/world.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace simulation
{
using namespace std::chrono_literals;

namespace
{
/// How many handlers may run while time stands still: a service that spins has more.
constexpr std::size_t handlers_max = 20'000;

/// Nothing that user code or the network does of itself takes longer.
constexpr hf::duration all_ends = 2min;

class simulation
{
public:
    explicit simulation(const run_options& o) : options_(o), world_(o.seed, o.verbose) {}

    run_result run()
    {
        if (options_.begun)
            options_.begun(&world_.log);
        be_wild();
        heal();
        end();
        if (options_.begun)
            options_.begun(nullptr);
        clear(); // which a violation may well keep from going well
        return {world_.log.first_violation(), world_.log.digest(), world_.log.size()};
    }

private:
    bool broken() const { return world_.log.first_violation().has_value(); }

    // How things happen

    bool handle_one()
    {
        if (world_.context.stopped())
            world_.context.restart();
        if (world_.context.poll_one() == 0)
            return false;
        settle();
        return true;
    }

    /// A timer that is due now, because it was armed for no time at all.
    bool expire_one()
    {
        if (world_.clock.next() > world_.clock.now())
            return false;
        world_.clock.advance(0s);
        return true;
    }

    /// No user code runs any more.
    void settle()
    {
        for (const auto& s : world_.subjects)
            s->handled();
    }

    /// Runs all that is ready, and looks at what has come of it.
    void rest()
    {
        for (std::size_t handlers = 0; !broken() && (handle_one() || expire_one()); ++handlers)
            if (handlers == handlers_max)
                return world_.log.violated(0, "comes_to_rest",
                                           std::to_string(handlers_max) +
                                               " handlers ran while time stood still");
        if (broken())
            return;
        for (const auto& s : world_.subjects)
            s->at_rest();
        world_.net.sweep();
    }

    /// Lets time pass, to the next timer or less, with everybody told in time.
    void tick(hf::duration most)
    {
        rest();
        const auto next = world_.clock.next() - world_.clock.now();
        world_.clock.advance(std::clamp(next, hf::duration::zero(), most));
    }

    /// Lets time pass, and nobody is told in time: what hangs the whole program.
    void jump(hf::duration d)
    {
        world_.note_for(0, "clock jumps");
        world_.skipped += d;
        world_.clock.advance(d);
    }

    void pass(hf::duration d)
    {
        for (const auto end = world_.clock.now() + d; !broken() && world_.clock.now() < end;)
            tick(end - world_.clock.now());
        rest();
    }

    // The three parts of a run

    void be_wild()
    {
        source& chance = world_.chance;
        for (std::size_t services = 1 + chance.below(4); services != 0; --services)
            world_.add();
        for (std::size_t step = 0; step < options_.steps && !broken(); ++step)
        {
            if (chance.chance(world_.mood.users))
                world_.act(*chance.pick(world_.subjects));
            else if (chance.chance(world_.mood.peers))
                world_.net.act();
            else if (chance.chance(world_.mood.jumps))
                jump(chance.time(chance.chance(50) ? hf::duration(10s) : hf::duration(1h)));
            else if (chance.chance(50))
                handle_one();
            else
                tick(chance.time(30s));
            settle();
        }
        rest();
    }

    /// A started service whose network is healed connects within a bounded time.
    void heal()
    {
        if (broken())
            return;
        world_.note_for(0, "all is well again");
        world_.calm = true;
        std::vector<std::size_t> connects;
        for (const auto& s : world_.subjects)
        {
            connects.push_back(s->facts().connects);
            if (!s->alive())
                continue;
            s->start();
            s->retry_now(); // delays may be a day long
        }
        settle();
        rest();
        // An attempt that fails, then its end, the longest delay, and one that succeeds.
        const auto connected = [&]
        {
            for (std::size_t i = 0; i < connects.size(); ++i)
                if (const subject& s = *world_.subjects[i]; s.alive() &&
                                                            s.state() != service_state::connected &&
                                                            s.facts().connects == connects[i])
                    return false;
            return true;
        };
        for (const auto end = world_.clock.now() + 60s;
             !broken() && !connected() && world_.clock.now() < end;)
            tick(1s);
        if (!broken() && !connected())
            for (const auto& s : world_.subjects)
                if (s->alive() && s->state() != service_state::connected)
                    world_.log.violated(s->facts().number, "connects_when_all_is_well",
                                        "it is " + std::string(to_string(s->state())) +
                                            " a minute after the network was healed");
    }

    void end()
    {
        if (broken())
            return;
        world_.note_for(0, "the end");
        for (const auto& s : world_.subjects)
        {
            if (!s->alive())
                continue;
            if (world_.chance.chance(50))
                s->async_stop();
            if (world_.chance.chance(50))
                pass(world_.chance.time(20s));
            s->destroy();
        }
        rest();
        world_.net.give_up();
        pass(all_ends);
        world_.kept.clear();
        rest();
        if (!broken())
            leaves_the_world_empty();
    }

    void leaves_the_world_empty()
    {
        const auto left = [this, name = __func__](bool is, const std::string& what)
        {
            if (is)
                world_.log.violated(0, name, what);
        };
        for (const auto& s : world_.subjects)
            s->ended();
        left(world_.clock.armed() != 0,
             std::to_string(world_.clock.armed()) + " timers are armed, the next for " +
                 std::to_string((world_.clock.next() - world_.clock.now()) / 1ms) + " ms");
        left(world_.objects != 0, std::to_string(world_.objects) + " objects live");
        left(world_.names.pending_lookups() != 0, "lookups go on");
        left(!world_.net.empty(), "connections or dials are left");
        left(!world_.context.stopped(), "the context has work");
    }

    /// Ends what a violation has left.
    void clear()
    {
        world_.calm = true;
        for (const auto& s : world_.subjects)
            if (s->alive())
                s->destroy();
    }

    run_options options_;
    world world_;
};
}

run_result run(const run_options& o)
{
    return simulation(o).run();
}
}

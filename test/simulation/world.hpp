// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_WORLD_HPP
#define HOLDFAST_TEST_SIMULATION_WORLD_HPP

#include "simulation/journal.hpp"
#include "simulation/model.hpp"
#include "simulation/network.hpp"
#include "simulation/source.hpp"
#include "simulation/subject.hpp"

#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_resolver.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace simulation
{
/// How likely things are, in percent: drawn anew for each run, so that each is wild in its own way.
struct temper
{
    explicit temper(source& chance);

    unsigned reentry;  ///< User code calls a service back.
    unsigned throws;   ///< User code throws.
    unsigned faults;   ///< A dial has a fault.
    unsigned stubborn; ///< A faulty dial heeds no cancellation.
    unsigned clinging; ///< A protocol does not end when told to.
    unsigned users;    ///< A step is a user's.
    unsigned peers;    ///< A step is the network's.
    unsigned jumps;    ///< A step is a jump of the clock.
};

/// Everything of one run.
class world
{
public:
    world(std::uint64_t seed, bool verbose);
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world();

    moment now() const noexcept { return {clock.now(), skipped}; }

    void note(const subject& s, std::string_view what, std::int64_t number = 0,
              std::string_view detail = {})
    {
        note_for(s.facts().number, what, number, detail);
    }
    void note_for(int service, std::string_view what, std::int64_t number = 0,
                  std::string_view detail = {})
    {
        log.set_time(clock.now());
        log.note(service, what, number, detail);
    }

    /// Throws, perhaps, what user code might.
    void may_throw(const subject& s);

    /// A user does something, mostly to `s`.
    void act(subject& s);

    /// A user makes one service more.
    void add();

    hf::testing::manual_clock clock;
    hf::testing::scripted_resolver names;
    journal log;
    source chance;
    const temper mood;
    network net{*this};
    std::vector<std::unique_ptr<subject>> subjects; // destroyed ones stay
    std::vector<std::shared_ptr<void>> kept;        // protocols that users hold on to
    hf::duration skipped{};
    bool calm = false;        ///< Nothing goes wrong any more, and users are content.
    int nesting = 0;          ///< How deep user code is within user code.
    std::int64_t objects = 0; ///< Objects of user code that live.

    asio::io_context context; // destroyed first, while all that its handlers know is there
    asio::strand<asio::io_context::executor_type> strand{asio::make_strand(context)};
};

/// A member of whatever user code owns: the world knows how many live.
class counted
{
public:
    explicit counted(world& w) noexcept : world_(&w) { ++w.objects; }
    counted(const counted& other) noexcept : counted(*other.world_) {}
    counted& operator=(const counted&) = delete;
    ~counted() { --world_->objects; }

private:
    world* world_;
};
}

#endif

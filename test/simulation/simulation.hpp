// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_SIMULATION_HPP
#define HOLDFAST_TEST_SIMULATION_SIMULATION_HPP

#include "simulation/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace simulation
{
/// One run: a world drawn from a seed.
struct run_options
{
    std::uint64_t seed = 1;
    std::size_t steps = 600;
    bool verbose = false; ///< Prints all that happens.

    /// Called with the journal before anything happens: for whoever must print it on a crash.
    std::function<void(const journal*)> begun = {};
};

/// What a run came to.
struct run_result
{
    std::optional<violation> broken; ///< The first invariant that did not hold.
    std::uint64_t digest = 0;        ///< Of all that happened.
    std::size_t happened = 0;        ///< How much that was.
};

/// Runs one world: first all goes wrong that can, then the network is healed and all must connect,
/// then everything is ended, and nothing may be left. The same options give the same result.
run_result run(const run_options& o);
}

#endif

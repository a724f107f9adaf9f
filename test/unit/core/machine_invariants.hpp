// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_CORE_MACHINE_INVARIANTS_HPP
#define HOLDFAST_TEST_UNIT_CORE_MACHINE_INVARIANTS_HPP

#include "unit/core/machine_world.hpp"

#include <span>

namespace holdfast::core
{
/// Something that is true of every step, whatever came before it.
struct invariant
{
    const char* name;
    bool (*holds)(const step&);
};

#define HOLDFAST_INVARIANT(name)                                                                   \
    invariant                                                                                      \
    {                                                                                              \
        #name, name                                                                                \
    }

/// Of attempts, connections, time and states.
std::span<const invariant> invariants_of_the_machine() noexcept;

/// Of those who wait, of what is counted and remembered, and of what an observer is told.
std::span<const invariant> invariants_of_accounts() noexcept;

/// The first one that a step breaks; null where all hold.
const invariant* broken_by(const step& s);
}

#endif

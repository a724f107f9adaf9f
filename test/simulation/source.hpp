// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_SOURCE_HPP
#define HOLDFAST_TEST_SIMULATION_SOURCE_HPP

#include <holdfast/retry/random.hpp>
#include <holdfast/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace simulation
{
/// Where all chance of one run comes from: with the same seed it gives the same run.
class source
{
public:
    explicit source(std::uint64_t seed) noexcept : bits_(seed) {}

    /// From 0 up to, but never, `n`.
    std::size_t below(std::size_t n) noexcept { return static_cast<std::size_t>(bits_() % n); }

    /// True in `percent` of a hundred cases.
    bool chance(unsigned percent) noexcept { return below(100) < percent; }

    /// One of the elements, which must be some.
    template <class List>
    auto& pick(List& list) noexcept
    {
        return list[below(std::size(list))];
    }

    /// Nothing, a moment, or any time up to `most`.
    holdfast::duration time(holdfast::duration most) noexcept
    {
        using namespace std::chrono_literals;
        switch (below(8))
        {
        case 0:
            return 0s;
        case 1:
            return 1ns;
        default: // whole milliseconds: so that some things come at the same moment
            return 1ms * static_cast<std::int64_t>(below(static_cast<std::size_t>(most / 1ms) + 1));
        }
    }

    holdfast::retry::random fork() noexcept { return holdfast::retry::random(bits_()); }

private:
    holdfast::retry::random bits_;
};
}

#endif

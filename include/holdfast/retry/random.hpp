// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_RANDOM_HPP
#define HOLDFAST_RETRY_RANDOM_HPP

#include <cstdint>
#include <limits>

namespace holdfast::retry
{
/// A random generator of eight bytes (SplitMix64): one per service, given to policies as an
/// argument.
///
/// It satisfies `std::uniform_random_bit_generator`. Neighbouring seeds give unrelated sequences,
/// but equal seeds give equal ones, so whoever owns it seeds it from the entropy of the system,
/// never from a clock; a test gives the seed it likes. There is no default constructor, lest all be
/// alike.
///
/// Not for secrets: its output tells its state.
class random
{
public:
    using result_type = std::uint64_t;

    explicit constexpr random(std::uint64_t seed) noexcept : state_(seed) {}

    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

    /// The next 64 bits.
    constexpr result_type operator()() noexcept
    {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    /// A number from 0 up to, but never, 1; all 53 bits of a `double` are random.
    constexpr double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

private:
    std::uint64_t state_;
};
}

#endif

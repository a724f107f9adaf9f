// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_FUZZ_BYTES_HPP
#define HOLDFAST_FUZZ_BYTES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fuzz
{
/// Takes an input apart from its begin. When nothing is left it gives zeros.
class bytes
{
public:
    bytes(const std::uint8_t* data, std::size_t size)
        : rest_(reinterpret_cast<const char*>(data), size)
    {
    }

    bool empty() const { return rest_.empty(); }

    std::uint8_t byte()
    {
        return rest_.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(take(1).front());
    }

    std::uint64_t number()
    {
        std::uint64_t n = 0;
        for (const char c : take(8))
            n = n << 8 | static_cast<std::uint8_t>(c);
        return n;
    }

    /// One of `choices`.
    template <class T, std::size_t N>
    const T& one_of(const T (&choices)[N])
    {
        return choices[byte() % N];
    }

    std::string_view take(std::size_t size)
    {
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    /// Up to the next zero byte, which is taken too.
    std::string_view text()
    {
        const auto taken = take(std::min(rest_.find('\0'), rest_.size()));
        take(1);
        return taken;
    }

    std::string_view rest() { return take(rest_.size()); }

private:
    std::string_view rest_;
};
}

#endif

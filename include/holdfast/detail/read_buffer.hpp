// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_READ_BUFFER_HPP
#define HOLDFAST_DETAIL_READ_BUFFER_HPP

#include <cstddef>
#include <cstdint>
#include <new>

namespace holdfast::detail
{
/// What a connection reads into: a few bytes of its own while little comes, memory from the heap
/// while more does, in two steps.
class read_buffer
{
public:
    static constexpr std::size_t small_size = 32;
    static constexpr std::size_t medium_size = 2048;
    static constexpr std::size_t large_size = 65536;

    read_buffer() noexcept {} // what it holds is first written by a read
    read_buffer(const read_buffer&) = delete;
    read_buffer& operator=(const read_buffer&) = delete;
    ~read_buffer() { shrink(); }

    char* data() noexcept { return step_ == step::small ? small_ : grown_; }
    std::size_t size() const noexcept { return size_of(step_); }

    /// Chooses the size for the next read by what the last one brought: larger if it was filled,
    /// smaller if that would have fitted into less. What it held is gone.
    void fit(std::size_t last) noexcept
    {
        const auto wanted = last < small_size    ? step::small
                            : last < medium_size ? step::medium
                                                 : step::large;
        if (wanted == step_)
            return;
        shrink();
        if (wanted == step::small)
            return;
        char* const grown = new (std::nothrow) char[size_of(wanted)];
        if (grown == nullptr) // then it is only slower
            return;
        grown_ = grown;
        step_ = wanted;
    }

private:
    enum class step : std::uint8_t
    {
        small,
        medium,
        large,
    };

    static constexpr std::size_t size_of(step s) noexcept
    {
        return s == step::small ? small_size : s == step::medium ? medium_size : large_size;
    }

    void shrink() noexcept
    {
        if (step_ != step::small)
            delete[] grown_;
        step_ = step::small;
    }

    union
    {
        char small_[small_size];
        char* grown_; // once it has left the first step
    };
    step step_ = step::small;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_OWNED_DESCRIPTOR_HPP
#define HOLDFAST_ENDPOINTS_OWNED_DESCRIPTOR_HPP

#include <utility>

namespace holdfast
{
/// A descriptor of the system that is closed with its owner.
class owned_descriptor
{
public:
    owned_descriptor() noexcept = default;

    /// Owns `number`; a negative one is none.
    explicit owned_descriptor(int number) noexcept : number_(number) {}

    owned_descriptor(owned_descriptor&& other) noexcept : number_(other.release()) {}
    owned_descriptor& operator=(owned_descriptor&& other) noexcept
    {
        if (this != &other)
        {
            reset();
            number_ = other.release();
        }
        return *this;
    }

    ~owned_descriptor() { reset(); }

    /// Whether there is one.
    explicit operator bool() const noexcept { return number_ >= 0; }

    /// Its number; -1 if there is none.
    int get() const noexcept { return number_; }

    /// Gives it up, without closing it.
    [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

    /// Closes it.
    void reset() noexcept;

private:
    int number_ = -1;
};
}

#endif

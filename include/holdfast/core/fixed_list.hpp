// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CORE_FIXED_LIST_HPP
#define HOLDFAST_CORE_FIXED_LIST_HPP

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <type_traits>

namespace holdfast::core
{
/// A list with room for `Capacity` elements inside itself: it never allocates.
template <class T, std::size_t Capacity>
class fixed_list
{
    static_assert(std::is_trivially_copyable_v<T>, "it copies its elements as they are");

public:
    fixed_list() noexcept {} // the elements are made when they are pushed

    fixed_list(std::initializer_list<T> elements) noexcept
    {
        for (const auto& e : elements)
            push(e);
    }

    /// Appends. More than `Capacity` elements are a defect of the caller.
    void push(const T& element) noexcept
    {
        assert(size_ < Capacity);
        std::construct_at(elements_ + size_++, element);
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const T* begin() const noexcept { return elements_; }
    const T* end() const noexcept { return elements_ + size_; }

    bool operator==(const fixed_list& other) const
    {
        return std::equal(begin(), end(), other.begin(), other.end());
    }

private:
    std::size_t size_ = 0;
    union
    {
        T elements_[Capacity];
    };
};
}

#endif

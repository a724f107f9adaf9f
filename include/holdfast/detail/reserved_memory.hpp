// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_RESERVED_MEMORY_HPP
#define HOLDFAST_DETAIL_RESERVED_MEMORY_HPP

#include <atomic>
#include <cstddef>
#include <new>

namespace holdfast::detail
{
/// Room for one small operation, kept by the object that starts it, so that starting it cannot fail
/// for want of memory. What does not fit, or comes while the room is taken, goes to the heap.
template <std::size_t Size>
class reserved_memory
{
public:
    reserved_memory() = default;
    reserved_memory(const reserved_memory&) = delete;
    reserved_memory& operator=(const reserved_memory&) = delete;

    void* allocate(std::size_t size)
    {
        if (size > Size || taken_.exchange(true, std::memory_order_acquire))
            return ::operator new(size);
        return room_;
    }

    void deallocate(void* p) noexcept
    {
        if (p == room_)
            taken_.store(false, std::memory_order_release);
        else
            ::operator delete(p);
    }

private:
    alignas(std::max_align_t) std::byte room_[Size];
    std::atomic<bool> taken_ = false; // an operation may end on another thread than began it
};

/// The allocator that an operation is given to use a `reserved_memory`.
template <class T, std::size_t Size>
class reserved_allocator
{
public:
    using value_type = T;
    template <class U>
    struct rebind
    {
        using other = reserved_allocator<U, Size>;
    };

    explicit reserved_allocator(reserved_memory<Size>& memory) noexcept : memory_(&memory) {}

    template <class U>
    reserved_allocator(const reserved_allocator<U, Size>& other) noexcept : memory_(other.memory_)
    {
    }

    T* allocate(std::size_t n) { return static_cast<T*>(memory_->allocate(n * sizeof(T))); }
    void deallocate(T* p, std::size_t) noexcept { memory_->deallocate(p); }

    template <class U>
    bool operator==(const reserved_allocator<U, Size>& other) const noexcept
    {
        return memory_ == other.memory_;
    }

private:
    template <class, std::size_t>
    friend class reserved_allocator;

    reserved_memory<Size>* memory_;
};
}

#endif

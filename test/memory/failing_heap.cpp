// SPDX-License-Identifier: BSL-1.0
#include "memory/failing_heap.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace
{
std::atomic<long> left{-1}; // how many succeed until one fails; below zero: all do
std::atomic<bool> everywhere{false};
std::atomic<bool> has_failed{false};
std::atomic<long> live{0};
thread_local bool watched = false;
thread_local int spares = 0;

bool fails() noexcept
{
    if (spares != 0 || !(watched || everywhere.load(std::memory_order_relaxed)))
        return false;
    if (left.load(std::memory_order_relaxed) < 0 || left.fetch_sub(1) != 0)
        return false;
    has_failed = true;
    return true;
}

void* take(std::size_t size) noexcept
{
    void* const p = fails() ? nullptr : std::malloc(size != 0 ? size : 1);
    if (p != nullptr)
        live.fetch_add(1, std::memory_order_relaxed);
    return p;
}

void give_back(void* p) noexcept
{
    if (p == nullptr)
        return;
    live.fetch_sub(1, std::memory_order_relaxed);
    std::free(p);
}
}

memory::failing_heap::failing_heap(long n, whose w) noexcept
{
    has_failed = false;
    watched = true;
    everywhere = w == whose::everybody;
    left = n;
}

memory::failing_heap::~failing_heap()
{
    left = -1;
    everywhere = false;
    watched = false;
}

bool memory::failing_heap::failed() const noexcept
{
    return has_failed;
}

memory::spared::spared() noexcept
{
    ++spares;
}

memory::spared::~spared()
{
    --spares;
}

long memory::blocks() noexcept
{
    return live.load(std::memory_order_relaxed);
}

// The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C"
{
    void* __real_aligned_alloc(std::size_t alignment, std::size_t size);

    void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size)
    {
        return fails() ? nullptr : __real_aligned_alloc(alignment, size);
    }
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

void* operator new(std::size_t size)
{
    if (void* const p = take(size))
        return p;
    throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    return take(size);
}

void* operator new[](std::size_t size)
{
    return operator new(size);
}

void* operator new[](std::size_t size, const std::nothrow_t&) noexcept
{
    return take(size);
}

void operator delete(void* p) noexcept
{
    give_back(p);
}

void operator delete(void* p, std::size_t) noexcept
{
    give_back(p);
}

void operator delete(void* p, const std::nothrow_t&) noexcept
{
    give_back(p);
}

void operator delete[](void* p) noexcept
{
    give_back(p);
}

void operator delete[](void* p, std::size_t) noexcept
{
    give_back(p);
}

void operator delete[](void* p, const std::nothrow_t&) noexcept
{
    give_back(p);
}

// SPDX-License-Identifier: BSL-1.0
// Takes the place of every way by which C++ and Asio come by memory, and counts.
#include "allocations.hpp"

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace
{
long count = 0;

void* counted(std::size_t alignment, std::size_t size)
{
    ++count;
    if (void* p = ::memalign(alignment, size))
        return p;
    throw std::bad_alloc();
}
}

long bench::allocations() noexcept
{
    return count;
}

// Asio takes its handlers' memory from here, past operator new.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size)
{
    ++count;
    return ::memalign(alignment, size);
}

void* operator new(std::size_t size)
{
    return counted(__STDCPP_DEFAULT_NEW_ALIGNMENT__, size);
}

void* operator new(std::size_t size, std::align_val_t alignment)
{
    return counted(static_cast<std::size_t>(alignment), size);
}

void operator delete(void* p) noexcept
{
    std::free(p);
}

void operator delete(void* p, std::size_t) noexcept
{
    std::free(p);
}

void operator delete(void* p, std::align_val_t) noexcept
{
    std::free(p);
}

void operator delete(void* p, std::size_t, std::align_val_t) noexcept
{
    std::free(p);
}

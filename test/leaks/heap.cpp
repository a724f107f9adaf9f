// SPDX-License-Identifier: BSL-1.0
#include "leaks/heap.hpp"

#include <atomic>
#include <cstddef>

// Asio takes the memory of its handlers past operator new, so what is watched lies below both. With
// a sanitizer that is done by its own hooks, else by taking the place of the C library's functions.

namespace
{
std::atomic<long> live_blocks{0}; // the resolver's threads allocate too
std::atomic<long> live_bytes{0};

void count(long more_blocks, std::size_t size) noexcept
{
    live_blocks.fetch_add(more_blocks, std::memory_order_relaxed);
    live_bytes.fetch_add(more_blocks * static_cast<long>(size), std::memory_order_relaxed);
}
}

leaks::heap leaks::heap::now() noexcept
{
    return {.blocks = live_blocks.load(), .bytes = live_bytes.load()};
}

#if defined(LEAKS_SANITIZED)

#include <sanitizer/allocator_interface.h>

namespace
{
[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) { count(1, size); },
    [](const volatile void* p)
    {
        if (p != nullptr)
            count(-1, __sanitizer_get_allocated_size(const_cast<const void*>(p)));
    });
}

#else

#include <cerrno>
#include <malloc.h>

extern "C"
{
    void* __libc_malloc(std::size_t size);
    void* __libc_calloc(std::size_t count, std::size_t size);
    void* __libc_realloc(void* p, std::size_t size);
    void* __libc_memalign(std::size_t alignment, std::size_t size);
    void __libc_free(void* p);
}

namespace
{
void* counted(void* p) noexcept
{
    if (p != nullptr)
        count(1, ::malloc_usable_size(p));
    return p;
}
}

extern "C"
{
    void* malloc(std::size_t size) noexcept
    {
        return counted(__libc_malloc(size));
    }

    void* calloc(std::size_t n, std::size_t size) noexcept
    {
        return counted(__libc_calloc(n, size));
    }

    void* memalign(std::size_t alignment, std::size_t size) noexcept
    {
        return counted(__libc_memalign(alignment, size));
    }

    void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
    {
        return memalign(alignment, size);
    }

    int posix_memalign(void** p, std::size_t alignment, std::size_t size) noexcept
    {
        *p = memalign(alignment, size);
        return *p != nullptr ? 0 : ENOMEM;
    }

    void* realloc(void* p, std::size_t size) noexcept
    {
        const std::size_t before = p != nullptr ? ::malloc_usable_size(p) : 0;
        void* const moved = __libc_realloc(p, size);
        if (p != nullptr && (moved != nullptr || size == 0))
            count(-1, before);
        return counted(moved);
    }

    void free(void* p) noexcept
    {
        if (p == nullptr)
            return;
        count(-1, ::malloc_usable_size(p));
        __libc_free(p);
    }
}

#endif

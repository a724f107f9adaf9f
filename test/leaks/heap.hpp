// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_LEAKS_HEAP_HPP
#define HOLDFAST_TEST_LEAKS_HEAP_HPP

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LEAKS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LEAKS_SANITIZED
#endif
#endif

namespace leaks
{
/// What this process has allocated and not freed, by whatever way: new, malloc, Asio's own.
struct heap
{
    long blocks = 0;
    long bytes = 0; ///< As many as the blocks have room for.

    static heap now() noexcept;
};
}

#endif

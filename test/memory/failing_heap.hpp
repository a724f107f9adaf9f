// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_MEMORY_FAILING_HEAP_HPP
#define HOLDFAST_TEST_MEMORY_FAILING_HEAP_HPP

namespace memory
{
/// Whose allocations fail.
enum class whose
{
    this_thread,
    everybody, ///< The threads of lookups too.
};

/// Has one allocation fail: the one after `n` others, by whatever way, new or Asio's own. Counting
/// goes on while it lives, and stands still within a `spared`.
class failing_heap
{
public:
    explicit failing_heap(long n, whose w = whose::this_thread) noexcept;
    ~failing_heap();
    failing_heap(const failing_heap&) = delete;
    failing_heap& operator=(const failing_heap&) = delete;

    /// Whether it has failed.
    bool failed() const noexcept;
};

/// While it lives no allocation of this thread fails: the test's own.
class spared
{
public:
    spared() noexcept;
    ~spared();
    spared(const spared&) = delete;
    spared& operator=(const spared&) = delete;
};

/// How many blocks of `new` there are.
long blocks() noexcept;
}

#endif

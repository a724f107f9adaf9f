// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/reserved_post.hpp>

#include <atomic>
#include <mutex>

namespace holdfast::detail
{
struct serial_executor::shared
{
    explicit shared(const asio::any_io_executor& e) : below(e) {}

    void begin_work() noexcept
    {
        const std::lock_guard lock(mutex);
        if (working++ == 0)
            work = asio::prefer(below, asio::execution::outstanding_work.tracked);
    }

    void end_work() noexcept
    {
        asio::any_io_executor last; // goes without the lock
        const std::lock_guard lock(mutex);
        if (--working == 0)
            last.swap(work);
    }

    const asio::any_io_executor below;
    room_type room;
    std::atomic<std::size_t> copies{0};
    std::mutex mutex;
    std::size_t working = 0;    // copies that count as work
    asio::any_io_executor work; // while there are any
};

serial_executor serial_executor::over(const asio::any_io_executor& below)
{
    return serial_executor(reinterpret_cast<std::uintptr_t>(new shared(below)));
}

serial_executor::serial_executor(std::uintptr_t bits) noexcept : bits_(bits)
{
    what_is_shared().copies.fetch_add(1, std::memory_order_relaxed);
    if ((bits_ & tracked) != 0)
        what_is_shared().begin_work();
}

serial_executor::~serial_executor()
{
    shared* const s = &what_is_shared();
    if ((bits_ & tracked) != 0)
        s->end_work();
    if (s->copies.fetch_sub(1, std::memory_order_acq_rel) == 1)
        delete s;
}

const asio::any_io_executor& serial_executor::below() const noexcept
{
    return what_is_shared().below;
}

serial_executor::room_type& serial_executor::room() const noexcept
{
    return what_is_shared().room;
}
}

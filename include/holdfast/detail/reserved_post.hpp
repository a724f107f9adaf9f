// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_RESERVED_POST_HPP
#define HOLDFAST_DETAIL_RESERVED_POST_HPP

#include <holdfast/detail/reserved_memory.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace holdfast::detail
{
namespace asio = boost::asio;

/// What Asio keeps beside a function that is posted: its operation and the allocator.
inline constexpr std::size_t post_overhead = 32;

class serial_executor;
using serial_strand = asio::strand<serial_executor>;

/// Posts `f` to an executor in memory that was reserved for it, so that it cannot fail: on the
/// executors of an `io_context`, and on a strand of a `serial_executor`. Others are erased and take
/// no allocator (Boost 1.81): there it posts as usual, and throws where there is no memory.
template <std::size_t Size, class F>
void post_reserved(reserved_memory<Size>& room, const asio::any_io_executor& executor, F f);

/// The executor below a strand of our own. What Asio's strands do not survive, allocations that
/// fail, it spares them: what runs the strand's queue is posted in memory that was reserved with
/// the strand (else one failure locks it for good, since Asio takes the queue for being run
/// already), and it is so small that a strand of it is erased and copied without an allocation
/// (Asio begins its operations with such copies in functions that must not throw).
class serial_executor
{
public:
    /// Not a constructor: that would be one of the ways to copy an executor, which goes in a
    /// circle.
    static serial_executor over(const asio::any_io_executor& below);

    serial_executor(const serial_executor& other) noexcept : serial_executor(other.bits_) {}
    serial_executor& operator=(serial_executor other) noexcept
    {
        std::swap(bits_, other.bits_);
        return *this;
    }
    ~serial_executor();

    template <class F>
    void execute(F&& f) const
    {
        post_reserved(room(), below(), std::decay_t<F>(std::forward<F>(f)));
    }

    const asio::any_io_executor& below() const noexcept;

    asio::execution_context& query(asio::execution::context_t) const noexcept
    {
        return asio::query(below(), asio::execution::context);
    }

    asio::execution::blocking_t query(asio::execution::blocking_t) const noexcept
    {
        if ((bits_ & never) != 0)
            return asio::execution::blocking.never;
        return asio::execution::blocking.possibly;
    }

    serial_executor require(asio::execution::blocking_t::never_t) const noexcept
    {
        return serial_executor(bits_ | never);
    }
    serial_executor require(asio::execution::blocking_t::possibly_t) const noexcept
    {
        return serial_executor(bits_ & ~never);
    }
    serial_executor require(asio::execution::outstanding_work_t::tracked_t) const noexcept
    {
        return serial_executor(bits_ | tracked);
    }
    serial_executor require(asio::execution::outstanding_work_t::untracked_t) const noexcept
    {
        return serial_executor(bits_ & ~tracked);
    }

    bool operator==(const serial_executor&) const noexcept = default;

private:
    using room_type = reserved_memory<256>; // the queue of a strand is run by one at a time
    struct shared;

    static constexpr std::uintptr_t never = 1;   // it does not run in the caller
    static constexpr std::uintptr_t tracked = 2; // it counts as work

    explicit serial_executor(std::uintptr_t bits) noexcept;
    shared& what_is_shared() const noexcept
    {
        return *reinterpret_cast<shared*>(bits_ & ~(never | tracked)); // NOLINT(*-no-int-to-ptr)
    }
    room_type& room() const noexcept;

    std::uintptr_t bits_; // the address of what copies share, and those two
};

static_assert(sizeof(serial_strand) <= 3 * sizeof(void*), "it is erased without an allocation");

template <std::size_t Size, class F>
void post_reserved(reserved_memory<Size>& room, const asio::any_io_executor& executor, F f)
{
    static_assert(sizeof(F) + post_overhead <= Size, "there is not as much room as it needs");
    using plain = asio::io_context::executor_type;
    using tracked = std::decay_t<decltype(asio::prefer(std::declval<plain>(),
                                                       asio::execution::outstanding_work.tracked))>;
    const reserved_allocator<void, Size> allocator(room);
    const auto post_to = [&](const auto& context)
    {
        asio::require(context, asio::execution::blocking.never,
                      asio::execution::allocator(allocator))
            .execute(std::move(f));
    };
    if (const auto* context = executor.target<plain>())
        post_to(*context);
    else if (const auto* busy_context = executor.target<tracked>())
        post_to(*busy_context);
    else if (const auto* strand = executor.target<serial_strand>())
        strand->post(std::move(f), allocator);
    else
        asio::post(executor, std::move(f));
}
}

#endif

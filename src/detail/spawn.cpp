// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/spawn.hpp>

#include <boost/asio/co_spawn.hpp>

#include <utility>

namespace holdfast::detail
{
namespace
{
/// A handler of which the compiler can tell that it has no executor; a `cancellation_slot_binder`
/// passes for one that may have.
struct plain
{
    asio::cancellation_slot slot;
    asio::any_completion_handler<void(std::exception_ptr)> done;

    using cancellation_slot_type = asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }

    void operator()(std::exception_ptr thrown) { std::move(done)(std::move(thrown)); }
};
}

void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine,
           asio::cancellation_slot slot,
           asio::any_completion_handler<void(std::exception_ptr)> done)
{
    asio::co_spawn(executor, std::move(coroutine), plain{slot, std::move(done)});
}
}

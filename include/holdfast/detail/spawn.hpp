// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_SPAWN_HPP
#define HOLDFAST_DETAIL_SPAWN_HPP

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>

namespace holdfast::detail
{
namespace asio = boost::asio;

/// Runs a coroutine that is cancelled through `slot`; `done` is told what it threw.
///
/// `co_spawn` for those who may cancel from outside of the executor, as a service does that is
/// stopped while nobody runs its context. Given an erased handler, `co_spawn` of Boost 1.81 then
/// posts a pointer into the slot, which is gone if the coroutine ends before that arrives. Given a
/// plain handler it cancels at once.
void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine,
           asio::cancellation_slot slot,
           asio::any_completion_handler<void(std::exception_ptr)> done);
}

#endif

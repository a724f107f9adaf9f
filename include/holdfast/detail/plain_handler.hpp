// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_PLAIN_HANDLER_HPP
#define HOLDFAST_DETAIL_PLAIN_HANDLER_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <type_traits>
#include <utility>

namespace holdfast::detail
{
namespace asio = boost::asio;

/// Whether `Handler` runs wherever it is called.
template <class Handler>
concept homeless = requires {
    typename asio::associated_executor<
        Handler, asio::any_io_executor>::asio_associated_executor_is_unspecialised;
};

/// Whether the executor of `Handler` can be erased as those of services are.
template <class Handler>
concept has_plain_home =
    std::is_convertible_v<asio::associated_executor_t<Handler, asio::any_io_executor>,
                          asio::any_io_executor>;

/// A completion handler with an executor of its own, as something to be called from another one: it
/// then goes to its own, which it keeps from running out of work until then. If that is the very
/// one from which it is called, nothing is left to do.
template <class Handler>
class homing_handler
{
    using home = asio::associated_executor_t<Handler, asio::any_io_executor>;
    using work = std::decay_t<decltype(asio::prefer(std::declval<home>(),
                                                    asio::execution::outstanding_work.tracked))>;

public:
    using allocator_type = asio::associated_allocator_t<Handler, asio::recycling_allocator<void>>;
    using cancellation_slot_type = asio::associated_cancellation_slot_t<Handler>;

    homing_handler(Handler handler, const asio::any_io_executor& executor)
        : handler_(std::move(handler))
        , work_(asio::prefer(asio::get_associated_executor(handler_, executor),
                             asio::execution::outstanding_work.tracked))
    {
        if constexpr (has_plain_home<Handler>)
            at_home_ = asio::any_io_executor(asio::get_associated_executor(handler_, executor)) ==
                       executor;
    }

    allocator_type get_allocator() const noexcept
    {
        return asio::get_associated_allocator(handler_, asio::recycling_allocator<void>());
    }

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return asio::get_associated_cancellation_slot(handler_);
    }

    template <class... Args>
    void operator()(Args&&... args)
    {
        const work home_of_handler(std::move(work_));
        if (at_home_)
            return std::move(handler_)(std::forward<Args>(args)...);
        asio::dispatch(home_of_handler,
                       asio::append(std::move(handler_), std::forward<Args>(args)...));
    }

private:
    Handler handler_;
    work work_;
    bool at_home_ = false;
};

/// `handler` as something that is called from `executor` and needs no more thought about where it
/// runs. Decided while its type is still known: asking an erased handler costs allocations.
template <class Handler>
auto plain_handler(Handler&& handler, const asio::any_io_executor& executor)
{
    using decayed = std::decay_t<Handler>;
    if constexpr (homeless<decayed>)
        return decayed(std::forward<Handler>(handler));
    else
        return homing_handler<decayed>(std::forward<Handler>(handler), executor);
}

/// Where `handler` is called by an operation of a service with this executor: on its own.
template <class Handler>
asio::any_io_executor home_of(const Handler& handler, const asio::any_io_executor& executor)
{
    if constexpr (has_plain_home<Handler>)
        return asio::get_associated_executor(handler, executor);
    else
        return executor; // it finds its way from there
}

/// `handler` as something that is called there.
template <class Handler>
auto handler_at_home(Handler&& handler, const asio::any_io_executor& home)
{
    using decayed = std::decay_t<Handler>;
    if constexpr (has_plain_home<decayed>)
        return decayed(std::forward<Handler>(handler));
    else
        return plain_handler(std::forward<Handler>(handler), home);
}
}

#endif

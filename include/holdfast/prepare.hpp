// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_PREPARE_HPP
#define HOLDFAST_PREPARE_HPP

#include <holdfast/detail/spawn.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace holdfast
{
namespace asio = boost::asio;

namespace detail
{
template <class T>
inline constexpr bool is_awaitable = false;
template <class T>
inline constexpr bool is_awaitable<asio::awaitable<T>> = true;

inline asio::awaitable<void> without_result(asio::awaitable<void> a)
{
    return a;
}

template <class T>
asio::awaitable<void> without_result(asio::awaitable<T> a)
{
    static_cast<void>(co_await std::move(a));
}
}

/// The preparation of a new connection: any callable that takes the protocol by reference and
/// returns an `awaitable`, whose result is ignored, or nothing if it needs no waiting.
///
/// It runs on the service's executor, once per new connection. If it throws, the attempt has
/// failed with the code of the `system_error`, or with `errc::exception_thrown`. The protocol
/// and the callable live until it has ended.
///
/// @par Cancellation
/// The coroutine is cancelled (all types) when the service is stopped, when the connection is lost,
/// and when `prepare_timeout` or `attempt_timeout` is over. What it throws then changes nothing.
template <class Protocol>
class prepare_function
{
public:
    using handler = asio::any_completion_handler<void(std::exception_ptr)>;

    prepare_function() = default;

    template <std::invocable<Protocol&> F>
        requires(!std::same_as<std::remove_cvref_t<F>, prepare_function> &&
                 (std::is_void_v<std::invoke_result_t<F&, Protocol&>> ||
                  detail::is_awaitable<std::invoke_result_t<F&, Protocol&>>))
    prepare_function(F f)
        : run_(
              [f = std::move(f)](Protocol& p, const asio::any_io_executor& executor,
                                 handler done) mutable
              {
                  if constexpr (std::is_void_v<std::invoke_result_t<F&, Protocol&>>)
                  {
                      std::invoke(f, p);
                      std::move(done)(nullptr);
                  }
                  else
                  {
                      auto coroutine = detail::without_result(std::invoke(f, p));
                      const auto slot = asio::get_associated_cancellation_slot(done);
                      detail::spawn(executor, std::move(coroutine), slot, std::move(done));
                  }
              })
    {
    }

    explicit operator bool() const noexcept { return static_cast<bool>(run_); }

    /// Runs it. `done` may be called within; what a callable without a coroutine throws comes out.
    void operator()(Protocol& p, const asio::any_io_executor& executor, handler done) const
    {
        run_(p, executor, std::move(done));
    }

private:
    std::function<void(Protocol&, const asio::any_io_executor&, handler)> run_;
};
}

#endif

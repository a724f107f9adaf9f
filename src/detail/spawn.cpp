// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/spawn.hpp>

#include <holdfast/detail/reserved_post.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <new>
#include <utility>

namespace holdfast::detail
{
namespace
{
using handler = asio::any_completion_handler<void(std::exception_ptr)>;

/// Whether this is called by something that `executor` runs.
bool running_in(const asio::any_io_executor& executor) noexcept
{
    if (const auto* context = executor.target<asio::io_context::executor_type>())
        return context->running_in_this_thread();
    if (const auto* strand = executor.target<serial_strand>())
        return strand->running_in_this_thread();
    if (const auto* strand = executor.target<asio::strand<asio::any_io_executor>>())
        return strand->running_in_this_thread();
    if (const auto* strand = executor.target<asio::strand<asio::io_context::executor_type>>())
        return strand->running_in_this_thread();
    return false;
}

/// Who is told, until somebody has been.
struct listener
{
    asio::any_io_executor executor;
    handler done;

    void tell(std::exception_ptr thrown)
    {
        handler told(std::move(done)); // which is empty from here on; Boost 1.81 cannot assign one
        std::move(told)(std::move(thrown));
    }
};

/// A handler of which the compiler can tell that it has no executor; a `cancellation_slot_binder`
/// passes for one that may have.
///
/// When memory runs out while a coroutine waits for something, Asio destroys it, and from its
/// executor. This one then tells so. It tells nothing when the context is destroyed.
struct plain
{
    asio::cancellation_slot slot;
    std::shared_ptr<listener> who;

    plain(asio::cancellation_slot s, std::shared_ptr<listener> l) noexcept
        : slot(s)
        , who(std::move(l))
    {
    }
    plain(plain&&) noexcept = default;
    plain& operator=(plain&&) = delete;

    ~plain()
    {
        if (who != nullptr && who->done && running_in(who->executor))
            who->tell(std::make_exception_ptr(std::bad_alloc()));
    }

    using cancellation_slot_type = asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }

    void operator()(std::exception_ptr thrown) { who->tell(std::move(thrown)); }
};

/// Runs what it is given at once: a coroutine ends on its executor already, and to go there once
/// more takes memory.
struct here
{
    template <class F>
    void execute(F f) const
    {
        f();
    }

    bool operator==(const here&) const noexcept = default;
};
}
}

/// Its executor is unspecialised in the eyes of `co_spawn`, which then cancels at once.
template <class Executor>
struct boost::asio::associated_executor<holdfast::detail::plain, Executor>
{
    using asio_associated_executor_is_unspecialised = void;
    using type = holdfast::detail::here;

    static type get(const holdfast::detail::plain&, const Executor& = Executor()) noexcept
    {
        return {};
    }
};

namespace holdfast::detail
{
void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine,
           asio::cancellation_slot slot,
           asio::any_completion_handler<void(std::exception_ptr)> done)
{
    const auto who = std::make_shared<listener>(listener{executor, std::move(done)});
    try
    {
        asio::co_spawn(executor, std::move(coroutine), plain{slot, who});
    }
    catch (...)
    {
        const handler nobody(std::move(who->done));
        throw;
    }
}
}

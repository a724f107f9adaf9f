// SPDX-License-Identifier: BSL-1.0
#include <holdfast/clock.hpp>

#include <holdfast/detail/reserved_post.hpp>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace holdfast
{
namespace
{
/// The executor under a strand: the clock must not wait for the strand of one of its users.
asio::any_io_executor without_strand(const asio::any_io_executor& executor)
{
    if (const auto* s = executor.target<asio::strand<asio::any_io_executor>>())
        return without_strand(s->get_inner_executor());
    if (const auto* s = executor.target<asio::strand<asio::io_context::executor_type>>())
        return s->get_inner_executor();
    if (const auto* s = executor.target<detail::serial_strand>())
        return without_strand(s->get_inner_executor().below());
    return executor;
}

/// The clock of one execution context: the heap of `clock` on one Asio timer.
class context_clock final : public asio::execution_context::service, public clock
{
public:
    static asio::execution_context::id id;

    explicit context_clock(asio::execution_context& context)
        : asio::execution_context::service(context)
    {
    }

    void run_on(const asio::any_io_executor& executor)
    {
        const std::lock_guard lock(mutex_);
        if (timer_)
            return;
        timer_.emplace(without_strand(executor));
        begin_wait(time_point::max() - std::chrono::hours(1)); // Asio's queue of timers gets room
        timer_->cancel();
    }

    time_point now() const noexcept override { return std::chrono::steady_clock::now(); }

    void hold() noexcept override
    {
        const std::lock_guard lock(mutex_);
        ++users_;
    }

    void release() noexcept override
    {
        const std::lock_guard lock(mutex_);
        if (--users_ == 0)
            earliest_changed();
    }

private:
    static constexpr std::size_t operation_size = 384; // measured: a wait takes about 200 bytes

    void shutdown() override
    {
        {
            const std::lock_guard lock(mutex_);
            dead_ = true;
        }
        drop_all();
        timer_.reset(); // while the service that it belongs to is there: that one is younger
    }

    void earliest_changed() noexcept override
    {
        if (dead_)
            return;
        const auto at = earliest();
        if (at == time_point::max())
        {
            // A context that has nothing else to do must be able to end.
            if (users_ == 0 && waiting_until_ != time_point::max())
            {
                timer_->cancel();
                waiting_until_ = time_point::max();
            }
        }
        else if (at < waiting_until_) // else the pending wait is early enough; see woken()
        {
            try
            {
                begin_wait(at);
                waiting_until_ = at;
            }
            catch (...) // Asio's queue of timers had to grow, and there was no memory
            {
                waiting_until_ = time_point::max();
                try_again();
            }
        }
    }

    void begin_wait(time_point at)
    {
        timer_->expires_at(at);
        // Two rooms, since the wait that this one replaces may not have completed yet.
        timer_->async_wait(wait_handler{this, &rooms_[turn_ ^= 1U]});
    }

    /// Begins the wait as soon as it can: until there is memory the context runs idle.
    void try_again()
    {
        if (!std::exchange(trying_, true))
            detail::post_reserved(again_room_, timer_->get_executor(),
                                  [this]
                                  {
                                      const std::lock_guard lock(mutex_);
                                      trying_ = false;
                                      earliest_changed();
                                  });
    }

    void woken() noexcept
    {
        {
            const std::lock_guard lock(mutex_);
            waiting_until_ = time_point::max();
        }
        expire_due(now());
        const std::lock_guard lock(mutex_);
        earliest_changed();
    }

    struct wait_handler
    {
        using allocator_type = detail::reserved_allocator<void, operation_size>;

        context_clock* self;
        detail::reserved_memory<operation_size>* room;

        allocator_type get_allocator() const noexcept { return allocator_type(*room); }

        void operator()(error_code ec) const
        {
            if (!ec)
                self->woken();
        }
    };

    std::optional<asio::steady_timer> timer_;
    detail::reserved_memory<operation_size> rooms_[2];
    detail::reserved_memory<sizeof(void*) + detail::post_overhead> again_room_;
    bool trying_ = false;
    unsigned turn_ = 0;
    time_point waiting_until_ = time_point::max(); // the expiry of the pending wait
    std::size_t users_ = 0;
    bool dead_ = false;
};

asio::execution_context::id context_clock::id;
}

clock& default_clock(const asio::any_io_executor& executor)
{
    auto& c = asio::use_service<context_clock>(asio::query(executor, asio::execution::context));
    c.run_on(executor);
    return c;
}
}

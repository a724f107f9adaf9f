// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_OPERATIONS_HPP
#define HOLDFAST_DETAIL_OPERATIONS_HPP

#include <holdfast/detail/driver.hpp>
#include <holdfast/detail/reserved_post.hpp>
#include <holdfast/wait_limit.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace holdfast::detail
{
/// What the two operations of a service have in common: they are waiters with a handler that may be
/// called from `home`, and may be cancelled through its slot.
///
/// To complete one takes no memory that was not reserved when it was made. Where the executor takes
/// no such memory and there is no other, it is tried again, by the clock, until there is: it
/// completes late, but it does.
template <class... Results>
class operation : public waiter, protected clock::timer
{
public:
    using handler = asio::any_completion_handler<void(error_code, Results...)>;

    operation(boost::intrusive_ptr<driver> d, handler done, const asio::any_io_executor& home)
        : driver_(std::move(d))
        , done_(std::move(done))
        , home_(asio::prefer(home, asio::execution::outstanding_work.tracked))
        , work_(asio::prefer(driver_->executor(), asio::execution::outstanding_work.tracked))
    {
        auto slot = asio::get_associated_cancellation_slot(done_);
        if (slot.is_connected())
            slot.assign(
                [this](asio::cancellation_type type)
                {
                    if (type != asio::cancellation_type::none)
                        cancel();
                });
    }

    ~operation() override { my_clock().disarm(*this); }

    /// The call that began it throws: nobody waits any more.
    void forget() noexcept { asio::get_associated_cancellation_slot(done_).clear(); }

    void complete(error_code ec) noexcept override
    {
        my_clock().disarm(*this);
        code_ = ec;
        fetch();
        try
        {
            post_reserved(room_, home_, [self = pointer(this)] { self->finish(); });
        }
        catch (...) // expired() tries again
        {
            owed_ = true;
            intrusive_ptr_add_ref(this);
            my_clock().arm(*this, my_clock().now());
        }
    }

protected:
    using pointer = boost::intrusive_ptr<operation>;

    /// The clock wakes it for one of three reasons.
    static constexpr std::uint32_t out_of_time = 0;
    static constexpr std::uint32_t to_cancel = 1;

    /// Keeps what it is to complete with; on the service's executor.
    virtual void fetch() noexcept {}

    /// Calls the handler with that, on its executor.
    virtual void call(handler done, error_code ec) = 0;

    clock& my_clock() const noexcept { return *driver_->shared().clock; }

    boost::intrusive_ptr<driver> driver_;

private:
    void finish()
    {
        if (!done_) // there was memory for the first post after all
            return;
        asio::get_associated_cancellation_slot(done_).clear();
        const auto home = std::move(home_);
        const auto work = std::move(work_);
        handler done(std::move(done_)); // which is empty from here on; Boost 1.81 cannot assign one
        call(std::move(done), code_);
    }

    void cancel()
    {
        try
        {
            driver_->use([w = pointer(this)](driver& self) { self.cancel(*w); });
        }
        catch (...) // there was no memory to tell the strand
        {
            cancelled = true;
            my_clock().arm(*this, my_clock().now(), to_cancel);
        }
    }

    // What is posted here takes memory of the heap: the clock tries again if there is none.
    void expired() override
    {
        if (owed_)
            asio::post(home_,
                       [self = pointer(this)]
                       {
                           const pointer kept(self.get(), false); // since complete()
                           self->finish();
                       });
        else if (number() == to_cancel)
            asio::post(driver_->executor(),
                       [self = pointer(this)] { self->driver_->cancel(*self); });
        else
            asio::post(driver_->executor(), [self = pointer(this)]
                       { self->driver_->give_up(*self, errc::wait_timed_out); });
    }

    void dropped() noexcept override
    {
        if (owed_)
            intrusive_ptr_release(this); // since complete()
    }

    handler done_;
    asio::any_io_executor home_; // which does not run out of work meanwhile
    asio::any_io_executor work_; // nor does the service's
    error_code code_;
    std::atomic<bool> owed_ = false; // its completion could not be posted
    reserved_memory<sizeof(void*) + post_overhead> room_;
};

/// One `async_when_connected` that has to wait.
template <class Protocol>
class connect_operation final : public operation<std::shared_ptr<Protocol>>
{
    using base = operation<std::shared_ptr<Protocol>>;

public:
    connect_operation(boost::intrusive_ptr<driver> d, typename base::handler done,
                      const asio::any_io_executor& home, wait_limit limit, failure* why)
        : base(std::move(d), std::move(done), home)
        , why_(why)
    {
        this->failures_left = limit.failures;
    }

    /// Has the wait end in time. Called once it waits, lest it expires before.
    void expire_within(duration d) noexcept
    {
        const auto now = this->my_clock().now();
        if (this->listed() && !this->cancelled && d < time_point::max() - now)
            this->my_clock().arm(*this, now + d, base::out_of_time);
    }

private:
    void fetch() noexcept override
    {
        current_ = static_cast<typed_driver<Protocol>&>(*this->driver_).current();
        if (why_ != nullptr)
            last_ = this->driver_->last_failure();
    }

    void call(typename base::handler done, error_code ec) override
    {
        if (ec)
        {
            current_ = nullptr;
            tell_why();
        }
        std::move(done)(ec, std::move(current_));
    }

    void tell_why() noexcept
    {
        if (last_ == nullptr)
            return;
        try
        {
            *why_ = *last_;
        }
        catch (...) // no memory for texts: the code says the most
        {
            why_->code = last_->code;
            why_->phase = last_->phase;
        }
    }

    failure* why_;
    std::shared_ptr<Protocol> current_;
    std::shared_ptr<const failure> last_;
};

/// One `async_stop`.
class stop_operation final : public operation<>
{
public:
    using operation::operation;

    /// Asks `d` to stop, and completes `done` when it has.
    static void start(const boost::intrusive_ptr<driver>& d, handler done,
                      const asio::any_io_executor& home);

private:
    void call(handler done, error_code ec) override;
};

/// Completes `done` with the connection of `d`, once there is one.
template <class Protocol>
void start_connect(const boost::intrusive_ptr<typed_driver<Protocol>>& d,
                   typename connect_operation<Protocol>::handler done,
                   const asio::any_io_executor& home, wait_limit limit, failure* why)
{
    const boost::intrusive_ptr<connect_operation<Protocol>> w(
        new connect_operation<Protocol>(d, std::move(done), home, limit, why));
    try
    {
        d->use(
            [w, limit](driver& self)
            {
                self.wait(*w);
                w->expire_within(limit.time);
            });
    }
    catch (...)
    {
        w->forget();
        throw;
    }
}
}

#endif

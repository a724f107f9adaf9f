// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_OPERATIONS_HPP
#define HOLDFAST_DETAIL_OPERATIONS_HPP

#include <holdfast/detail/driver.hpp>
#include <holdfast/wait_limit.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <memory>
#include <utility>

namespace holdfast::detail
{
/// What the two operations of a service have in common: they are waiters with a plain completion
/// handler (see plain_handler), which may be cancelled through its slot.
template <class... Results>
class operation : public waiter
{
public:
    using handler = asio::any_completion_handler<void(error_code, Results...)>;

    operation(boost::intrusive_ptr<driver> d, handler done)
        : driver_(std::move(d))
        , done_(std::move(done))
        , work_(asio::prefer(driver_->executor(), asio::execution::outstanding_work.tracked))
    {
        auto slot = asio::get_associated_cancellation_slot(done_);
        if (slot.is_connected())
            slot.assign(
                [this](asio::cancellation_type type)
                {
                    if (type != asio::cancellation_type::none)
                        driver_->use([w = boost::intrusive_ptr<waiter>(this)](driver& self)
                                     { self.cancel(*w); });
                });
    }

protected:
    /// Calls the handler, from the service's executor.
    void finish(error_code ec, Results... results)
    {
        asio::get_associated_cancellation_slot(done_).clear();
        const auto work = std::move(work_);
        std::move(done_)(ec, std::move(results)...);
    }

    boost::intrusive_ptr<driver> driver_;
    handler done_;

private:
    asio::any_io_executor work_; // the context does not run out of work meanwhile
};

/// One `async_when_connected` that has to wait.
template <class Protocol>
class connect_operation final : public operation<std::shared_ptr<Protocol>>, private clock::timer
{
    using base = operation<std::shared_ptr<Protocol>>;

public:
    connect_operation(boost::intrusive_ptr<driver> d, typename base::handler done, wait_limit limit,
                      failure* why)
        : base(std::move(d), std::move(done))
        , why_(why)
    {
        this->failures_left = limit.failures;
    }

    ~connect_operation() override { my_clock().disarm(*this); }

    /// Has the wait end in time. Called once it waits, lest it expires before.
    void expire_within(duration d)
    {
        const auto now = my_clock().now();
        if (this->listed() && d < time_point::max() - now)
            my_clock().arm(*this, now + d);
    }

    void complete(error_code ec) override
    {
        my_clock().disarm(*this);
        std::shared_ptr<Protocol> current;
        if (!ec)
            current = static_cast<typed_driver<Protocol>&>(*this->driver_).current();
        asio::post(this->driver_->executor(), [self = boost::intrusive_ptr<connect_operation>(this),
                                               ec, current = std::move(current)]() mutable
                   { self->finished(ec, std::move(current)); });
    }

private:
    void finished(error_code ec, std::shared_ptr<Protocol> current)
    {
        if (ec && why_ != nullptr)
            if (const auto last = this->driver_->last_failure())
                *why_ = *last;
        this->finish(ec, std::move(current));
    }

    void expired() override
    {
        asio::post(this->driver_->executor(), [self = boost::intrusive_ptr<connect_operation>(this)]
                   { self->driver_->give_up(*self, errc::wait_timed_out); });
    }

    clock& my_clock() const noexcept { return *this->driver_->shared().clock; }

    failure* why_;
};

/// One `async_stop`.
class stop_operation final : public operation<>
{
public:
    using operation::operation;
    void complete(error_code ec) override;

    /// Asks `d` to stop, and completes `done` when it has.
    static void start(const boost::intrusive_ptr<driver>& d, handler done);
};

/// Completes `done` with the connection of `d`, once there is one.
template <class Protocol>
void start_connect(const boost::intrusive_ptr<typed_driver<Protocol>>& d,
                   typename connect_operation<Protocol>::handler done, wait_limit limit,
                   failure* why)
{
    const boost::intrusive_ptr<connect_operation<Protocol>> w(
        new connect_operation<Protocol>(d, std::move(done), limit, why));
    d->use(
        [w, limit](driver& self)
        {
            self.wait(*w);
            w->expire_within(limit.time);
        });
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_DIAL_OP_HPP
#define HOLDFAST_DETAIL_DIAL_OP_HPP

#include <holdfast/endpoint.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_category.hpp>

#include <concepts>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace holdfast::detail
{
/// What a dial gives that failed.
template <class Stream>
Stream no_stream(const asio::any_io_executor& executor)
{
    if constexpr (std::constructible_from<Stream, const asio::any_io_executor&>)
        return Stream(executor);
    else
        return Stream();
}

/// What every dial has: the caller's handler, its cancellation, and one timer.
///
/// The stream is handed on by reference, since each move of a socket costs as much as a small
/// system call. A dial lives as long as somebody holds it: the operations under way do. All of it
/// runs on the executor of its context, which is serial, but for `expired`.
template <class Stream>
class dial_op : public std::enable_shared_from_this<dial_op<Stream>>, private clock::timer
{
public:
    using handler = asio::any_completion_handler<void(error_code, Stream&&)>;

    /// Makes an `Op` and starts it.
    template <class Op, class... Args>
    static void start(handler done, const dial_context& context, Args&&... args)
    {
        const auto op = std::make_shared<Op>(std::move(done), context, std::forward<Args>(args)...);
        op->listen_for_cancellation();
        static_cast<dial_op&>(*op).begin();
    }

    dial_op(const dial_op&) = delete;
    dial_op& operator=(const dial_op&) = delete;

protected:
    dial_op(handler done, const dial_context& context) : context_(context), done_(std::move(done))
    {
    }

    virtual ~dial_op() { disarm(); }

    /// The first step; it does not complete inside this call.
    virtual void begin() = 0;

    /// The timer expired; it may have been armed anew since. Not called after the completion, nor
    /// where the timer is not used.
    virtual void timer_fired(time_point) {}

    /// Cancels what is under way and closes every socket.
    virtual void close_all() noexcept = 0;

    /// Whether the caller still waits, and does not know the end yet.
    bool pending() const noexcept { return done_ && !posted_; }

    /// Does what a handler has to do: where there is no memory for it the dial fails.
    template <class F>
    void guarded(F f)
    {
        try
        {
            f();
        }
        catch (const std::bad_alloc&)
        {
            if (!pending()) // the caller's own handler threw it
                throw;
            close_all();
            fail(boost::system::errc::make_error_code(boost::system::errc::not_enough_memory));
        }
    }

    time_point now() const noexcept { return context_.clock->now(); }

    /// Arms the timer, unless whoever dials gives up earlier.
    void arm(time_point at)
    {
        if (at >= context_.deadline)
            return;
        armed_ = true;
        context_.clock->arm(*this, at);
    }

    /// Completes; from a handler on the executor. The handler is a plain one, see plain_handler.
    void complete(error_code why, Stream&& stream)
    {
        asio::get_associated_cancellation_slot(done_).clear();
        disarm();
        handler done(std::move(done_)); // which is empty from here on; Boost 1.81 cannot assign one
        std::move(done)(why, std::move(stream));
    }

    void fail(error_code why)
    {
        std::optional<Stream> none;
        try
        {
            none.emplace(no_stream<Stream>(context_.executor));
        }
        catch (const std::bad_alloc&) // the first socket of a context makes what all of them share
        {
            return post_failure(why);
        }
        complete(why, std::move(*none));
    }

    /// Completes later: from inside the initiating call, which throws if there is no memory.
    void post_completion(error_code why, Stream&& stream)
    {
        disarm();
        asio::post(context_.executor,
                   [done = handler(std::move(done_)), why, stream = std::move(stream)]() mutable
                   { std::move(done)(why, std::move(stream)); });
    }

    /// Fails later: from inside the initiating call, or from a cancellation. It does so however
    /// little memory there is: then it is the clock that posts, as soon as it can.
    void post_failure(error_code why) noexcept
    {
        disarm();
        posted_ = true;
        why_value_ = why.value();
        why_category_ = &why.category();
        try
        {
            asio::post(context_.executor, [self = this->shared_from_this()] { self->deliver(); });
        }
        catch (...)
        {
            kept_ = this->shared_from_this();
            armed_ = true;
            context_.clock->arm(*this, now());
        }
    }

    /// The caller cancels, and still waits. What has succeeded meanwhile and waits in the queue
    /// finds its socket closed and nobody waiting.
    virtual void cancel()
    {
        close_all();
        post_failure(asio::error::operation_aborted);
    }

    const dial_context context_;

private:
    void listen_for_cancellation()
    {
        auto slot = asio::get_associated_cancellation_slot(done_);
        if (slot.is_connected())
            slot.assign(
                [weak = this->weak_from_this()](asio::cancellation_type type)
                {
                    const auto self = weak.lock();
                    if (self && self->pending() && type != asio::cancellation_type::none)
                        self->cancel();
                });
    }

    void disarm() noexcept
    {
        if (std::exchange(armed_, false))
            context_.clock->disarm(*this);
    }

    void deliver()
    {
        const auto kept = std::move(kept_);
        if (done_)
            fail({why_value_, *why_category_});
    }

    void expired() override // with the clock's lock, on any thread
    {
        if (auto self = this->weak_from_this().lock())
            asio::post(context_.executor,
                       [self = std::move(self)]
                       {
                           if (self->posted_)
                               self->deliver();
                           else if (self->pending())
                               self->timer_fired(self->now());
                       });
    }

    void dropped() noexcept override { const auto kept = std::move(kept_); }

    handler done_;
    std::shared_ptr<dial_op> kept_; // while the end waits for the clock to post it
    const boost::system::error_category* why_category_ = nullptr; // a code takes 8 bytes more
    int why_value_ = 0;
    bool posted_ = false; // the end is on its way, and this is why
    bool armed_ = false;
};
}

#endif

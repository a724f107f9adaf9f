// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_PER_ATTEMPT_DIAL_HPP
#define HOLDFAST_DETAIL_PER_ATTEMPT_DIAL_HPP

#include <holdfast/detail/code_of.hpp>
#include <holdfast/detail/dial_op.hpp>
#include <holdfast/detail/stream_layers.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace holdfast::detail
{
template <class Endpoint>
class per_attempt_dial;

/// What endpoints that were copied from one another share.
template <class Endpoint>
struct per_attempt_target
{
    std::string name;

    /// Has the endpoint made, and the dial told; may throw instead.
    std::function<void(const std::shared_ptr<per_attempt_dial<Endpoint>>&)> make;
};

// What is told of an endpoint that is not made, and what a step of a dial says of that.

std::shared_ptr<const std::string> being_made();
std::shared_ptr<const std::string> why_not_made(const std::exception_ptr& thrown);
void tell_made(dial_trace& trace, const std::string& name, time_point began, time_point ended,
               error_code ec, const std::string& made);

/// Has an endpoint made, and dials it.
template <class Endpoint>
class per_attempt_dial final : public dial_op<typename Endpoint::stream_type>
{
    using stream_type = typename Endpoint::stream_type;
    using base = dial_op<stream_type>;
    using target_type = per_attempt_target<Endpoint>;

public:
    per_attempt_dial(typename base::handler done, const dial_context& context,
                     std::shared_ptr<const target_type> target)
        : base(std::move(done), context)
        , target_(std::move(target))
        , for_user_(context)
    {
        for_user_.report = &report_for_user_;
    }

    // For whoever makes the endpoint.

    /// The context of the dial. What is done with it may go on after the dial was cancelled: so its
    /// report is another one.
    const dial_context& for_user() const noexcept { return for_user_; }

    /// Cancels the making.
    asio::cancellation_slot slot() noexcept { return making_.slot(); }

    /// A coroutine that makes it is at its end: from here on it must not be cancelled, though it is
    /// not over. In Boost 1.81 that throws out of the context, as before its first wait.
    void making_ends() noexcept { making_ended_ = true; }

    /// It is made: to be called once, on any thread, also from within the start.
    void made(std::exception_ptr thrown, std::optional<Endpoint> e)
    {
        asio::post(this->context_.executor,
                   [self = this->shared_from_this(), this, thrown = std::move(thrown),
                    e = std::move(e)]() mutable { go_on(thrown, std::move(e)); });
    }

private:
    void begin() override
    {
        this->context_.report->phase = phase::connect;
        this->context_.report->detail = being_made();
        began_ = this->now();
        try
        {
            target_->make(std::static_pointer_cast<per_attempt_dial>(this->shared_from_this()));
        }
        catch (...)
        {
            made(std::current_exception(), std::nullopt);
        }
    }

    void go_on(const std::exception_ptr& thrown, std::optional<Endpoint> e)
    {
        if (!this->pending())
            return; // it was cancelled
        dial_report& report = *this->context_.report;
        error_code ec;
        if (thrown)
            ec = code_of(thrown);
        else if (!e)
            ec = errc::factory_refused;
        report.detail = ec ? why_not_made(thrown) : nullptr;
        if (auto* const trace = trace_of(report))
            tell_made(*trace, target_->name, began_, this->now(), ec,
                      ec ? *report.detail : to_string(*e));
        if (ec)
            return this->fail(ec);
        made_.emplace(std::move(*e));
        dial();
    }

    void dial()
    {
        try
        {
            made_->async_connect(this->context_,
                                 asio::bind_cancellation_slot(
                                     dialling_.slot(), [self = this->shared_from_this(),
                                                        this](error_code ec, stream_type stream)
                                     { dialled(ec, std::move(stream)); }));
        }
        catch (...) // an endpoint that throws has not begun
        {
            this->fail(code_of(std::current_exception()));
        }
    }

    void dialled(error_code ec, stream_type stream)
    {
        if (cancelled_ && !ec) // but it had succeeded already
        {
            close_stream(stream);
            ec = asio::error::operation_aborted;
        }
        this->complete(ec, std::move(stream));
    }

    /// Until the endpoint has ended it may write to the report, which is only the caller's: so that
    /// end is waited for. It comes soon; that of user code need not.
    void cancel() override
    {
        if (made_)
        {
            cancelled_ = true;
            dialling_.emit(asio::cancellation_type::all);
            return;
        }
        base::cancel();
        // Not at once: a coroutine must have come to a wait before.
        asio::post(this->context_.executor,
                   [self = this->shared_from_this(), this]
                   {
                       if (!making_ended_)
                           making_.emit(asio::cancellation_type::all);
                   });
    }

    void close_all() noexcept override {} // there is no socket yet

    const std::shared_ptr<const target_type> target_;
    dial_report report_for_user_;
    dial_context for_user_;
    asio::cancellation_signal making_;
    asio::cancellation_signal dialling_;
    std::optional<Endpoint> made_;
    time_point began_{};
    bool making_ended_ = false;
    bool cancelled_ = false; // while the endpoint that was made was dialling
};
}

#endif

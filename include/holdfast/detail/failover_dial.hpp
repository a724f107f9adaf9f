// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_FAILOVER_DIAL_HPP
#define HOLDFAST_DETAIL_FAILOVER_DIAL_HPP

#include <holdfast/detail/dial_op.hpp>
#include <holdfast/detail/failover_memory.hpp>
#include <holdfast/detail/stream_layers.hpp>
#include <holdfast/detail/timed_out.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace holdfast::detail
{
/// What `failover` endpoints that were copied from one another share.
template <class Endpoint>
struct failover_target
{
    failover_target(std::vector<Endpoint> all, const failover_options& o)
        : endpoints(std::move(all))
        , memory(endpoints.size(), o)
    {
    }

    std::vector<Endpoint> endpoints;
    mutable failover_memory memory;
};

/// Dials one endpoint after the other.
template <class Endpoint>
class failover_dial final : public dial_op<typename Endpoint::stream_type>
{
    using below_type = typename Endpoint::stream_type;
    using base = dial_op<below_type>;
    using target_type = failover_target<Endpoint>;

public:
    failover_dial(typename base::handler done, const dial_context& context,
                  std::shared_ptr<const target_type> target)
        : base(std::move(done), context)
        , target_(std::move(target))
        , order_(target_->memory.line_up(this->now()))
    {
    }

private:
    const Endpoint& present() const noexcept { return target_->endpoints[order_[at_]]; }

    void begin() override
    {
        began_ = this->now();
        give_up_at_ =
            began_ + target_->memory.share(began_, this->context_.deadline, order_.size() - at_);
        ran_out_ = {};
        auto context = this->context_;
        context.report->phase = phase::connect;
        context.report->detail = nullptr;
        context.deadline = std::min(context.deadline, give_up_at_);
        this->arm(give_up_at_);
        try
        {
            present().async_connect(
                context,
                asio::bind_cancellation_slot(below_.slot(), [self = this->shared_from_this(),
                                                             this](error_code ec, below_type stream)
                                             { ended(ec, std::move(stream)); }));
        }
        catch (...) // an endpoint that throws has not begun
        {
            asio::post(this->context_.executor,
                       [self = this->shared_from_this(), this, ec = code_of_exception()]
                       { ended(ec, no_stream<below_type>(this->context_.executor)); });
        }
    }

    static error_code code_of_exception() noexcept
    {
        try
        {
            throw;
        }
        catch (const std::bad_alloc&)
        {
            return asio::error::no_memory;
        }
        catch (...)
        {
            return errc::exception_thrown;
        }
    }

    void ended(error_code ec, below_type stream)
    {
        if (cancelled_)
        {
            if (!ec) // it had succeeded already
                close_stream(stream);
            return this->fail(asio::error::operation_aborted);
        }
        if (ec && ran_out_)
            ec = ran_out_;
        tell_step(ec);
        if (!ec)
        {
            target_->memory.worked(order_[at_], this->now());
            return this->complete({}, std::move(stream));
        }
        this->context_.report->addresses.push_back(
            {to_string(present()), ec, this->now() - began_});
        if (++at_ != order_.size())
            return begin();
        target_->memory.none_worked();
        this->fail(ec);
    }

    void tell_step(error_code ec)
    {
        dial_report& report = *this->context_.report;
        if (dial_trace* const trace = trace_of(report))
            trace->step({.phase = report.phase,
                         .what = "try " + to_string(present()),
                         .began = began_,
                         .ended = this->now(),
                         .code = ec,
                         .detail = ec && report.detail ? *report.detail : std::string()});
    }

    void timer_fired(time_point now) override
    {
        if (now < give_up_at_ || ran_out_ || cancelled_)
            return;
        ran_out_ = timed_out_in(this->context_.report->phase);
        below_.emit(asio::cancellation_type::all);
    }

    /// Until the endpoint has ended it may write to the report, which is only the caller's: so that
    /// end is waited for. It comes soon.
    void cancel() override
    {
        if (std::exchange(cancelled_, true))
            return;
        if (const auto now = this->now(); now >= this->context_.deadline)
            target_->memory.ran_out_before(order_[(at_ + 1) % order_.size()], now);
        close_all();
    }

    void close_all() noexcept override { below_.emit(asio::cancellation_type::all); }

    const std::shared_ptr<const target_type> target_;
    const std::vector<std::size_t> order_;
    std::size_t at_ = 0; // of the order
    time_point began_{};
    time_point give_up_at_{};
    error_code ran_out_; // once it did, while its end is waited for
    asio::cancellation_signal below_;
    bool cancelled_ = false;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_TLS_DIAL_HPP
#define HOLDFAST_DETAIL_TLS_DIAL_HPP

#include <holdfast/detail/dial_op.hpp>
#include <holdfast/endpoints/tls_stream.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace holdfast::detail
{
/// What TLS endpoints that were copied from one another share.
template <class Endpoint>
struct tls_target
{
    tls_target(Endpoint e, std::string host, std::uint16_t port, tls_options options,
               bool is_direct)
        : below(std::move(e))
        , client(std::move(host), port, std::move(options))
        , direct(is_direct)
    {
    }

    Endpoint below;
    tls_client client;
    bool direct; // `below` is TCP to the very host and port of the client
};

/// Dials the endpoint below, and shakes hands with whoever is there.
template <class Endpoint>
class tls_dial final : public dial_op<tls_stream<typename Endpoint::stream_type>>
{
    using below_type = typename Endpoint::stream_type;
    using base = dial_op<tls_stream<below_type>>;
    using target_type = tls_target<Endpoint>;

public:
    tls_dial(typename base::handler done, const dial_context& context,
             std::shared_ptr<const target_type> target)
        : base(std::move(done), context)
        , target_(std::move(target))
    {
    }

private:
    void begin() override
    {
        target_->below.async_connect(
            this->context_, asio::bind_cancellation_slot(
                                below_.slot(), [self = this->shared_from_this(),
                                                this](error_code ec, below_type stream)
                                { this->guarded([&] { connected(ec, std::move(stream)); }); }));
    }

    void connected(error_code ec, below_type stream)
    {
        if (cancelled_ && !ec) // but it had succeeded already
        {
            close_stream(stream);
            ec = asio::error::operation_aborted;
        }
        if (ec)
            return this->fail(ec);
        dial_report& report = *this->context_.report;
        report.phase = phase::tls;
        auto handshake = target_->client.begin(report, ec);
        if (ec)
        {
            target_->client.tell(nullptr, ec, this->now(), this->now(), report);
            close_stream(stream);
            return this->fail(ec);
        }
        core_ = new tls_core<below_type>(std::move(stream), std::move(handshake));
        give_up_at_ = this->now() + target_->client.options().timeout;
        this->arm(give_up_at_);
        core_->ssl.async_handshake(asio::ssl::stream_base::client,
                                   [self = this->shared_from_this(), this](error_code result)
                                   { this->guarded([&] { shaken(result); }); });
    }

    void shaken(error_code ec)
    {
        if (!this->pending())
            return; // it was cancelled or ran out of time, and all is closed
        if (!ec)
        {
            tell({});
            return this->complete({}, tls_stream<below_type>(std::move(core_)));
        }
        ec = target_->client.explain(core_->ssl.native_handle(), ec, *this->context_.report);
        tell(ec);
        close_stream(core_->below());
        this->fail(ec);
    }

    void timer_fired(time_point now) override
    {
        if (now < give_up_at_)
            return;
        tell(errc::tls_timed_out);
        close_stream(core_->below());
        this->fail(errc::tls_timed_out);
    }

    /// Until the endpoint below has ended it may write to the report, which is only the caller's:
    /// so that end is waited for. It comes soon.
    void cancel() override
    {
        if (core_ != nullptr)
        {
            tell(asio::error::operation_aborted);
            return base::cancel();
        }
        cancelled_ = true;
        below_.emit(asio::cancellation_type::all);
    }

    /// The handshake has ended.
    void tell(error_code ec)
    {
        dial_report& report = *this->context_.report;
        if (report.traced)
            target_->client.tell(core_->ssl.native_handle(), ec,
                                 give_up_at_ - target_->client.options().timeout, this->now(),
                                 report);
    }

    void close_all() noexcept override
    {
        if (core_ != nullptr)
            close_stream(core_->below());
    }

    const std::shared_ptr<const target_type> target_;
    boost::intrusive_ptr<tls_core<below_type>> core_; // once there is a stream below
    time_point give_up_at_{};
    asio::cancellation_signal below_;
    bool cancelled_ = false; // while the endpoint below was dialling
};
}

#endif

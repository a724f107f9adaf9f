// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_PROXY_DIAL_HPP
#define HOLDFAST_DETAIL_PROXY_DIAL_HPP

#include <holdfast/detail/dial_op.hpp>
#include <holdfast/detail/proxy_client.hpp>
#include <holdfast/detail/stream_layers.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace holdfast::detail
{
/// What endpoints by way of a proxy that were copied from one another share.
template <class Endpoint>
struct proxy_target
{
    Endpoint below;
    std::unique_ptr<const proxy_client> client;
};

/// Dials the endpoint below, and has the proxy that is there go on.
template <class Endpoint>
class proxy_dial final : public dial_op<typename Endpoint::stream_type>
{
    using stream_type = typename Endpoint::stream_type;
    using base = dial_op<stream_type>;
    using target_type = proxy_target<Endpoint>;

public:
    proxy_dial(typename base::handler done, const dial_context& context,
               std::shared_ptr<const target_type> target)
        : base(std::move(done), context)
        , target_(std::move(target))
    {
    }

private:
    void begin() override
    {
        auto name = client().lookup_name();
        if (name.empty())
            return dial_below();
        report().phase = phase::lookup;
        begin_part();
        this->context_.resolver->async_resolve(
            this->context_.executor, std::move(name), address_family::any,
            asio::bind_cancellation_slot(below_.slot(),
                                         [self = this->shared_from_this(),
                                          this](error_code ec, const resolver::addresses& found)
                                         { looked_up(ec, found); }));
    }

    void looked_up(error_code ec, const resolver::addresses& found)
    {
        if (!this->pending())
            return;
        if (!ec)
            occasion_.target = found[(this->context_.attempt - 1) % found.size()];
        tell_step(ec);
        if (ec)
            return this->fail(ec);
        dial_below();
    }

    void dial_below()
    {
        now_ = doing::dialling;
        report().detail = client().not_reached();
        target_->below.async_connect(
            this->context_,
            asio::bind_cancellation_slot(below_.slot(), [self = this->shared_from_this(),
                                                         this](error_code ec, stream_type stream)
                                         { connected(ec, std::move(stream)); }));
    }

    void connected(error_code ec, stream_type stream)
    {
        if (cancelled_ && !ec) // but it had succeeded already
        {
            close_stream(stream);
            ec = asio::error::operation_aborted;
        }
        if (ec)
        {
            const auto not_reached = client().not_reached();
            auto& detail = report().detail;
            if (not_reached && detail && detail != not_reached) // the endpoint below says more
                detail = std::make_shared<const std::string>(*not_reached + ": " + *detail);
            return this->complete(ec, std::move(stream));
        }
        stream_.emplace(std::move(stream));
        now_ = doing::talking;
        report().phase = phase::proxy;
        report().detail = client().asked();
        begin_part();
        if (client().wants_addresses())
        {
            occasion_.local = local_text(*stream_);
            occasion_.remote = peer_text(*stream_);
        }
        dialogue_ = client().begin(occasion_);
        carry_out(dialogue_->begin());
    }

    void carry_out(proxy_step step)
    {
        if (step.code)
            return refused(step.code);
        read_max_ = step.read_max;
        if (step.write.empty())
            return read();
        written_ = std::move(step.write);
        asio::async_write(*stream_, asio::buffer(written_),
                          [self = this->shared_from_this(), this](error_code ec, std::size_t)
                          {
                              if (!this->pending())
                                  return; // it was cancelled or ran out of time
                              ec ? refused(ec) : read();
                          });
    }

    void read()
    {
        if (read_max_ == 0)
        {
            report().detail = nullptr;
            tell_step({});
            return this->complete({}, std::move(*stream_));
        }
        stream_->async_read_some(
            asio::buffer(read_, read_max_),
            [self = this->shared_from_this(), this](error_code ec, std::size_t size)
            {
                if (!this->pending())
                    return;
                ec ? refused(ec) : carry_out(dialogue_->received({read_.data(), size}));
            });
    }

    void refused(error_code ec)
    {
        std::string remark = dialogue_->remark();
        if (ec == asio::error::eof)
            remark = "it hung up";
        auto& detail = report().detail;
        if (!remark.empty())
            detail = std::make_shared<const std::string>(detail ? *detail + "; " + remark : remark);
        end(ec);
    }

    void end(error_code ec)
    {
        tell_step(ec);
        close_stream(*stream_);
        this->complete(ec, std::move(*stream_));
    }

    void timer_fired(time_point now) override
    {
        if (now < give_up_at_ || now_ == doing::dialling)
            return;
        if (now_ == doing::talking)
            return end(errc::proxy_timed_out);
        below_.emit(asio::cancellation_type::all);
        tell_step(errc::lookup_timed_out);
        this->fail(errc::lookup_timed_out);
    }

    /// Until the endpoint below has ended it may write to the report, which is only the caller's:
    /// so that end is waited for. It comes soon.
    void cancel() override
    {
        if (now_ != doing::dialling)
            return base::cancel();
        cancelled_ = true;
        below_.emit(asio::cancellation_type::all);
    }

    void close_all() noexcept override
    {
        if (stream_)
            close_stream(*stream_);
        else
            below_.emit(asio::cancellation_type::all);
    }

    void begin_part()
    {
        began_ = this->now();
        give_up_at_ = began_ + client().timeout();
        this->arm(give_up_at_);
    }

    void tell_step(error_code ec)
    {
        auto* const trace = trace_of(report());
        if (trace == nullptr)
            return;
        trace->step(
            {.phase = report().phase,
             .what = now_ == doing::talking ? client().act() : "look up " + client().lookup_name(),
             .began = began_,
             .ended = this->now(),
             .code = ec,
             .detail = ec && report().detail ? *report().detail : std::string(),
             .facts = facts()});
    }

    std::vector<std::pair<std::string, std::string>> facts() const
    {
        if (dialogue_ != nullptr)
            return dialogue_->facts();
        if (occasion_.target)
            return {{"address", occasion_.target->to_string()}};
        return {};
    }

    dial_report& report() const noexcept { return *this->context_.report; }
    const proxy_client& client() const noexcept { return *target_->client; }

    enum class doing : unsigned char
    {
        looking_up,
        dialling,
        talking,
    };

    const std::shared_ptr<const target_type> target_;
    std::optional<stream_type> stream_; // once there is one from below
    std::unique_ptr<proxy_dialogue> dialogue_;
    proxy_occasion occasion_;
    std::string written_;
    std::array<char, 256> read_;
    std::size_t read_max_ = 0;
    time_point began_{};
    time_point give_up_at_{};
    asio::cancellation_signal below_; // of the lookup, and of the endpoint below
    doing now_ = doing::looking_up;
    bool cancelled_ = false; // while the endpoint below was dialling
};
}

#endif

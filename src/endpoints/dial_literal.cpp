// SPDX-License-Identifier: BSL-1.0
#include "dial_tcp.hpp"
#include "sockets.hpp"

namespace holdfast::detail
{
namespace
{
class literal_dial final : public tcp_dial
{
public:
    literal_dial(handler done, const dial_context& context,
                 std::shared_ptr<const tcp::target> target)
        : tcp_dial(std::move(done), context)
        , target_(std::move(target))
        , peer_(*target_->literal, target_->port)
        , socket_(context.executor)
    {
    }

private:
    void begin() override
    {
        context_.report->phase = phase::connect;
        give_up_at_ = now() + target_->options.timeout;
        if (const error_code ec = prepare_socket(socket_, *target_, *target_->literal))
        {
            tell(ec);
            close(socket_);
            return post_failure(ec);
        }
        arm(give_up_at_);
        socket_.async_connect(peer_,
                              [self = shared_from_this(), this](error_code ec) { connected(ec); });
    }

    void connected(error_code ec)
    {
        if (!pending())
            return; // it was cancelled or ran out of time, and the socket is closed
        if (!ec)
            ec = finish_socket(socket_, *target_, peer_);
        tell(ec);
        if (!ec)
            return complete({}, std::move(socket_));
        close(socket_);
        fail(ec);
    }

    void timer_fired(time_point now) override
    {
        if (now < give_up_at_)
            return;
        tell(errc::connect_timed_out);
        close(socket_);
        fail(errc::connect_timed_out);
    }

    void cancel() override
    {
        tell(asio::error::operation_aborted);
        tcp_dial::cancel();
    }

    /// The connect has ended.
    void tell(error_code ec) const
    {
        if (auto* const trace = trace_of(*context_.report))
            tell_connect(*trace, peer_, give_up_at_ - target_->options.timeout, now(), ec);
    }

    void close_all() noexcept override { close(socket_); }

    const std::shared_ptr<const tcp::target> target_;
    const asio::ip::tcp::endpoint peer_;
    tcp_stream socket_;
    time_point give_up_at_{};
};
}

void dial_literal(tcp_dial::handler done, const dial_context& context,
                  std::shared_ptr<const tcp::target> target)
{
    tcp_dial::start<literal_dial>(std::move(done), context, std::move(target));
}
}

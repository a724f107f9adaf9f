// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RUN_FORWARD_END_HPP
#define HOLDFAST_TOOL_RUN_FORWARD_END_HPP

#include "run/job_end.hpp"

#include <holdfast/clock.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <string>

namespace tool
{
/// Listens on this machine, and has each connection used by one of the clients who come. When that
/// one leaves the connection ends, so that nobody gets what was meant for another; when the
/// connection ends its client is sent away. Those who come meanwhile wait for their turn.
///
/// What a server says before there is a client is kept for it, up to 64 KiB.
class forward_end final : public job_end
{
public:
    forward_end(const asio::any_io_executor& executor, forward_job job, note_sink note);
    ~forward_end() override;

    void listen() override;
    void open() override;
    bool listening() const noexcept override;
    bool adopt(hf::owned_descriptor& listening) override;
    bool take_over(job_end& other) noexcept override;
    void close() noexcept override;
    void wanted(bool now) noexcept override;
    bool connection_ended() noexcept override;

    asio::awaitable<transfer> read(std::span<char> buffer) override;
    asio::awaitable<error_code> write(std::string_view bytes) override;

private:
    using protocol = asio::generic::stream_protocol;
    using acceptor_type = asio::basic_socket_acceptor<protocol>;

    struct waiting_client
    {
        protocol::socket socket;
        hf::time_point until;
    };

    struct shared; // with the accept that is under way, which may outlive this

    bool take_next() noexcept;
    asio::awaitable<error_code> changed();
    void wake() noexcept { changed_.cancel(); }

    asio::any_io_executor executor_;
    forward_job job_;
    std::shared_ptr<shared> shared_;
    asio::steady_timer changed_; // is cancelled when something has
    std::string early_;          // came before the client
    bool greeting_ = false;      // what came before is being written to it
    bool left_ = false;          // the client, by itself
};
}

#endif

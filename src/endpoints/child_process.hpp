// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_CHILD_PROCESS_HPP
#define HOLDFAST_SRC_ENDPOINTS_CHILD_PROCESS_HPP

#include "launch.hpp"

#include <holdfast/clock.hpp>
#include <holdfast/detail/few_buffers.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace holdfast::detail
{
/// A child that runs, from its start until it was waited for: what is behind a `process_stream`,
/// which it outlasts.
///
/// Handlers of the user are held by operations of Asio only, so that a context that is destroyed
/// takes them along. Once the child has ended it is left unwaited for until the stream is closed:
/// so long its number, which is that of its group, belongs to nobody else.
///
/// On the executor of the dial, which is serial.
class child_process final : public std::enable_shared_from_this<child_process>, private clock::timer
{
public:
    using handler = asio::any_completion_handler<void(error_code, std::size_t)>;

    /// Takes over `child`. Null, with the error, if that cannot be: then it is killed.
    static std::shared_ptr<child_process> adopt(const dial_context& context, duration grace,
                                                launched& child, error_code& ec);

    child_process(const dial_context& context, duration grace);
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    /// Kills it if it runs, and waits for it.
    ~child_process();

    ::pid_t id() const noexcept { return id_; }
    bool is_open() const noexcept { return !closed_; }

    void read(const few_buffers<asio::mutable_buffer>& buffers, handler done);
    void write(const few_buffers<asio::const_buffer>& buffers, handler done);
    void write_at_once(asio::const_buffer bytes) noexcept;
    void end_input() noexcept;

    /// Closes the stream. The process is asked to end, and killed after its grace.
    void close() noexcept;

    /// Closes the stream and kills the process.
    void cut_off() noexcept;

    void tie(stream_link& link) noexcept;

private:
    void take_over(launched& child, error_code& ec);
    void wait_for_end();
    void look() noexcept;
    void finish() noexcept;
    void signal_group(int signal) const noexcept;
    void arm_grace() noexcept;
    void disarm() noexcept { clock_->disarm(*this); }
    void expired() override; // with the clock's lock, on any thread
    void grace_is_over() noexcept;
    void kill() noexcept;
    std::uint32_t unread() noexcept;
    void when_ended(asio::any_completion_handler<void()> told);

    void have_read(error_code ec, std::size_t n, const few_buffers<asio::mutable_buffer>& buffers,
                   handler done);
    std::size_t write_now(const few_buffers<asio::const_buffer>& buffers, error_code& ec) noexcept;
    void wait_to_write(const few_buffers<asio::const_buffer>& buffers, handler done);
    void may_write(error_code ec, const few_buffers<asio::const_buffer>& buffers, handler done);
    void have_written(error_code ec, std::size_t n, handler done);
    void complete_at_end(error_code otherwise, handler done);
    void end_awaited(error_code otherwise, handler done);
    error_code reason(error_code otherwise) const noexcept;

    asio::any_io_executor executor_;
    clock* clock_;
    duration grace_;
    asio::posix::stream_descriptor in_;  // its input
    asio::posix::stream_descriptor out_; // its output
    asio::posix::stream_descriptor end_; // readable when it has ended
    stream_link* link_ = nullptr;
    std::optional<error_code> ended_; // how, once it has
    time_point until_{};              // its grace, or the wait for its exit status
    std::uint32_t unread_ = 0;        // what it had not read when the stream was closed
    ::pid_t id_ = 0;
    bool closed_ = false;
    bool waiting_ = false;  // for the exit status of a process that has closed its output or input
    bool given_up_ = false; // and no longer
    bool gone_ = false;     // it was waited for
};
}

#endif

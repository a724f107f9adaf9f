// SPDX-License-Identifier: BSL-1.0
#include "child_process.hpp"

#include "sockets.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <new>
#include <utility>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

namespace holdfast::detail
{
namespace
{
using wait_type = asio::posix::descriptor_base::wait_type;

/// How long a context that is destroyed waits for a child that was killed: one that hangs within
/// the system, as on a disk that is gone, is left behind.
constexpr int patience_in_ms = 1000;

/// Keeps this thread from SIGPIPE, which a library must neither raise nor ignore for all.
class no_sigpipe
{
public:
    no_sigpipe() noexcept
    {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
        if (::sigismember(&before_, SIGPIPE) == 0)
            return;
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    }

    no_sigpipe(const no_sigpipe&) = delete;
    no_sigpipe& operator=(const no_sigpipe&) = delete;
    ~no_sigpipe() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    /// It was raised: takes it away.
    void take() const noexcept
    {
        constexpr timespec at_once{};
        if (!was_pending_)
            ::sigtimedwait(&pipe_, nullptr, &at_once);
    }

private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

error_code how_it_ended(const siginfo_t& end)
{
    if (end.si_code != CLD_EXITED)
        return {256 + end.si_status, process_category()};
    return end.si_status != 0 ? error_code(end.si_status, process_category()) : error_code();
}

/// Ends what is pending on a descriptor, so that it is looked at anew.
void wake(asio::posix::stream_descriptor& d) noexcept
{
    error_code ignored; // what cannot be cancelled is not under way
    static_cast<void>(d.cancel(ignored));
}

void assign(asio::posix::stream_descriptor& to, owned_descriptor& from, error_code& ec)
{
    if (!ec && !to.assign(from.get(), ec))
    {
        static_cast<void>(from.release());
        static_cast<void>(to.non_blocking(true, ec)); // which tells the same twice
    }
}
}

std::shared_ptr<child_process> child_process::adopt(const dial_context& context, duration grace,
                                                    launched& child, error_code& ec)
{
    std::shared_ptr<child_process> p;
    try
    {
        p = std::make_shared<child_process>(context, grace);
        p->take_over(child, ec);
    }
    catch (const std::bad_alloc&)
    {
        ec.assign(ENOMEM, boost::system::system_category());
    }
    if (!ec)
        return p;
    if (child.id != 0)
    {
        ::kill(-child.id, SIGKILL);
        ::waitpid(child.id, nullptr, 0);
    }
    return nullptr;
}

child_process::child_process(const dial_context& context, duration grace)
    : executor_(context.executor)
    , clock_(context.clock)
    , grace_(grace)
    , in_(executor_)
    , out_(executor_)
    , end_(executor_)
{
}

child_process::~child_process()
{
    if (link_ != nullptr)
        std::exchange(link_, nullptr)->stream_gone(unread_);
    disarm();
    if (id_ == 0 || gone_)
        return;
    signal_group(SIGKILL);
    pollfd end{end_.native_handle(), POLLIN, 0};
    ::poll(&end, 1, patience_in_ms);
    ::waitpid(id_, nullptr, WNOHANG);
}

void child_process::take_over(launched& child, error_code& ec)
{
    assign(in_, child.input, ec);
    assign(out_, child.output, ec);
    assign(end_, child.process, ec);
    if (ec)
        return;
    wait_for_end();
    id_ = std::exchange(child.id, 0);
}

void child_process::wait_for_end()
{
    end_.async_wait(wait_type::wait_read,
                    [self = shared_from_this(), this](error_code)
                    {
                        look();
                        if (!ended_) // it was cancelled, to wake others who wait
                            wait_for_end();
                    });
}

/// Looks whether it has ended.
void child_process::look() noexcept
{
    if (ended_)
        return;
    siginfo_t end{};
    int result = 0;
    do
        result = ::waitid(P_PID, static_cast<id_t>(id_), &end, WEXITED | WNOHANG | WNOWAIT);
    while (result != 0 && errno == EINTR);
    if (result == 0 && end.si_pid == 0)
        return;
    gone_ = result != 0; // somebody else has waited for it: its number may be anybody's
    ended_ = gone_ ? error_code() : how_it_ended(end);
    if (closed_)
        return finish();
    disarm();
    wake(in_);
    wake(out_);
}

/// It has ended and nobody needs it any more: so do all of its group.
void child_process::finish() noexcept
{
    signal_group(SIGKILL);
    if (!std::exchange(gone_, true))
        while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR)
        {
        }
    disarm();
    detail::close(end_);
    if (link_ != nullptr)
        std::exchange(link_, nullptr)->stream_gone(unread_);
}

void child_process::signal_group(int signal) const noexcept
{
    if (!gone_)
        ::kill(-id_, signal);
}

void child_process::close() noexcept
{
    if (closed_)
        return;
    unread_ = unread();
    closed_ = true;
    disarm();
    detail::close(in_);
    detail::close(out_);
    if (ended_)
        return finish();
    wake(end_); // whoever waits for its exit status waits no more
    signal_group(SIGTERM);
    signal_group(SIGCONT); // or one that is stopped would not notice
    arm_grace();
}

void child_process::cut_off() noexcept
{
    close();
    kill();
}

void child_process::kill() noexcept
{
    signal_group(SIGKILL);
}

void child_process::arm_grace() noexcept
{
    until_ = clock_->now() + grace_;
    clock_->arm(*this, until_);
}

void child_process::expired()
{
    if (auto self = weak_from_this().lock())
        asio::post(executor_, [self = std::move(self)] { self->grace_is_over(); });
}

void child_process::grace_is_over() noexcept
{
    if (clock_->now() < until_)
        return; // it was armed anew meanwhile
    if (closed_)
        return kill();
    given_up_ = true;
    wake(end_);
}

/// The bytes in its input that it has not read.
std::uint32_t child_process::unread() noexcept
{
    int bytes = 0;
    if (in_.is_open() && ::ioctl(in_.native_handle(), FIONREAD, &bytes) == 0 && bytes > 0)
        return static_cast<std::uint32_t>(bytes);
    return 0;
}

void child_process::tie(stream_link& link) noexcept
{
    static constexpr stream_link::operations table{
        .close = [](void* p) noexcept { static_cast<child_process*>(p)->close(); },
        .unacknowledged =
            [](void* p) noexcept
        {
            auto* const self = static_cast<child_process*>(p);
            return self->closed_ ? self->unread_ : self->unread();
        },
        .untie = [](void* p) noexcept { static_cast<child_process*>(p)->link_ = nullptr; },
        .cut_off = [](void* p) noexcept { static_cast<child_process*>(p)->cut_off(); },
        .when_ended = [](void* p, asio::any_completion_handler<void()> told)
        { static_cast<child_process*>(p)->when_ended(std::move(told)); },
    };
    if (link_ != nullptr)
        std::exchange(link_, nullptr)->stream_gone(0);
    link.untie();
    link.tie(this, &table);
    link_ = &link;
}

void child_process::when_ended(asio::any_completion_handler<void()> told)
{
    close(); // if nobody has: it would not be waited for
    end_.async_wait(wait_type::wait_read,
                    [self = shared_from_this(), this, told = std::move(told)](error_code) mutable
                    {
                        look(); // lest this comes before the other who waits
                        if (!gone_)
                            return when_ended(std::move(told));
                        std::move(told)();
                    });
}

void child_process::read(const few_buffers<asio::mutable_buffer>& buffers, handler done)
{
    const auto slot = asio::get_associated_cancellation_slot(done);
    const auto start = [&](const auto& within)
    {
        out_.async_read_some(
            within, asio::bind_cancellation_slot(
                        slot, [self = shared_from_this(), this, buffers,
                               done = std::move(done)](error_code ec, std::size_t n) mutable
                        { have_read(ec, n, buffers, std::move(done)); }));
    };
    if (buffers.size() <= 1)
        start(buffers.front());
    else
        start(buffers);
    if (ended_) // others may keep its output open; what there is, is read all the same
        wake(out_);
}

void child_process::have_read(error_code ec, std::size_t n,
                              const few_buffers<asio::mutable_buffer>& buffers, handler done)
{
    if (ec == asio::error::operation_aborted && ended_ && !closed_)
    {
        n = out_.read_some(buffers, ec);
        if (ec == asio::error::would_block) // others keep it open, and we wait for none of them
            ec = asio::error::eof;
    }
    if (ec == asio::error::eof)
        return complete_at_end(ec, std::move(done));
    std::move(done)(ec, n);
}

void child_process::write(const few_buffers<asio::const_buffer>& buffers, handler done)
{
    error_code ec;
    std::size_t n = 0;
    if (ended_ || !in_.is_open())
        ec = closed_ ? asio::error::bad_descriptor : asio::error::broken_pipe;
    else
        n = write_now(buffers, ec);
    if (ec == asio::error::would_block)
        return wait_to_write(buffers, std::move(done));
    asio::post(executor_, [self = shared_from_this(), this, ec, n, done = std::move(done)]() mutable
               { have_written(ec, n, std::move(done)); });
}

std::size_t child_process::write_now(const few_buffers<asio::const_buffer>& buffers,
                                     error_code& ec) noexcept
{
    const no_sigpipe guard;
    const auto n = in_.write_some(buffers, ec);
    if (ec == asio::error::broken_pipe)
        guard.take();
    return n;
}

void child_process::write_at_once(asio::const_buffer bytes) noexcept
{
    error_code ignored; // a process that reads no more is told nothing
    if (in_.is_open())
        write_now(few_buffers<asio::const_buffer>(bytes), ignored);
}

void child_process::end_input() noexcept
{
    detail::close(in_);
}

void child_process::wait_to_write(const few_buffers<asio::const_buffer>& buffers, handler done)
{
    const auto slot = asio::get_associated_cancellation_slot(done);
    in_.async_wait(wait_type::wait_write, asio::bind_cancellation_slot(
                                              slot, [self = shared_from_this(), this, buffers,
                                                     done = std::move(done)](error_code ec) mutable
                                              { may_write(ec, buffers, std::move(done)); }));
}

void child_process::may_write(error_code ec, const few_buffers<asio::const_buffer>& buffers,
                              handler done)
{
    std::size_t n = 0;
    if (ec == asio::error::operation_aborted && ended_ && !closed_)
        ec = asio::error::broken_pipe;
    else if (!ec)
        n = write_now(buffers, ec);
    if (ec == asio::error::would_block)
        return wait_to_write(buffers, std::move(done));
    have_written(ec, n, std::move(done));
}

void child_process::have_written(error_code ec, std::size_t n, handler done)
{
    if (ec == asio::error::broken_pipe && !closed_)
        return complete_at_end(ec, std::move(done));
    std::move(done)(ec, n);
}

/// Completes with how it has ended. If it has not yet, though it has closed its side, that is
/// waited for: what a pipe tells comes before the exit status. After its grace `otherwise`.
void child_process::complete_at_end(error_code otherwise, handler done)
{
    look();
    const bool by_us = !in_.is_open() && otherwise == asio::error::broken_pipe;
    if (ended_ || given_up_ || by_us)
        return std::move(done)(reason(otherwise), 0);
    if (!std::exchange(waiting_, true))
        arm_grace();
    const auto slot = asio::get_associated_cancellation_slot(done);
    end_.async_wait(wait_type::wait_read,
                    asio::bind_cancellation_slot(slot, [self = shared_from_this(), this, otherwise,
                                                        done = std::move(done)](error_code) mutable
                                                 { end_awaited(otherwise, std::move(done)); }));
}

void child_process::end_awaited(error_code otherwise, handler done)
{
    look();
    const bool told = !closed_ && (ended_ || given_up_);
    std::move(done)(told ? reason(otherwise) : error_code(asio::error::operation_aborted), 0);
}

error_code child_process::reason(error_code otherwise) const noexcept
{
    return ended_ && *ended_ ? *ended_ : otherwise;
}
}

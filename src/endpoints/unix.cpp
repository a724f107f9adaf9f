// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/unix.hpp>

#include <holdfast/detail/dial_op.hpp>
#include <holdfast/duration.hpp>
#include <holdfast/endpoints/description.hpp>

#include "sockets.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <stdexcept>

#include <sys/un.h>
#include <unistd.h>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;
using endpoint_type = asio::local::stream_protocol::endpoint;

/// How often a listener that is behind is tried again. The system does not say when it has room.
constexpr duration busy_interval = 20ms;

constexpr duration timeout_max = 9h;

constexpr std::size_t path_max = sizeof(sockaddr_un::sun_path) - 1;

[[noreturn]] void refuse(const std::string& what)
{
    throw std::invalid_argument("unix: " + what);
}

bool is_abstract(const std::string& path)
{
    return path.front() == '@' || path.front() == '\0';
}

/// Whether `path.lock` names a process that lives.
bool is_locked(const std::string& path)
{
    char link[32];
    const ssize_t length = ::readlink((path + ".lock").c_str(), link, sizeof link);
    if (length <= 0)
        return false;
    ::pid_t process = 0;
    const auto [end, ec] = std::from_chars(link, link + length, process);
    if (ec != std::errc() || end != link + length || process <= 0)
        return false;
    return ::kill(process, 0) == 0 || errno == EPERM; // it lives, and is somebody else's
}
}

struct unix_socket::target
{
    std::string path;
    unix_options options;
    endpoint_type peer;
};

namespace
{
using unix_stream = unix_socket::stream_type;

/// A Unix socket connects at once or not at all; only a listener whose queue is full is tried
/// again.
class unix_dial final : public detail::dial_op<unix_stream>
{
public:
    unix_dial(handler done, const dial_context& context,
              std::shared_ptr<const unix_socket::target> target)
        : dial_op(std::move(done), context)
        , target_(std::move(target))
        , socket_(context.executor)
    {
    }

private:
    void begin() override
    {
        context_.report->phase = phase::connect;
        if (trace_of(*context_.report) != nullptr)
            began_ = now();
        error_code ec;
        if (target_->options.lockfile && !is_locked(target_->path))
            ec = errc::no_listener;
        if (!ec)
            ec = detail::open(socket_, asio::local::stream_protocol());
        if (!ec)
            ec = socket_.native_non_blocking(true, ec); // connect() must not wait for a listener
        if (!ec)
            ec = connect();
        if (ec == asio::error::would_block)
        {
            give_up_at_ = now() + target_->options.timeout;
            return wait_for_listener();
        }
        tell(ec);
        if (!ec)
            return post_completion({}, std::move(socket_));
        detail::close(socket_);
        post_failure(ec);
    }

    error_code connect()
    {
        if (::connect(socket_.native_handle(), target_->peer.data(),
                      static_cast<socklen_t>(target_->peer.size())) == 0)
            return {};
        return {errno, boost::system::system_category()};
    }

    void wait_for_listener()
    {
        context_.clock->async_wait_until(
            context_.executor, std::min(now() + busy_interval, give_up_at_),
            asio::bind_cancellation_slot(wait_.slot(), [self = shared_from_this(), this](error_code)
                                         { guarded([this] { try_again(); }); }));
    }

    void try_again()
    {
        if (!pending())
            return; // it was cancelled, and the socket is closed
        error_code ec = connect();
        if (ec == asio::error::would_block)
        {
            if (now() < give_up_at_)
                return wait_for_listener();
            ec = errc::connect_timed_out;
        }
        tell(ec);
        if (!ec)
            return complete({}, std::move(socket_));
        detail::close(socket_);
        fail(ec);
    }

    void cancel() override
    {
        tell(asio::error::operation_aborted);
        dial_op::cancel();
    }

    /// The connect has ended.
    void tell(error_code ec) const
    {
        if (auto* const trace = trace_of(*context_.report))
            trace->step({.phase = phase::connect,
                         .what = "connect to " + target_->path,
                         .began = began_,
                         .ended = now(),
                         .code = ec});
    }

    void close_all() noexcept override
    {
        detail::close(socket_);
        wait_.emit(asio::cancellation_type::all);
    }

    const std::shared_ptr<const unix_socket::target> target_;
    unix_stream socket_;
    time_point began_{}; // known only if somebody is told of it
    time_point give_up_at_{};
    asio::cancellation_signal wait_;
};
}

unix_socket::unix_socket(std::string path, unix_options options)
{
    if (path.empty())
        refuse("the path is empty");
    const bool abstract = is_abstract(path);
#if !defined(__linux__)
    if (abstract)
        refuse("only Linux has abstract sockets");
#endif
    if (path.size() > path_max)
        refuse("the path has " + std::to_string(path.size()) + " bytes, and at most " +
               std::to_string(path_max) + " are possible");
    if (path.find('\0', 1) != std::string::npos)
        refuse("the path has a zero byte");
    if (options.timeout <= 0s || options.timeout > timeout_max)
        refuse("timeout " + to_string(options.timeout) + " is not between zero and 9 hours");
    if (abstract && options.lockfile)
        refuse("lockfile: an abstract socket has no place for a lock file");

    auto t = std::make_shared<target>();
    if (abstract)
        path.front() = '\0';
    t->peer = endpoint_type(path);
    if (abstract)
        path.front() = '@';
    t->path = std::move(path);
    t->options = options;
    target_ = std::move(t);
}

const std::string& unix_socket::path() const noexcept
{
    return target_->path;
}

const unix_options& unix_socket::options() const noexcept
{
    return target_->options;
}

void unix_socket::start_connect::start(
    asio::any_completion_handler<void(error_code, stream_type&&)> done,
    std::shared_ptr<const target> target, const dial_context& context)
{
    unix_dial::start<unix_dial>(std::move(done), context, std::move(target));
}

std::string to_string(const unix_socket& endpoint)
{
    const unix_options usual;
    const unix_options& o = endpoint.options();
    std::string text = "unix:" + quote(endpoint.path());
    if (o.timeout != usual.timeout)
        text += ":timeout=" + to_string(o.timeout);
    if (o.lockfile)
        text += ":lockfile=1";
    return text;
}
}

// SPDX-License-Identifier: BSL-1.0
#include "run/forward_end.hpp"

#include "run/listen_address.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tool
{
namespace
{
constexpr auto in_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t early_max = 65'536;
constexpr std::chrono::milliseconds next_accept{100};

/// Whether the peer has closed it, with nothing left to be read.
bool has_left(asio::generic::stream_protocol::socket& s) noexcept
{
    char byte = 0;
    const auto n = ::recv(s.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

std::string path_of(const asio::generic::stream_protocol::endpoint& where)
{
    const auto* const unix_address = reinterpret_cast<const sockaddr_un*>(where.data());
    return where.protocol().family() == AF_UNIX ? unix_address->sun_path : "";
}

/// Takes away the socket of a program that is gone; one that answers stays.
void remove_stale(const asio::generic::stream_protocol::endpoint& where, const std::string& path)
{
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode))
        return;
    const int s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return;
    const bool gone = ::connect(s, where.data(), static_cast<socklen_t>(where.size())) != 0 &&
                      errno == ECONNREFUSED;
    ::close(s);
    if (gone)
        ::unlink(path.c_str());
}

bool on_this_machine(const sockaddr& a, socklen_t length)
{
    if (a.sa_family == AF_UNIX)
        return true;
    asio::ip::tcp::endpoint tcp;
    tcp.resize(std::min<std::size_t>(length, tcp.capacity()));
    std::memcpy(tcp.data(), &a, tcp.size());
    return tcp.address().is_loopback();
}
}

struct forward_end::shared : std::enable_shared_from_this<shared>
{
    shared(const asio::any_io_executor& executor, forward_job f, note_sink n)
        : acceptor(executor)
        , clock(hf::default_clock(executor))
        , pause(executor)
        , job(std::move(f))
        , note(std::move(n))
    {
    }

    void accept()
    {
        acceptor.async_accept(
            [self = shared_from_this()](error_code ec, protocol::socket s)
            {
                if (!ec && self->heir != nullptr)
                    return self->heir->come(std::move(s));
                if (ec == asio::error::operation_aborted || !self->acceptor.is_open())
                    return;
                if (ec)
                    return self->accept_later(ec);
                self->come(std::move(s));
                self->accept();
            });
    }

    /// It has no descriptors, or the like, which will not change at once.
    void accept_later(error_code ec)
    {
        if (!std::exchange(told, true))
            note("forward: no client can be accepted: " + ec.message());
        pause.expires_after(next_accept);
        pause.async_wait(
            [self = shared_from_this()](error_code cancelled)
            {
                if (!cancelled)
                    self->accept();
            });
    }

    void come(protocol::socket s)
    {
        told = false;
        drop_impatient();
        if (!wanted || waiting.size() >= job.clients)
            return; // is closed
        error_code ignored;
        if (path.empty())
            ignored = s.set_option(asio::ip::tcp::no_delay(true), ignored);
        waiting.push_back({std::move(s), clock.now() + job.wait});
        if (on_change)
            on_change();
        watch();
    }

    /// Sends away who has waited for too long. They stand in the order of their time.
    void drop_impatient() noexcept
    {
        while (!waiting.empty() && waiting.front().until <= clock.now())
            waiting.pop_front();
    }

    void watch()
    {
        if (waiting.empty())
            return;
        const auto ahead = std::max(waiting.front().until - clock.now(), hf::duration::zero());
        patience.expires_after(std::chrono::duration_cast<std::chrono::nanoseconds>(ahead));
        patience.async_wait(
            [self = shared_from_this()](error_code cancelled)
            {
                if (cancelled)
                    return;
                self->drop_impatient();
                self->watch();
            });
    }

    void close() noexcept
    {
        error_code ignored;
        if (acceptor.is_open() && !path.empty())
            ::unlink(path.c_str());
        ignored = acceptor.close(ignored);
        pause.cancel();
        patience.cancel();
        waiting.clear();
        if (client)
            ignored = client->close(ignored); // somebody may be writing to it
        on_change = nullptr;
    }

    /// Gives the listener away, and whoever is about to come with it.
    void hand_over(shared& to)
    {
        heir = to.shared_from_this();
        acceptor.cancel();
        to.acceptor = std::move(acceptor);
        to.path = std::exchange(path, "");
        to.waiting = std::move(waiting); // they stand in the order of their time
        waiting.clear();
        to.watch();
        to.accept();
    }

    acceptor_type acceptor;
    hf::clock& clock;
    asio::steady_timer pause;
    asio::steady_timer patience{pause.get_executor()};
    forward_job job;
    note_sink note;
    std::string path; // of a Unix socket
    std::deque<waiting_client> waiting;
    std::optional<protocol::socket> client;
    std::function<void()> on_change;
    std::shared_ptr<shared> heir; // who has the listener now
    bool wanted = false;
    bool told = false; // that nobody can be accepted
};

forward_end::forward_end(const asio::any_io_executor& executor, forward_job job, note_sink note)
    : executor_(executor)
    , job_(job)
    , shared_(std::make_shared<shared>(executor, std::move(job), std::move(note)))
    , changed_(executor,
               asio::steady_timer::time_point::max()) // all who wait, until it is cancelled
{
    shared_->on_change = [this] { wake(); };
}

forward_end::~forward_end()
{
    close();
}

/// A port may need privileges. The path of a Unix socket needs none, and its socket should belong
/// to the user who the program becomes.
void forward_end::listen()
{
    if (!job_.listen.starts_with("unix:"))
        open();
}

void forward_end::open()
try
{
    if (shared_->acceptor.is_open())
        return;
    const auto where = listen_address(job_.listen);
    const auto path = path_of(where);
    if (!path.empty())
        remove_stale(where, path);
    shared_->acceptor.open(where.protocol());
    shared_->acceptor.set_option(asio::socket_base::reuse_address(true));
    if (!path.empty()) // before there is a file: the group may connect too
        ::fchmod(shared_->acceptor.native_handle(), 0660);
    shared_->acceptor.bind(where);
    shared_->path = path;
    shared_->acceptor.listen();
    shared_->accept();
}
catch (const boost::system::system_error& e)
{
    error_code ignored;
    ignored = shared_->acceptor.close(ignored);
    throw std::runtime_error(
        fmt::format("forward: cannot listen at {}: {}", job_.listen, e.code().message()));
}

bool forward_end::listening() const noexcept
{
    return shared_->acceptor.is_open();
}

bool forward_end::adopt(hf::owned_descriptor& listening)
{
    const auto where = listen_address(job_.listen);
    int listens = 0;
    socklen_t size = sizeof listens;
    asio::generic::stream_protocol::endpoint found;
    auto length = static_cast<socklen_t>(found.capacity());
    const bool known =
        ::getsockopt(listening.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
        ::getsockname(listening.get(), found.data(), &length) == 0;
    if (!known || listens != 1 || found.data()->sa_family != where.data()->sa_family)
        throw std::runtime_error(fmt::format(
            "forward: the socket that was passed does not listen at the like of {}", job_.listen));
    if (!on_this_machine(*found.data(), length))
        throw std::runtime_error(
            "forward: the socket that was passed could be reached from elsewhere");
    shared_->acceptor.assign(where.protocol(), listening.release());
    shared_->accept();
    return true;
}

bool forward_end::take_over(job_end& other) noexcept
{
    auto* const old = dynamic_cast<forward_end*>(&other);
    if (old == nullptr || old->job_.listen != job_.listen || !old->shared_->acceptor.is_open())
        return false;
    old->shared_->hand_over(*shared_);
    return true;
}

void forward_end::close() noexcept
{
    shared_->close();
    wake();
}

void forward_end::wanted(bool now) noexcept
{
    shared_->wanted = now;
    if (!now)
        shared_->waiting.clear();
}

bool forward_end::connection_ended() noexcept
{
    shared_->client.reset(); // which nobody uses any more
    early_.clear();
    greeting_ = false;
    return std::exchange(left_, false);
}

bool forward_end::take_next() noexcept
{
    auto& waiting = shared_->waiting;
    while (!shared_->client && !waiting.empty())
    {
        if (waiting.front().until > shared_->clock.now() && !has_left(waiting.front().socket))
            shared_->client.emplace(std::move(waiting.front().socket));
        waiting.pop_front();
    }
    return shared_->client.has_value();
}

asio::awaitable<error_code> forward_end::changed()
{
    const auto [ec] = co_await changed_.async_wait(in_tuple);
    // Woken and cancelled look alike.
    co_return (co_await asio::this_coro::cancellation_state).cancelled() !=
            asio::cancellation_type::none
        ? ec
        : error_code();
}

asio::awaitable<transfer> forward_end::read(std::span<char> buffer)
{
    while (!shared_->client)
    {
        if (take_next())
        {
            greeting_ = true;
            const auto greeting = std::exchange(early_, {});
            const auto [ec, n] =
                co_await asio::async_write(*shared_->client, asio::buffer(greeting), in_tuple);
            greeting_ = false;
            wake();
            if (ec == asio::error::operation_aborted)
                co_return transfer{ec, 0};
        }
        else if (const auto ec = co_await changed())
            co_return transfer{ec, 0};
    }
    const auto [ec, n] = co_await shared_->client->async_read_some(
        asio::buffer(buffer.data(), buffer.size()), in_tuple);
    if (ec && ec != asio::error::operation_aborted)
    {
        left_ = true;
        co_return transfer{asio::error::eof, n};
    }
    co_return transfer{ec, n};
}

asio::awaitable<error_code> forward_end::write(std::string_view bytes)
{
    while (greeting_ || (!shared_->client && early_.size() + bytes.size() > early_max))
        if (const auto ec = co_await changed())
            co_return ec;
    if (!shared_->client)
    {
        early_ += bytes;
        co_return error_code();
    }
    const auto [ec, n] =
        co_await asio::async_write(*shared_->client, asio::buffer(bytes), in_tuple);
    if (ec && ec != asio::error::operation_aborted)
    {
        left_ = true;
        co_return asio::error::broken_pipe;
    }
    co_return ec;
}
}

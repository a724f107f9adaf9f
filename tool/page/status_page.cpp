// SPDX-License-Identifier: BSL-1.0
#include "status_page.hpp"

#include "error.hpp"
#include "page/visitors.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <netinet/in.h>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace tool
{
namespace
{
using protocol = asio::generic::stream_protocol;
using acceptor = asio::basic_socket_acceptor<protocol>;

/// How long to wait when the system has no descriptor left for whoever comes.
constexpr std::chrono::seconds pause{1};

asio::ip::tcp::endpoint parse(const std::string& text)
{
    const auto colon = text.rfind(':');
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != host.npos)
        host.clear(); // an IPv6 address without brackets
    std::uint16_t port = 0;
    const auto* begin = text.data() + (colon == text.npos ? text.size() : colon + 1);
    const auto* end = text.data() + text.size();
    const auto [stop, wrong] = std::from_chars(begin, end, port);
    hf::error_code none;
    const auto address = asio::ip::make_address(host, none);
    if (none || wrong != std::errc() || stop != end)
        throw std::invalid_argument("status: " + quoted(text) +
                                    " is no address with a port, such as 127.0.0.1:8080 or "
                                    "[::1]:8080");
    return {address, port};
}

/// Where a socket is bound: nothing if it is of another kind than TCP.
std::optional<asio::ip::tcp::endpoint> tcp_endpoint_of(const protocol::endpoint& e)
{
    const int family = e.protocol().family();
    if (family != AF_INET && family != AF_INET6)
        return std::nullopt;
    asio::ip::tcp::endpoint tcp;
    tcp.resize(e.size());
    std::memcpy(tcp.data(), e.data(), e.size());
    return tcp;
}

void check(const asio::ip::tcp::endpoint& e, const std::string& token)
{
    if (e.address().is_loopback() || !token.empty())
        return;
    throw std::invalid_argument("status: " + e.address().to_string() +
                                " can be reached from other machines, and no token is asked of "
                                "them; set status_token, or use 127.0.0.1");
}

/// What the system says of `option` of the socket.
int socket_option(int number, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(number, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/// Keeps it from the commands that are run.
void close_on_exec(int number)
{
    ::fcntl(number, F_SETFD, FD_CLOEXEC);
}

void open(acceptor& a, const page_options& options)
{
    if (options.listening >= 0)
    {
        if (socket_option(options.listening, SO_ACCEPTCONN) != 1 ||
            socket_option(options.listening, SO_TYPE) != SOCK_STREAM)
            throw std::invalid_argument("status: descriptor " + std::to_string(options.listening) +
                                        " is no stream socket that listens");
        a.assign(protocol(socket_option(options.listening, SO_DOMAIN),
                          socket_option(options.listening, SO_PROTOCOL)),
                 options.listening);
        if (const auto tcp = tcp_endpoint_of(a.local_endpoint()))
            check(*tcp, options.token);
        return;
    }
    const auto endpoint = parse(options.address);
    check(endpoint, options.token);
    try
    {
        a.open(protocol(endpoint.protocol()));
        a.set_option(asio::socket_base::reuse_address(true));
        a.bind(protocol::endpoint(endpoint));
        a.listen();
    }
    catch (const boost::system::system_error& e)
    {
        throw boost::system::system_error(e.code(), "status: listening on " + options.address);
    }
}

access access_to(const acceptor& a, const page_options& options)
{
    const auto tcp = tcp_endpoint_of(a.local_endpoint());
    return access(options.token, tcp && tcp->address().is_loopback());
}
}

void check(const page_options& options)
{
    const auto e = parse(options.address);
    check(e, options.token);
    static_cast<void>(access(options.token, e.address().is_loopback()));
}

class status_page::listener : public std::enable_shared_from_this<listener>
{
public:
    listener(const asio::any_io_executor& executor, services_view& view,
             const page_options& options)
        : clock_(options.clock != nullptr ? *options.clock : hf::default_clock(executor))
        , acceptor_(executor)
    {
        open(acceptor_, options);
        close_on_exec(acceptor_.native_handle());
        visitors_ =
            std::make_shared<visitors>(executor, clock_, view, access_to(acceptor_, options));
    }

    void start()
    {
        asio::co_spawn(
            acceptor_.get_executor(), [self = shared_from_this()]() { return self->accept_all(); },
            asio::detached);
    }

    void stop() noexcept
    {
        hf::error_code ignored; // it is closed all the same
        ignored = acceptor_.close(ignored);
        pause_.emit(asio::cancellation_type::terminal);
        visitors_->stop();
    }

    acceptor& socket() noexcept { return acceptor_; }

private:
    /// Whatever goes wrong with one does not keep others from coming.
    void take(visitors::socket s)
    try
    {
        close_on_exec(s.native_handle());
        visitors_->take(std::move(s));
    }
    catch (const std::exception&) // no memory; it is closed
    {
    }

    asio::awaitable<void> accept_all()
    {
        while (acceptor_.is_open())
        {
            auto [ec, s] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
            if (!acceptor_.is_open())
                co_return;
            if (!ec)
            {
                take(std::move(s));
            }
            else if (ec == asio::error::no_descriptors || ec.value() == ENFILE ||
                     ec == asio::error::no_memory || ec == asio::error::no_buffer_space)
                co_await clock_.async_wait_until(
                    acceptor_.get_executor(), clock_.now() + pause,
                    asio::bind_cancellation_slot(pause_.slot(),
                                                 asio::as_tuple(asio::use_awaitable)));
        }
    }

    hf::clock& clock_;
    acceptor acceptor_;
    asio::cancellation_signal pause_;
    std::shared_ptr<visitors> visitors_;
};

status_page::status_page(const asio::any_io_executor& executor, services_view& view,
                         const page_options& options)
    : listener_(std::make_shared<listener>(executor, view, options))
{
    listener_->start();
}

status_page::~status_page()
{
    stop();
}

asio::ip::tcp::endpoint status_page::local_endpoint() const
{
    hf::error_code closed;
    const auto local = listener_->socket().local_endpoint(closed);
    return closed ? asio::ip::tcp::endpoint()
                  : tcp_endpoint_of(local).value_or(asio::ip::tcp::endpoint());
}

void status_page::stop() noexcept
{
    listener_->stop();
}
}

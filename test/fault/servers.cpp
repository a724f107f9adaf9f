// SPDX-License-Identifier: BSL-1.0
#include "fault/servers.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace fault
{
namespace
{
using asio::ip::tcp;
using boost::system::error_code;

const tcp::endpoint redis_there(asio::ip::make_address("10.0.0.2"), redis_port);
const tcp::endpoint other_there(asio::ip::make_address("10.0.0.2"), other_port);

constexpr std::string_view pong = "+PONG\r\n";

template <class Socket>
void close(Socket& s)
{
    error_code ignored; // it is closed, whatever that says
    static_cast<void>(s.close(ignored));
}

tcp::acceptor listen_there(asio::io_context& context, const network& net, int backlog)
{
    tcp::acceptor acceptor(context);
    net.there(
        [&]
        {
            acceptor.open(tcp::v4());
            acceptor.bind({tcp::v4(), other_port});
            acceptor.listen(backlog);
        });
    return acceptor;
}
}

program::program(const network& net, std::vector<std::string> command, std::string ready)
    : ready_(std::move(ready))
{
    net.need_here(command[0], "command -v " + command[0]);
    // What it says goes to one pipe, which has room for all that it says in a scenario.
    command.insert(command.begin(), {"/bin/sh", "-c", "exec \"$@\" 2>&1", "sh"});
    command_ = net.there(std::move(command));
    start();
}

program program::redis(const network& net)
{
    return {net,
            {"redis-server", "--port", std::to_string(redis_port), "--bind", "*", "-::*",
             "--protected-mode", "no", "--save", "", "--appendonly", "no"},
            "Ready to accept connections"};
}

program program::names(const network& net, const std::vector<std::string>& addresses)
{
    std::vector<std::string> line{
        "dnsmasq",          "--no-daemon",       "--conf-file=/dev/null",
        "--no-resolv",      "--no-hosts",        "--pid-file=",
        "--log-facility=-", "--bind-interfaces", "--listen-address=10.0.0.2"};
    for (const auto& a : addresses)
        line.push_back("--address=/peer.test/" + a);
    return {net, std::move(line), "started, version"};
}

void program::start()
{
    kill();
    process_ = std::make_unique<support::process>(command_);
    if (!process_->wait_for_output(ready_))
        throw std::runtime_error(command_.back() + " did not start: " + process_->output());
}

namespace
{
[[noreturn]] void serve_poorly(int control)
{
    const int listens = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(other_port);
    if (::bind(listens, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listens, 16) != 0 || ::write(control, "r", 1) != 1)
        ::_exit(1);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const auto before = std::exchange(limit.rlim_cur, static_cast<rlim_t>(listens) + 1);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    for (char buffer[64];;)
    {
        const int connection = ::accept(listens, nullptr, nullptr);
        if (connection < 0 && errno == EMFILE)
        {
            if (::read(control, buffer, 1) < 0) // until the test closes it
                ::_exit(1);
            limit.rlim_cur = before;
            ::setrlimit(RLIMIT_NOFILE, &limit);
            continue;
        }
        while (::read(connection, buffer, sizeof buffer) > 0)
            if (::send(connection, pong.data(), pong.size(), MSG_NOSIGNAL) < 0)
                break;
        ::close(connection);
    }
}
}

poor_server::poor_server(const network& net)
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::system_error(errno, std::generic_category(), "socketpair");
    control_ = support::owned_descriptor(ends[0]);
    const support::owned_descriptor theirs(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0)
    {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        control_.close();
        net.move_there();
        serve_poorly(theirs.get());
    }
    char ready = 0;
    if (pid_ < 0 || ::read(control_.get(), &ready, 1) != 1)
        throw std::runtime_error("the server without descriptors did not start");
}

poor_server::~poor_server()
{
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

struct small_server::state
{
    state(asio::io_context& c, const network& net) : acceptor(listen_there(c, net, 0)) {}

    static asio::awaitable<void> answer_pings(std::shared_ptr<tcp::socket> s)
    {
        for (std::string line(6, ' ');;)
        {
            co_await asio::async_read(*s, asio::buffer(line), asio::use_awaitable);
            co_await asio::async_write(*s, asio::buffer(pong), asio::use_awaitable);
        }
    }

    static asio::awaitable<void> accept(std::shared_ptr<state> self)
    {
        for (;;)
        {
            const auto s = std::make_shared<tcp::socket>(
                co_await self->acceptor.async_accept(asio::use_awaitable));
            self->connections.push_back(s);
            asio::co_spawn(s->get_executor(), answer_pings(s), asio::detached);
        }
    }

    tcp::acceptor acceptor;
    std::vector<std::weak_ptr<tcp::socket>> connections;
};

small_server::small_server(asio::io_context& context, const network& net)
    : state_(std::make_shared<state>(context, net))
{
}

small_server::~small_server()
{
    close(state_->acceptor); // the coroutine that accepts ends
}

void small_server::accept()
{
    asio::co_spawn(state_->acceptor.get_executor(), state::accept(state_), asio::detached);
}

void small_server::forget()
{
    for (const auto& weak : std::exchange(state_->connections, {}))
        if (const auto s = weak.lock())
        {
            s->set_option(asio::socket_base::linger(true, 0));
            s->close();
        }
}

struct relay::state : std::enable_shared_from_this<state>
{
    state(asio::io_context& c, const network& n, std::chrono::nanoseconds d)
        : net(n)
        , acceptor(listen_there(c, n, 16))
        , delay(d)
    {
    }

    using socket = std::shared_ptr<tcp::socket>;

    /// Passes on what comes `from` one side, each piece late.
    asio::awaitable<void> pass_on(socket from, socket to)
    {
        const auto self = shared_from_this();
        std::array<char, 4096> buffer;
        asio::steady_timer timer(acceptor.get_executor());
        for (;;)
        {
            const auto n =
                co_await from->async_read_some(asio::buffer(buffer), asio::use_awaitable);
            const auto came = std::chrono::steady_clock::now();
            timers.push_back(&timer);
            while (std::chrono::steady_clock::now() < came + delay)
            {
                timer.expires_at(came + delay);
                error_code moved;
                co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, moved));
            }
            std::erase(timers, &timer);
            co_await asio::async_write(*to, asio::buffer(buffer, n), asio::use_awaitable);
        }
    }

    void join(const socket& from, const socket& to)
    {
        asio::co_spawn(acceptor.get_executor(), pass_on(from, to),
                       [from, to](const std::exception_ptr&)
                       {
                           close(*from); // the other direction may have done it
                           close(*to);
                       });
    }

    asio::awaitable<void> run()
    {
        const auto self = shared_from_this();
        for (;;)
        {
            auto near =
                std::make_shared<tcp::socket>(co_await acceptor.async_accept(asio::use_awaitable));
            auto far = std::make_shared<tcp::socket>(acceptor.get_executor());
            net.there([&] { far->connect(redis_there); });
            join(near, far);
            join(far, near);
        }
    }

    const network& net;
    tcp::acceptor acceptor;
    std::chrono::nanoseconds delay;
    std::vector<asio::steady_timer*> timers; // where something waits
};

relay::relay(asio::io_context& context, const network& net, std::chrono::nanoseconds delay)
    : state_(std::make_shared<state>(context, net, delay))
{
    asio::co_spawn(context, state_->run(), asio::detached);
}

relay::~relay()
{
    close(state_->acceptor); // the coroutine that accepts ends
}

void relay::set_delay(std::chrono::nanoseconds d)
{
    state_->delay = d;
    for (auto* t : state_->timers)
        t->cancel();
}
}

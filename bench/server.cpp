// SPDX-License-Identifier: BSL-1.0
// The other end of every benchmark, in a process of its own. Prints its port, then serves for ever.
//
//     server reset MICROSECONDS    resets each connection so long after it was made
//     server refuse                owns a port and does not listen there
//     server hold                  keeps each connection and never says a word
//     server echo                  sends back what comes; one connection at a time
#include "measure.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string_view>
#include <vector>

namespace
{
using steady = std::chrono::steady_clock;

void must(bool good, const char* what)
{
    if (!good)
    {
        std::perror(what);
        std::exit(1);
    }
}

/// A socket bound to 127.0.0.1, at a port of the system's choice.
int bind_v4(int flags, std::uint16_t& port)
{
    const int bound = ::socket(AF_INET, SOCK_STREAM | flags, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(::bind(bound, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    socklen_t size = sizeof address;
    ::getsockname(bound, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    return bound;
}

int listen_v4(int flags, std::uint16_t& port)
{
    const int listener = bind_v4(flags, port);
    must(::listen(listener, 4096) == 0, "listen");
    return listener;
}

/// Listens on ::1 at the same port, for those who look `localhost` up. -1 without IPv6.
int listen_v6(int flags, std::uint16_t port)
{
    const int listener = ::socket(AF_INET6, SOCK_STREAM | flags, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(port);
    const bool bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    return bound && ::listen(listener, 4096) == 0 ? listener : -1;
}

void announce(std::uint16_t port)
{
    std::printf("%d\n", port);
    std::fflush(stdout);
}

/// Closes with a reset, so that no port is left in TIME_WAIT.
void reset(int descriptor)
{
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(descriptor);
}

[[noreturn]] void serve_resets(std::chrono::microseconds delay)
{
    struct guest
    {
        int descriptor;
        steady::time_point until;
    };
    std::deque<guest> guests; // all stay equally long: the first came first
    std::uint16_t port = 0;
    const std::array listeners{listen_v4(SOCK_NONBLOCK, port), listen_v6(SOCK_NONBLOCK, port)};
    const int poll = ::epoll_create1(0);
    for (const int listener : listeners)
        if (epoll_event interest{.events = EPOLLIN, .data = {.fd = listener}}; listener >= 0)
            ::epoll_ctl(poll, EPOLL_CTL_ADD, listener, &interest);
    announce(port);
    for (;;)
    {
        const auto left =
            guests.empty() ? std::chrono::hours(1) : guests.front().until - steady::now();
        const auto wait = std::max(left, steady::duration::zero()).count();
        const timespec timeout{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
        std::array<epoll_event, 2> events;
        const int ready = ::epoll_pwait2(poll, events.data(), 2, &timeout, nullptr);
        for (int i = 0; i < ready; ++i)
            for (int d; (d = ::accept(events[static_cast<std::size_t>(i)].data.fd, nullptr,
                                      nullptr)) >= 0;)
                guests.push_back({d, steady::now() + delay});
        for (const auto now = steady::now(); !guests.empty() && guests.front().until <= now;)
        {
            reset(guests.front().descriptor);
            guests.pop_front();
        }
    }
}

[[noreturn]] void refuse()
{
    std::uint16_t port = 0;
    bind_v4(0, port);
    announce(port);
    for (;;)
        ::pause();
}

[[noreturn]] void hold()
{
    std::uint16_t port = 0;
    const int listener = listen_v4(0, port);
    announce(port);
    for (;;)
        must(::accept(listener, nullptr, nullptr) >= 0, "accept");
}

[[noreturn]] void echo()
{
    std::uint16_t port = 0;
    const int listener = listen_v4(0, port);
    announce(port);
    std::vector<char> buffer(65536);
    for (;;)
    {
        const int guest = ::accept(listener, nullptr, nullptr);
        const int on = 1;
        ::setsockopt(guest, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        for (ssize_t got; (got = ::recv(guest, buffer.data(), buffer.size(), 0)) > 0;)
            for (ssize_t sent = 0, more; sent < got; sent += more)
            {
                const auto rest = static_cast<std::size_t>(got - sent);
                if ((more = ::send(guest, buffer.data() + sent, rest, MSG_NOSIGNAL)) <= 0)
                    break;
            }
        ::close(guest);
    }
}
}

int main(int argc, char** argv)
{
    bench::raise_descriptor_limit();
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "reset" && argc == 3)
        serve_resets(std::chrono::microseconds(std::atol(argv[2])));
    if (mode == "refuse")
        refuse();
    if (mode == "hold")
        hold();
    if (mode == "echo")
        echo();
    std::fputs("usage: server reset MICROSECONDS | refuse | hold | echo\n", stderr);
    return 2;
}

// SPDX-License-Identifier: BSL-1.0
// How many bytes a client takes that is a struct and no more.
//
//     epoll_memory PORT CLIENTS waiting|connected
//
// `waiting`: the port refuses; each client knows when it is to try again. Nothing wakes it.
#include "../memory.hpp"
#include "../socket_options.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <utility>

namespace
{
using steady = std::chrono::steady_clock;

struct client
{
    int descriptor = -1;
    int failures = 0;
    steady::time_point until;
};
}

int main(int argc, char** argv)
{
    if (argc != 4)
        return 2;
    bench::raise_descriptor_limit();
    const int poll = ::epoll_create1(0);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::deque<client> clients;
    std::size_t settled = 0;

    const auto make = [&]
    {
        client& c = clients.emplace_back();
        c.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        bench::set_options(c.descriptor);
        ::connect(c.descriptor, reinterpret_cast<const sockaddr*>(&server), sizeof server);
        epoll_event interest{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = &c}};
        ::epoll_ctl(poll, EPOLL_CTL_ADD, c.descriptor, &interest);
    };
    const auto settle = [&]
    {
        while (settled < clients.size())
        {
            std::array<epoll_event, 128> events;
            const int ready = ::epoll_wait(poll, events.data(), 128, -1);
            for (int i = 0; i < ready; ++i, ++settled)
            {
                const epoll_event& event = events[static_cast<std::size_t>(i)];
                if ((event.events & EPOLLERR) == 0)
                    continue;
                client& c = *static_cast<client*>(event.data.ptr);
                ::close(std::exchange(c.descriptor, -1));
                c.until = steady::now() + std::chrono::hours(++c.failures);
            }
        }
    };
    bench::print_memory(std::atol(argv[2]), make, settle);
}

// SPDX-License-Identifier: BSL-1.0
// Connect, lose, connect again: what the kernel costs, with nothing above it.
//
//     epoll_cycle PORT CLIENTS CYCLES
#include "../cycles.hpp"
#include "../socket_options.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace
{
struct client
{
    int descriptor = -1;
    bool connected = false;
};

void dial(client& c, int poll, const sockaddr_in& server)
{
    c.connected = false;
    c.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bench::set_options(c.descriptor);
    ::connect(c.descriptor, reinterpret_cast<const sockaddr*>(&server), sizeof server);
    epoll_event interest{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = &c}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, c.descriptor, &interest);
}

/// What became of the connect.
int connect_error(int descriptor)
{
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

/// Whether the connection is still there.
bool alive(int descriptor)
{
    char byte;
    const ssize_t got = ::recv(descriptor, &byte, 1, 0);
    return got > 0 || (got < 0 && errno == EAGAIN);
}
}

int main(int argc, char** argv)
{
    if (argc != 4)
        return 2;
    const int poll = ::epoll_create1(0);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::vector<client> clients(static_cast<std::size_t>(std::atoi(argv[2])));
    bench::cycles cycles(std::atol(argv[3]));

    for (client& c : clients)
        dial(c, poll, server);
    while (!cycles.done())
    {
        std::array<epoll_event, 128> events;
        const int ready = ::epoll_wait(poll, events.data(), 128, -1);
        for (int i = 0; i < ready && !cycles.done(); ++i)
        {
            client& c = *static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!c.connected && connect_error(c.descriptor) != 0)
                cycles.failed();
            else if (c.connected = true; alive(c.descriptor))
                continue;
            else
                cycles.lost();
            ::close(c.descriptor);
            dial(c, poll, server);
        }
    }
    cycles.print();
}

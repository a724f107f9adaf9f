// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_BENCH_SOCKET_OPTIONS_HPP
#define HOLDFAST_BENCH_SOCKET_OPTIONS_HPP

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace bench
{
/// Sets what the library's TCP endpoint sets by default, so that all pay for the same system calls:
/// no delay, and a peer that is silent for a minute is gone.
inline void set_options(int descriptor)
{
    const auto set = [descriptor](int level, int name, int value)
    { ::setsockopt(descriptor, level, name, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 55'000);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
}
}

#endif

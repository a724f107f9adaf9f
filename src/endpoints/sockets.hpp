// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_SOCKETS_HPP
#define HOLDFAST_SRC_ENDPOINTS_SOCKETS_HPP

#include <holdfast/error.hpp>

#include <boost/asio/error.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::detail
{
/// Opens a socket that no child process inherits. Asio's own `open` lets it slip.
template <class Socket>
error_code open(Socket& socket, const typename Socket::protocol_type& protocol)
{
    error_code ec;
#if defined(SOCK_CLOEXEC)
    const int descriptor = ::socket(
        protocol.family(), protocol.type() | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol.protocol());
    if (descriptor < 0)
        return {errno, boost::system::system_category()};
    socket.assign(protocol, descriptor, ec);
    if (ec)
        ::close(descriptor);
#else
    socket.open(protocol, ec);
#endif
    return ec;
}

template <class Socket>
void close(Socket& socket) noexcept
{
    error_code ignored; // the descriptor is gone all the same
    socket.close(ignored);
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_SOCKETS_HPP
#define HOLDFAST_SRC_ENDPOINTS_SOCKETS_HPP

#include <holdfast/error.hpp>

#include <boost/asio/error.hpp>

#include <cerrno>

#include <sys/ioctl.h>

namespace holdfast::detail
{
/// Opens a socket that no child process inherits.
template <class Socket>
error_code open(Socket& socket, const typename Socket::protocol_type& protocol)
{
    error_code ec;
    socket.open(protocol, ec);
    // Not SOCK_CLOEXEC and assign(): a socket that was assigned costs one epoll_ctl more.
    if (!ec && ::ioctl(socket.native_handle(), FIOCLEX) != 0)
        ec.assign(errno, boost::system::system_category());
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

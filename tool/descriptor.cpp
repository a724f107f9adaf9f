// SPDX-License-Identifier: BSL-1.0
#include "descriptor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace tool
{
namespace
{
bool not_known(int error) // the kind of descriptor, or the kernel, knows no RWF_NOWAIT
{
    return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

ssize_t read_ready(int number, std::span<char> buffer)
{
    const iovec where{buffer.data(), buffer.size()};
    const auto n = ::preadv2(number, &where, 1, -1, RWF_NOWAIT);
    return n < 0 && not_known(errno) ? ::read(number, buffer.data(), buffer.size()) : n;
}

ssize_t write_ready(int number, std::string_view bytes)
{
    const iovec where{const_cast<char*>(bytes.data()), bytes.size()};
    const auto n = ::pwritev2(number, &where, 1, -1, RWF_NOWAIT);
    if (n >= 0 || !not_known(errno))
        return n;
    // What is ready takes at least so much without blocking.
    return ::write(number, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

bool is_regular_file(int number)
{
    struct stat status{};
    return ::fstat(number, &status) == 0 && S_ISREG(status.st_mode);
}

error_code last_error()
{
    return {errno, boost::system::system_category()};
}

bool try_again(error_code ec)
{
    return ec == asio::error::would_block || ec == asio::error::interrupted;
}
}

descriptor::descriptor(const asio::any_io_executor& executor, int number, direction d)
    : epoll_(executor)
    , number_(number)
    , is_file_(is_regular_file(number))
{
    epoll_.assign(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event wanted{};
    wanted.events = d == direction::in ? EPOLLIN : EPOLLOUT;
    if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, number, &wanted) == 0)
        return;
    if (errno != EPERM) // files and the like cannot be waited for: they are always ready
        throw boost::system::system_error(last_error());
    epoll_.close();
}

asio::awaitable<error_code> descriptor::ready()
{
    if (!epoll_.is_open())
    {
        co_await asio::post(epoll_.get_executor(), asio::use_awaitable); // let others have a turn
        co_return error_code();
    }
    const auto [ec] = co_await epoll_.async_wait(asio::posix::descriptor_base::wait_read,
                                                 asio::as_tuple(asio::use_awaitable));
    co_return ec;
}

asio::awaitable<transfer> descriptor::read(std::span<char> buffer)
{
    for (;;)
    {
        if (const auto ec = co_await ready())
            co_return transfer{ec};
        const auto n =
            is_file_ ? ::read(number_, buffer.data(), buffer.size()) : read_ready(number_, buffer);
        if (n == 0)
            co_return transfer{asio::error::eof};
        if (n > 0)
            co_return transfer{{}, static_cast<std::size_t>(n)};
        if (const auto ec = last_error(); !try_again(ec))
            co_return transfer{ec};
    }
}

asio::awaitable<transfer> descriptor::write(std::string_view bytes)
{
    for (;;)
    {
        if (const auto ec = co_await ready())
            co_return transfer{ec};
        const auto n =
            is_file_ ? ::write(number_, bytes.data(), bytes.size()) : write_ready(number_, bytes);
        if (n >= 0)
            co_return transfer{{}, static_cast<std::size_t>(n)};
        if (const auto ec = last_error(); !try_again(ec))
            co_return transfer{ec};
    }
}

void write_at_once(int number, std::string_view bytes) noexcept
{
    if (is_regular_file(number))
        static_cast<void>(::write(number, bytes.data(), bytes.size()));
    else
        static_cast<void>(write_ready(number, bytes));
}

void fill_closed_descriptors() noexcept
{
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number)
        if (::fcntl(number, F_GETFD) < 0 && errno == EBADF)
            static_cast<void>(::open("/dev/null", O_RDWR)); // takes the lowest number that is free
}
}

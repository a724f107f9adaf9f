// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/descriptors.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <new>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace holdfast
{
namespace detail
{
namespace
{
using handler = start_with_descriptors::handler;

constexpr int message_flags = MSG_DONTWAIT | MSG_NOSIGNAL;

/// A message of the system: buffers, and room for the descriptors.
class message
{
public:
    template <class Buffer>
    explicit message(const few_buffers<Buffer>& buffers)
    {
        for (const auto& b : buffers)
            parts_[header_.msg_iovlen++] = {const_cast<void*>(static_cast<const void*>(b.data())),
                                            b.size()};
        header_.msg_iov = parts_.data();
        header_.msg_control = room_;
    }

    message(const message&) = delete;
    message& operator=(const message&) = delete;

    bool empty() const noexcept { return header_.msg_iovlen == 0; }

    ssize_t send(int socket, const std::vector<int>& descriptors)
    {
        header_.msg_controllen = 0;
        if (const auto size = descriptors.size() * sizeof(int); size != 0)
        {
            header_.msg_controllen = CMSG_SPACE(size);
            cmsghdr* const control = CMSG_FIRSTHDR(&header_);
            control->cmsg_level = SOL_SOCKET;
            control->cmsg_type = SCM_RIGHTS;
            control->cmsg_len = CMSG_LEN(size);
            std::memcpy(CMSG_DATA(control), descriptors.data(), size);
        }
        return ::sendmsg(socket, &header_, message_flags);
    }

    ssize_t receive(int socket)
    {
        header_.msg_controllen = sizeof room_;
        const auto n = ::recvmsg(socket, &header_, message_flags | MSG_CMSG_CLOEXEC);
        if (n >= 0)
            take_descriptors();
        return n;
    }

    /// Whether the system had more descriptors than it could give.
    bool truncated() const noexcept { return (header_.msg_flags & MSG_CTRUNC) != 0; }

    void move_descriptors(std::vector<owned_descriptor>& to)
    {
        to.assign(std::make_move_iterator(came_.begin()),
                  std::make_move_iterator(came_.begin() + static_cast<std::ptrdiff_t>(count_)));
    }

private:
    void take_descriptors() noexcept
    {
        for (cmsghdr* c = CMSG_FIRSTHDR(&header_); c != nullptr; c = CMSG_NXTHDR(&header_, c))
        {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                continue;
            const auto there = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < there; ++i)
            {
                int number = -1;
                std::memcpy(&number, CMSG_DATA(c) + i * sizeof number, sizeof number);
                owned_descriptor one(number); // which closes what finds no room
                if (count_ < came_.size())
                    came_[count_++] = std::move(one);
            }
        }
    }

    msghdr header_{};
    std::array<iovec, few_buffers<asio::const_buffer>::size_max> parts_{};
    alignas(cmsghdr) char room_[CMSG_SPACE(descriptors_max * sizeof(int))]{};
    std::array<owned_descriptor, descriptors_max> came_; // here first, lest memory runs out
    std::size_t count_ = 0;
};

error_code result_of(ssize_t n)
{
    return n < 0 ? error_code(errno, boost::system::system_category()) : error_code();
}

void complete_later(const local_socket& socket, error_code ec, handler done)
{
    auto executor = const_cast<local_socket&>(socket).get_executor();
    asio::post(executor, [ec, done = std::move(done)]() mutable { std::move(done)(ec, 0); });
}

/// Waits until the socket can be used, and again if it cannot after all.
template <class Try>
void when_ready(local_socket& socket, local_socket::wait_type what, handler done, Try attempt)
{
    const auto slot = asio::get_associated_cancellation_slot(done);
    socket.async_wait(
        what, asio::bind_cancellation_slot(
                  slot,
                  [&socket, what, done = std::move(done),
                   attempt = std::move(attempt)](error_code ec) mutable
                  {
                      std::size_t n = 0;
                      if (!ec)
                          n = attempt(ec);
                      if (ec == asio::error::would_block || ec == asio::error::interrupted)
                          return when_ready(socket, what, std::move(done), std::move(attempt));
                      std::move(done)(ec, n);
                  }));
}

std::size_t receive(local_socket& socket, const few_buffers<asio::mutable_buffer>& buffers,
                    std::vector<owned_descriptor>& descriptors, error_code& ec)
{
    message m(buffers);
    const auto n = m.receive(socket.native_handle());
    ec = result_of(n);
    if (ec)
        return 0;
    if (n == 0 && !m.empty())
        ec = asio::error::eof;
    else if (m.truncated())
        ec = asio::error::no_descriptors;
    else
        try
        {
            m.move_descriptors(descriptors);
        }
        catch (const std::bad_alloc&)
        {
            ec = asio::error::no_memory;
        }
    return static_cast<std::size_t>(n);
}
}

void start_with_descriptors::start(const few_buffers<asio::mutable_buffer>& buffers,
                                   std::vector<owned_descriptor>* descriptors, handler done) const
{
    descriptors->clear();
    when_ready(socket, local_socket::wait_read, std::move(done),
               [&socket = socket, buffers, descriptors](error_code& ec)
               { return receive(socket, buffers, *descriptors, ec); });
}

void start_with_descriptors::start(const few_buffers<asio::const_buffer>& buffers,
                                   std::vector<int> descriptors, handler done) const
{
    if (buffers.size() == 0 || descriptors.size() > descriptors_max)
        return complete_later(socket, asio::error::invalid_argument, std::move(done));
    when_ready(socket, local_socket::wait_write, std::move(done),
               [&socket = socket, buffers,
                descriptors = std::move(descriptors)](error_code& ec) -> std::size_t
               {
                   const auto n = message(buffers).send(socket.native_handle(), descriptors);
                   ec = result_of(n);
                   return ec ? 0 : static_cast<std::size_t>(n);
               });
}
}

void owned_descriptor::reset() noexcept
{
    if (number_ >= 0)
        ::close(std::exchange(number_, -1));
}
}

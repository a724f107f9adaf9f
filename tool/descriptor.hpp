// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_DESCRIPTOR_HPP
#define HOLDFAST_TOOL_DESCRIPTOR_HPP

#include <holdfast/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace tool
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::error_code;

/// How a read or a write went: an error, or how much.
struct transfer
{
    error_code code{};
    std::size_t bytes = 0;
};

/// One of the standard descriptors, of whatever kind it is: a pipe, a terminal, a socket, a file.
///
/// It belongs to other processes too, so its flags stay as they are. Asio would make it
/// non-blocking even to wait for it, so an epoll of its own stands between. When it is ready it is
/// read or written without blocking where the kernel can be asked so for the one call
/// (RWF_NOWAIT: pipes and sockets). Elsewhere what is ready does not block, and a file blocks for
/// its disk alone. So one loop does for all, no thread sits in a read that cannot be called back,
/// and what comes while nobody reads stays with whoever sent it.
class descriptor
{
public:
    enum class direction
    {
        in,
        out,
    };

    /// Throws `boost::system::system_error`.
    descriptor(const asio::any_io_executor& executor, int number, direction d);

    /// Reads some bytes; `eof` at the end. Cancelled (all types) it ends with `operation_aborted`,
    /// and nothing has been read.
    asio::awaitable<transfer> read(std::span<char> buffer);

    /// Writes some bytes. Cancelled, likewise.
    asio::awaitable<transfer> write(std::string_view bytes);

private:
    asio::awaitable<error_code> ready();

    asio::posix::stream_descriptor epoll_; // readable when it is ready; not open if it always is
    int number_;
    bool is_file_;
};

/// Writes what can be written at once; the rest is dropped. For status lines, that nothing may
/// wait for.
void write_at_once(int number, std::string_view bytes) noexcept;

/// Opens /dev/null in the place of each standard descriptor that is closed, so that no socket gets
/// its number.
void fill_closed_descriptors() noexcept;
}

#endif

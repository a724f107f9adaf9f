// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_SOCKET_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_SOCKET_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <string>
#include <sys/types.h>

namespace tool
{
namespace asio = boost::asio;

/// A Unix socket that listens, with the file that is its name.
///
/// The file is removed at the end, unless another has taken its place.
class control_socket
{
public:
    /// Listens at `path`. The file has the rights `mode` from its begin on, never more; its folder
    /// is made if that alone is missing. A socket that nobody listens on any more is replaced;
    /// one that somebody listens on, and a file that is none, are not. Throws
    /// `std::runtime_error`, which says in one line what to do.
    control_socket(const asio::any_io_executor& executor, const std::string& path, mode_t mode);

    /// Takes over `listener`, a descriptor that listens already: from systemd, for example. Its
    /// file is its maker's. Throws likewise if it does not listen on a Unix stream socket.
    control_socket(const asio::any_io_executor& executor, int listener);

    control_socket(const control_socket&) = delete;
    control_socket& operator=(const control_socket&) = delete;
    ~control_socket();

    asio::local::stream_protocol::acceptor& acceptor() noexcept { return acceptor_; }

private:
    void bind(const std::string& path, mode_t mode);
    void remove() const noexcept;

    asio::local::stream_protocol::acceptor acceptor_;
    std::string path_{}; // empty if the file is not ours
    dev_t device_ = 0;
    ino_t file_ = 0;
};
}

#endif

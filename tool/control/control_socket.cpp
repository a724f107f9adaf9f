// SPDX-License-Identifier: BSL-1.0
#include "control_socket.hpp"

#include "error.hpp"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tool
{
namespace
{
using protocol = asio::local::stream_protocol;

[[noreturn]] void refuse(std::string_view path, std::string_view problem)
{
    throw std::runtime_error(fmt::format("control socket {}: {}", one_line(path, 200), problem));
}

std::string last_error()
{
    return hf::error_code(errno, boost::system::system_category()).message();
}

protocol::endpoint endpoint_of(const std::string& path)
{
    constexpr auto length_max = sizeof(sockaddr_un::sun_path) - 1;
    if (path.empty() || path.front() == '\0')
        refuse(path, "the path is empty");
    if (path.size() > length_max)
        refuse(path, fmt::format("the path has {} bytes, and a Unix socket's at most {}; choose a "
                                 "shorter one",
                                 path.size(), length_max));
    return {path};
}

/// One folder, not those above it: a path that is misspelt should not grow into a tree.
void make_folder(const std::string& path)
{
    const auto folder = std::filesystem::path(path).parent_path();
    if (!folder.empty() && ::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
        refuse(path, fmt::format("its folder cannot be made: {}", last_error()));
}

/// The process at the other end of a connection that was just made, for a message.
std::string process_of(int connection)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool known =
        ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid != 0;
    return known ? fmt::format("process {}", peer.pid) : "a process";
}

/// Throws unless the file is a socket that nobody listens on.
void must_be_stale(const protocol::endpoint& at)
{
    const auto path = at.path();
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0)
        return; // it went away by itself
    if (!S_ISSOCK(status.st_mode))
        refuse(path, "there is a file that is no socket; remove it, or choose another path");
    asio::io_context unused;
    protocol::socket probe(unused, protocol());
    probe.non_blocking(true); // a full queue of connections would have it wait
    error_code ec;
    if (probe.connect(at, ec); ec == asio::error::connection_refused)
        return;
    if (!ec)
        refuse(path, fmt::format("{} listens there already; stop it, or choose another path",
                                 process_of(probe.native_handle())));
    refuse(path, fmt::format("somebody may listen there already ({}); remove the file if not, or "
                             "choose another path",
                             ec.message()));
}
}

control_socket::control_socket(const asio::any_io_executor& executor, const std::string& path,
                               mode_t mode)
    : acceptor_(executor)
{
    bind(path, mode);
}

control_socket::control_socket(const asio::any_io_executor& executor, int listener)
    : acceptor_(executor)
{
    const auto of_socket = [listener](int option)
    {
        int value = 0;
        socklen_t size = sizeof value;
        return ::getsockopt(listener, SOL_SOCKET, option, &value, &size) == 0 ? std::optional(value)
                                                                              : std::nullopt;
    };
    if (of_socket(SO_DOMAIN) != AF_UNIX || of_socket(SO_TYPE) != SOCK_STREAM ||
        of_socket(SO_ACCEPTCONN) != 1)
        throw std::runtime_error(fmt::format("control socket: the descriptor {} that was passed is "
                                             "no Unix stream socket that listens; in the unit of "
                                             "the socket it must be ListenStream=/a/path",
                                             listener));
    acceptor_.assign(protocol(), listener);
}

void control_socket::bind(const std::string& path, mode_t mode)
{
    const auto at = endpoint_of(path);
    make_folder(path);
    acceptor_.open(protocol());
    // On Linux the file of a socket begins with the rights of the socket, less the umask. So there
    // is no moment at which it has more, and the umask, which is every thread's, stays as it is.
    if (::fchmod(acceptor_.native_handle(), mode) != 0)
        refuse(path, last_error());
    error_code ec;
    if (acceptor_.bind(at, ec); ec == asio::error::address_in_use)
    {
        must_be_stale(at);
        ::unlink(path.c_str());
        ec.clear();
        static_cast<void>(acceptor_.bind(at, ec));
    }
    if (ec)
        refuse(path, ec.message());
    struct stat status{};
    const bool sound = ::lstat(path.c_str(), &status) == 0 &&
                       ((status.st_mode & 07777) == mode || ::chmod(path.c_str(), mode) == 0) &&
                       ::listen(acceptor_.native_handle(), SOMAXCONN) == 0;
    const auto problem = last_error();
    path_ = path;
    device_ = status.st_dev;
    file_ = status.st_ino;
    if (!sound)
    {
        remove();
        refuse(path, problem);
    }
}

control_socket::~control_socket()
{
    remove();
}

void control_socket::remove() const noexcept
{
    struct stat status{};
    if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
        status.st_ino == file_)
        ::unlink(path_.c_str());
}
}

// SPDX-License-Identifier: BSL-1.0
#include "control_client.hpp"

#include "error.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace tool
{
using namespace std::chrono_literals;

namespace
{
constexpr std::size_t line_max = 67'108'864; // a status of a hundred thousand services

[[noreturn]] void refuse(const std::string& path, error_code ec)
{
    const auto where = one_line(path, 200);
    if (ec == asio::error::access_denied)
        throw control_unreachable(
            fmt::format("control socket {}: this user may not connect to it; try as root or as the "
                        "daemon's user, or name another with --socket or HOLDFAST_CONTROL",
                        where));
    if (ec == asio::error::would_block)
        throw control_unreachable(fmt::format(
            "control socket {}: whoever listens there took no connection for 10 s; it may hang",
            where));
    throw control_unreachable(
        fmt::format("control socket {}: {}: no daemon listens there; start it with holdfast run "
                    "CONFIG, or name its socket with --socket or HOLDFAST_CONTROL",
                    where, ec.message()));
}
}

control_client::control_client(const std::string& path) : socket_(context_)
{
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        refuse(path, asio::error::name_too_long);
    const asio::local::stream_protocol::endpoint at(path);
    socket_.open(at.protocol());
    const timeval longest{10, 0}; // for a daemon that hangs, with a full queue of connections
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
    if (::connect(socket_.native_handle(), at.data(), static_cast<socklen_t>(at.size())) != 0)
        refuse(path, error_code(errno, boost::system::system_category()));
}

std::string control_client::ask(std::string_view request)
{
    const auto line = std::string(request) + '\n';
    error_code sent;
    asio::write(socket_, asio::buffer(line), sent); // if this fails, what came may say why
    if (auto answer = next_line(30s))
        return *std::move(answer);
    throw std::runtime_error("the daemon did not answer within 30 s");
}

std::optional<std::string> control_client::next_line(hf::duration longest)
{
    const auto last = std::chrono::steady_clock::now() + longest;
    for (;;)
    {
        if (const auto end = in_.find('\n', searched_); end != std::string::npos)
        {
            auto line = in_.substr(0, end);
            in_.erase(0, end + 1);
            searched_ = 0;
            return line;
        }
        searched_ = in_.size();
        if (in_.size() > line_max)
            throw std::runtime_error("the daemon sent a line that is too long");
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(last - std::chrono::steady_clock::now());
        pollfd wanted{socket_.native_handle(), POLLIN, 0};
        const int ready = ::poll(&wanted, 1, static_cast<int>(std::max(left, 0ms).count()));
        if (ready == 0 || (ready < 0 && errno == EINTR)) // the window may have got another size
            return std::nullopt;
        std::array<char, 65'536> bytes;
        error_code ec;
        in_.append(bytes.data(), socket_.read_some(asio::buffer(bytes), ec));
        if (ec)
            throw std::runtime_error(
                fmt::format("the daemon ended the connection{}",
                            ec == asio::error::eof ? std::string() : ": " + ec.message()));
    }
}
}

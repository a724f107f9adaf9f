// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace test
{
folder::folder()
{
    auto name = (std::filesystem::temp_directory_path() / "holdfast-runner-XXXXXX").native();
    if (::mkdtemp(name.data()) == nullptr || ::chmod(name.c_str(), 0755) != 0)
        throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
}

folder::~folder()
{
    std::error_code left; // a test must not end by what remains of it
    std::filesystem::remove_all(path_, left);
}

notify_socket::notify_socket(const std::string& path)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw std::length_error(path);
    std::ranges::copy(path, std::begin(address.sun_path));
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), 0666) != 0)
        throw std::system_error(errno, std::generic_category(), path);
}

std::optional<std::string> notify_socket::next(std::chrono::milliseconds patience) const
{
    pollfd wait{socket_.get(), POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1)
        return std::nullopt;
    std::string text(4096, '\0');
    const auto n = ::recv(socket_.get(), text.data(), text.size(), 0);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

std::string notify_socket::next_told() const
{
    for (;;)
    {
        const auto message = next(support::process::patience);
        if (message != "WATCHDOG=1")
            return message.value_or("");
    }
}

std::vector<std::string> daemon_command(std::vector<std::string> before,
                                        const std::vector<std::string>& arguments,
                                        const std::string& copy)
{
    before.push_back(copy.empty() ? HOLDFAST_DAEMON : copy);
    before.insert(before.end(), arguments.begin(), arguments.end());
    const auto says_who = [](const std::string& a)
    { return a.starts_with("user=") || a == "as_it_is"; };
    if (std::ranges::none_of(arguments, says_who))
        before.emplace_back("allow_root");
    return before;
}
}

// SPDX-License-Identifier: BSL-1.0
#include "socks5_dialogue.hpp"

#include "../quoted.hpp"

#include <cstdlib>

namespace holdfast::detail
{
namespace
{
constexpr char version = 5;
constexpr char user_version = 1;
constexpr char connect_command = 1;

enum method : unsigned char
{
    no_authentication = 0,
    user_and_password = 2,
    none_of_them = 255,
};

enum address_type : unsigned char
{
    ipv4 = 1,
    name = 3,
    ipv6 = 4,
};

// The shortest reply has an empty name: version, reply, reserved, type, length, port.
constexpr std::size_t reply_min = 7;

template <class Bytes>
void append(std::string& text, const Bytes& bytes)
{
    text.append(bytes.begin(), bytes.end());
}

std::string with_length(const std::string& text)
{
    return static_cast<char>(text.size()) + text;
}

proxy_errc error_of(unsigned char reply)
{
    switch (reply)
    {
    case 1:
        return proxy_errc::general_failure;
    case 2:
        return proxy_errc::forbidden;
    case 3:
        return proxy_errc::network_unreachable;
    case 4:
        return proxy_errc::host_unreachable;
    case 5:
        return proxy_errc::target_refused;
    case 6:
        return proxy_errc::hops_exceeded;
    case 7:
        return proxy_errc::command_not_supported;
    case 8:
        return proxy_errc::address_not_supported;
    default: // not assigned
        return proxy_errc::refused;
    }
}
}

proxy_step socks5_dialogue::begin()
{
    std::string greeting{version, 1, no_authentication};
    if (!question_.user.empty())
        greeting = {version, 2, no_authentication, user_and_password};
    return next(waiting_for::method, std::move(greeting), 2);
}

proxy_step socks5_dialogue::received(std::string_view bytes)
{
    answer_ += bytes;
    // What is wrong with the first byte is not waited for to be completed.
    if (waiting_ != waiting_for::user && answer_.front() != version)
        return malformed();
    switch (waiting_)
    {
    case waiting_for::method:
        return method_chosen();
    case waiting_for::user:
        return user_answered();
    case waiting_for::reply:
        return replied();
    }
    std::abort(); // every state is handled above
}

proxy_step socks5_dialogue::method_chosen()
{
    if (answer_.size() < size_)
        return {.read_max = size_ - answer_.size()};
    const bool user = !question_.user.empty();
    switch (static_cast<unsigned char>(answer_[1]))
    {
    case no_authentication:
        return ask_target();
    case user_and_password:
        return user ? ask_user() : malformed(); // where it was not offered
    case none_of_them:
        return {.code = user ? proxy_errc::no_common_method : proxy_errc::authentication_required};
    default:
        return malformed();
    }
}

proxy_step socks5_dialogue::ask_user()
{
    told_user_ = true;
    return next(waiting_for::user,
                std::string(1, user_version) + with_length(question_.user) +
                    with_length(question_.password),
                2);
}

proxy_step socks5_dialogue::user_answered()
{
    // The version is not looked at: some proxies answer with that of SOCKS.
    if (answer_.size() < size_)
        return {.read_max = size_ - answer_.size()};
    if (answer_[1] != 0)
        return {.code = proxy_errc::authentication_refused};
    return ask_target();
}

proxy_step socks5_dialogue::ask_target()
{
    std::string request{version, connect_command, 0};
    if (const auto* const host = std::get_if<std::string>(&question_.host))
        request += static_cast<char>(address_type::name) + with_length(*host);
    else if (const auto& address = std::get<asio::ip::address>(question_.host); address.is_v4())
    {
        request += static_cast<char>(address_type::ipv4);
        append(request, address.to_v4().to_bytes());
    }
    else
    {
        request += static_cast<char>(address_type::ipv6);
        append(request, address.to_v6().to_bytes());
    }
    request += static_cast<char>(question_.port >> 8);
    request += static_cast<char>(question_.port & 0xff);
    return next(waiting_for::reply, std::move(request), reply_min);
}

proxy_step socks5_dialogue::replied()
{
    // A proxy that refuses may leave it at that.
    if (answer_.size() >= 2 && answer_[1] != 0)
    {
        const auto reply = static_cast<unsigned char>(answer_[1]);
        const auto error = error_of(reply);
        if (error == proxy_errc::refused)
            remark_ = "it answered with reply " + std::to_string(reply);
        return {.code = error};
    }
    if (answer_.size() >= 5)
        switch (static_cast<unsigned char>(answer_[3]))
        {
        case address_type::ipv4:
            size_ = 4 + 4 + 2;
            break;
        case address_type::ipv6:
            size_ = 4 + 16 + 2;
            break;
        case address_type::name:
            size_ = 4 + 1 + static_cast<unsigned char>(answer_[4]) + 2;
            break;
        default:
            return malformed();
        }
    return {.read_max = size_ - answer_.size()}; // 0: it is whole
}

proxy_step socks5_dialogue::malformed()
{
    remark_ = "its answer began with " + quoted(answer_);
    return {.code = proxy_errc::malformed_answer};
}

proxy_step socks5_dialogue::next(waiting_for what, std::string write, std::size_t size)
{
    waiting_ = what;
    answer_.clear();
    size_ = size;
    return {.write = std::move(write), .read_max = size};
}

std::vector<std::pair<std::string, std::string>> socks5_dialogue::facts() const
{
    return {{"authentication", told_user_ ? "user and password" : "none"}};
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/resolvers/fixed_addresses.hpp>

#include "../host_name.hpp"
#include "../quoted.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace holdfast
{
namespace
{
constexpr std::string_view every_name = "*";

[[noreturn]] void refuse(const std::string& what)
{
    throw std::invalid_argument(what);
}

std::string lower(std::string text)
{
    std::ranges::transform(text, text.begin(), [](char c)
                           { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

bool is_address(const std::string& text)
{
    error_code not_an_address;
    asio::ip::make_address(text, not_an_address);
    return !not_an_address && text.find('\0') == std::string::npos;
}

/// The name as it is looked up.
std::string checked_name(const std::string& host)
{
    if (host == every_name)
        return host;
    if (is_address(host))
        refuse("host " + detail::quoted(host) + " is an address, which is not looked up");
    detail::ascii_name name = detail::to_ascii_name(host);
    if (name.problem != nullptr)
        refuse("host " + detail::quoted(host) + " is not valid: " + name.problem);
    return lower(std::move(name.text));
}

std::uint16_t read_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto* const end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, port);
    if (failure != std::errc() || rest != end || port == 0)
        refuse("port " + detail::quoted(text) + " is not a number from 1 to 65535");
    return port;
}

asio::ip::address read_address(std::string_view text)
{
    const bool brackets = text.size() > 1 && text.front() == '[' && text.back() == ']';
    const std::string plain(brackets ? text.substr(1, text.size() - 2) : text);
    error_code not_an_address;
    const auto address = asio::ip::make_address(plain, not_an_address);
    if (not_an_address || plain.find('\0') != std::string::npos || (brackets && address.is_v4()))
        refuse("address " + detail::quoted(text) + " is not an IP address");
    return address;
}

/// Cuts the part before the next colon off.
std::string_view take_part(std::string_view& rest, std::string_view whole)
{
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos)
        refuse(detail::quoted(whole) + " is not HOST:PORT:ADDRESS[,ADDRESS]...");
    const auto part = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
    return part;
}
}

fixed_address parse_fixed_address(std::string_view text)
{
    if (text.starts_with('+') || text.starts_with('-'))
        refuse(detail::quoted(text) + " begins with " + detail::quoted(text.substr(0, 1)) +
               "; an address is fixed for good here");
    if (text.starts_with('['))
        refuse(detail::quoted(text) + " begins with an address, which is not looked up");
    fixed_address result;
    auto rest = text;
    result.host = checked_name(std::string(take_part(rest, text)));
    result.port = read_port(take_part(rest, text));
    for (;;)
    {
        const auto comma = rest.find(',');
        result.addresses.push_back(read_address(rest.substr(0, comma)));
        if (comma == std::string_view::npos)
            return result;
        rest.remove_prefix(comma + 1);
    }
}

/// Answers for one port.
class fixed_addresses::names_of_port final : public resolver
{
public:
    explicit names_of_port(resolver& otherwise) : otherwise_(otherwise) {}

    void add(const std::string& host, addresses a) { names_.insert_or_assign(host, std::move(a)); }

    void forget(std::string_view host) noexcept override { otherwise_.forget(host); }

private:
    void resolve(const asio::any_io_executor& executor, std::string host, address_family family,
                 handler done) override
    {
        auto found = is_address(host) ? names_.end() : names_.find(lower(host));
        if (found == names_.end() && !is_address(host))
            found = names_.find(every_name);
        if (found == names_.end())
            return pass_on(otherwise_, executor, std::move(host), family, std::move(done));
        addresses answer;
        for (const auto& a : found->second)
            if (family == address_family::any || a.is_v6() == (family == address_family::ipv6))
                answer.push_back(a);
        const error_code ec = answer.empty() ? error_code(errc::no_address) : error_code();
        asio::post(executor, asio::append(std::move(done), ec, std::move(answer)));
    }

    resolver& otherwise_;
    std::map<std::string, addresses, std::less<>> names_;
};

fixed_addresses::fixed_addresses(resolver& otherwise) : otherwise_(otherwise) {}

fixed_addresses::~fixed_addresses() = default;

void fixed_addresses::add(fixed_address a)
{
    const auto host = checked_name(a.host);
    if (a.port == 0)
        refuse("port 0 cannot be connected to");
    if (a.addresses.empty())
        refuse("no address is given for " + detail::quoted(a.host));
    auto& names = ports_[a.port];
    if (names == nullptr)
        names = std::make_unique<names_of_port>(otherwise_.for_port(a.port));
    names->add(host, std::move(a.addresses));
}

void fixed_addresses::forget(std::string_view host) noexcept
{
    otherwise_.forget(host);
}

resolver& fixed_addresses::for_port(std::uint16_t port) noexcept
{
    const auto found = ports_.find(port);
    return found != ports_.end() ? *found->second : otherwise_.for_port(port);
}

void fixed_addresses::resolve(const asio::any_io_executor& executor, std::string host,
                              address_family family, handler done)
{
    pass_on(otherwise_, executor, std::move(host), family, std::move(done));
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/resolvers/c_ares_resolver.hpp>

#include "../host_name.hpp"
#include "dns_query.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

namespace holdfast
{
namespace
{
constexpr std::size_t addresses_max = 1024; // of one answer

asio::ip::address address_of(const sockaddr& a)
{
    if (a.sa_family == AF_INET6)
    {
        sockaddr_in6 v6;
        std::memcpy(&v6, &a, sizeof v6);
        asio::ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return asio::ip::address_v6(bytes, v6.sin6_scope_id);
    }
    sockaddr_in v4;
    std::memcpy(&v4, &a, sizeof v4);
    asio::ip::address_v4::bytes_type bytes;
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return asio::ip::address_v4(bytes);
}

/// In the order of c-ares, which is that of RFC 6724, each once.
resolver::addresses addresses_of(const ares_addrinfo& found)
{
    resolver::addresses result;
    std::set<asio::ip::address> seen;
    int ttl = -1;
    const auto holds = [&](int seconds)
    { ttl = ttl < 0 ? std::max(seconds, 0) : std::clamp(seconds, 0, ttl); };
    for (const auto* n = found.nodes; n != nullptr; n = n->ai_next)
    {
        if ((n->ai_family != AF_INET && n->ai_family != AF_INET6) || result.size() == addresses_max)
            continue;
        const auto a = address_of(*n->ai_addr);
        holds(n->ai_ttl);
        if (seen.insert(a).second)
            result.push_back(a);
    }
    for (const auto* c = found.cnames; c != nullptr; c = c->next)
        holds(c->ttl);
    if (ttl > 0) // zero is also said of what the hosts file has
        result.ttl = std::chrono::seconds(ttl);
    return result;
}
}

namespace detail
{
namespace
{
class address_query final : public dns_query
{
public:
    using handler = asio::any_completion_handler<void(error_code, resolver::addresses)>;

    address_query(const asio::any_io_executor& executor, holdfast::clock& c,
                  std::shared_ptr<const dns_settings> settings, std::string host,
                  address_family family, handler done)
        : dns_query(executor, c, std::move(settings))
        , host_(std::move(host))
        , family_(family)
        , done_(std::move(done))
    {
    }

    static void begin(const std::shared_ptr<address_query>& self)
    {
        auto slot = asio::get_associated_cancellation_slot(self->done_);
        if (slot.is_connected())
            slot.assign(
                [weak = std::weak_ptr(self)](asio::cancellation_type type)
                {
                    const auto query = weak.lock();
                    if (query && type != asio::cancellation_type::none)
                        query->cancel();
                });
        self->start();
    }

private:
    void ask(ares_channel channel) override
    {
        ares_addrinfo_hints hints{};
        hints.ai_family = family_ == address_family::ipv4   ? AF_INET
                          : family_ == address_family::ipv6 ? AF_INET6
                                                            : AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        ::ares_getaddrinfo(channel, host_.c_str(), nullptr, &hints, &address_query::have_answer,
                           this);
    }

    static void have_answer(void* self, int status, int, ares_addrinfo* found) noexcept
    {
        const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> owner(found,
                                                                             &::ares_freeaddrinfo);
        auto& query = *static_cast<address_query*>(self);
        if (query.answered(status) && found != nullptr)
            query.keep(*found);
    }

    void keep(const ares_addrinfo& found) noexcept
    try
    {
        found_ = addresses_of(found);
    }
    catch (const std::bad_alloc&)
    {
        // It is told below that there is no address.
    }

    void complete(error_code ec) override
    {
        if (!ec && found_.empty())
            ec = errc::no_address;
        if (ec)
            found_ = {};
        asio::get_associated_cancellation_slot(done_).clear();
        handler done(std::move(done_));
        std::move(done)(ec, std::move(found_));
    }

    const std::string host_;
    const address_family family_;
    handler done_;
    resolver::addresses found_;
};
}
}

c_ares_resolver::c_ares_resolver(const dns_options& options, holdfast::clock* c)
    : settings_(std::make_shared<const detail::dns_settings>(options))
    , clock_(c)
{
}

c_ares_resolver::~c_ares_resolver() = default;

void c_ares_resolver::resolve(const asio::any_io_executor& executor, std::string host,
                              address_family family, handler done)
{
    const auto answer_at_once = [&](error_code ec, addresses found)
    { asio::post(executor, asio::append(std::move(done), ec, std::move(found))); };
    error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    if (!not_an_address)
    {
        const bool wanted =
            family == address_family::any || address.is_v6() == (family == address_family::ipv6);
        return wanted ? answer_at_once({}, {address}) : answer_at_once(errc::no_address, {});
    }
    detail::ascii_name name = detail::to_ascii_name(host);
    if (name.problem != nullptr)
        return answer_at_once(errc::invalid_name, {});
    detail::address_query::begin(std::make_shared<detail::address_query>(
        executor, clock_ != nullptr ? *clock_ : default_clock(executor), settings_,
        std::move(name.text), family, std::move(done)));
}
}

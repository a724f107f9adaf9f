// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RESOLVERS_C_ARES_RESOLVER_HPP
#define HOLDFAST_RESOLVERS_C_ARES_RESOLVER_HPP

#include <holdfast/clock.hpp>
#include <holdfast/resolver.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace holdfast
{
namespace detail
{
struct dns_settings;
}

/// Which servers of the DNS are asked, and how patiently.
struct dns_options
{
    /// Addresses with or without a port: `192.0.2.1`, `192.0.2.1:53`, `[2001:db8::1]:53`; at most
    /// 16. Empty: those of the system, and its hosts file before them.
    std::vector<std::string> servers{};

    /// How long a server may take to answer in the first round; twice that in the second, and so
    /// on. From 1 ms to 1 minute.
    duration timeout = std::chrono::seconds(2);

    /// How many rounds there are, from 1 to 10.
    int rounds = 3;

    /// How many lookups run at once; beyond that they fail with `errc::too_many_lookups`. At least
    /// 1.
    std::size_t lookups_max = 64;
};

/// Asks the DNS itself, by way of c-ares: on the sockets of the context, without a thread, and
/// without anything left behind when it is cancelled. It tells how long an answer holds.
///
/// It knows the hosts file and the servers of the system (which are read for each lookup), but
/// nothing else of how the system looks names up. Each lookup has sockets of its own; to share
/// answers, put a `caching_resolver` before it.
///
/// Fails with `asio::error::host_not_found`, `errc::no_address`, `errc::lookup_timed_out` where no
/// server answers, `asio::error::host_not_found_try_again` where a server fails, or
/// `asio::error::no_recovery`.
///
/// @par Thread safety
/// Safe, distinct or shared.
class c_ares_resolver final : public resolver
{
public:
    /// @param c For how long c-ares says it waits. Null: the default clock of each lookup's
    /// context.
    /// @throws std::invalid_argument naming what is wrong
    explicit c_ares_resolver(const dns_options& options = {}, holdfast::clock* c = nullptr);
    ~c_ares_resolver() override;

private:
    void resolve(const asio::any_io_executor& executor, std::string host, address_family family,
                 handler done) override;

    std::shared_ptr<const detail::dns_settings> settings_;
    holdfast::clock* clock_;
};
}

#endif

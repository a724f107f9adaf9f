// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RESOLVERS_CACHING_RESOLVER_HPP
#define HOLDFAST_RESOLVERS_CACHING_RESOLVER_HPP

#include <holdfast/clock.hpp>
#include <holdfast/resolver.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast
{
/// For how long a `caching_resolver` remembers, and how much.
struct caching_options
{
    /// How long an answer is remembered that does not say how long it holds, as those of the system
    /// never do. More than zero.
    duration ttl = std::chrono::seconds(30);

    /// What an answer says of itself is taken for at least, ...
    duration ttl_min = std::chrono::seconds(1);

    /// ... and at most so long.
    duration ttl_max = std::chrono::minutes(5);

    /// How long it is remembered that a name does not exist or has no such address; zero: not.
    duration negative_ttl = std::chrono::seconds(5);

    /// How many answers are remembered, from 1 to 65,536. Then the one that expires first goes.
    std::size_t entries_max = 1024;
};

/// Remembers what another resolver has answered.
///
/// Identical lookups of one context are joined while they are under way. That a lookup failed for
/// any reason but the name is not remembered, nor is an answer of more than 256 addresses. A name
/// to which a connection failed, in whatever phase, or was lost, is looked up anew: the server may
/// have moved, and who answers at the old address need not be it.
///
/// The address family is part of what is asked for; whether letters are capital is not.
///
/// @par Thread safety
/// Safe, distinct or shared.
///
/// @par Lifetime
/// The resolver behind it and the clock outlive it.
///
/// @par Example
/// @code
/// hf::caching_resolver names(hf::default_resolver(executor), hf::default_clock(executor));
/// hf::client_service db(executor, hf::tcp("db.example", 6379), ..., {.resolver = &names});
/// @endcode
class caching_resolver final : public resolver
{
public:
    /// @throws std::invalid_argument naming what is wrong
    caching_resolver(resolver& behind, holdfast::clock& c, const caching_options& options = {});
    ~caching_resolver() override;

    /// How many answers are remembered, those that have expired since included.
    std::size_t entries() const;

    void forget(std::string_view host) noexcept override;

private:
    struct shared;

    void resolve(const asio::any_io_executor& executor, std::string host, address_family family,
                 handler done) override;

    resolver& behind_;
    std::shared_ptr<shared> shared_;
};
}

#endif

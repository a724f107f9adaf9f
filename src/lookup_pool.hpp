// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_LOOKUP_POOL_HPP
#define HOLDFAST_SRC_LOOKUP_POOL_HPP

#include <holdfast/resolver.hpp>

#include <functional>
#include <memory>
#include <string>

namespace holdfast::detail
{
struct lookup_answer
{
    error_code code;
    resolver::addresses addresses;
};

/// Looks a name up, for as long as that takes: `getaddrinfo`, or what a test puts in its place.
/// Called on threads of the pool.
using lookup_function = std::function<lookup_answer(const std::string&, address_family)>;

/// The lookup of the system: hosts files, nsswitch, DNS, in the order of RFC 6724.
lookup_answer system_lookup(const std::string& host, address_family family);

/// Runs lookups that block on threads of its own, and waits for none of them.
///
/// A thread owns all it touches: what it shares with the pool outlives both, and holds nothing of
/// the context but the lookups that somebody waits for. Those are dropped, under the lock, when
/// they are cancelled and when the pool is shut down.
class lookup_pool final : public resolver
{
public:
    static constexpr unsigned running_max = 4; ///< Lookups at once that somebody waits for.
    static constexpr unsigned stuck_max = 32;  ///< Abandoned ones; with so many, lookups fail.

    explicit lookup_pool(lookup_function f);
    ~lookup_pool() override;

    /// Drops every lookup without completing it. The context calls it when it is destroyed.
    void shutdown() noexcept;

private:
    struct waiter;
    struct lookup;
    struct shared;

    void resolve(const asio::any_io_executor& executor, std::string host, address_family family,
                 handler done) override;

    std::shared_ptr<shared> shared_;
};
}

#endif

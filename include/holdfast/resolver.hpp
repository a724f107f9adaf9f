// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RESOLVER_HPP
#define HOLDFAST_RESOLVER_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/error.hpp>
#include <holdfast/time.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast
{
namespace asio = boost::asio;

/// Which addresses are wanted of a name.
enum class address_family : unsigned char
{
    any,
    ipv4,
    ipv6,
};

/// Looks host names up, without ever holding anything up: a lookup that is cancelled ends at once,
/// however stuck the system's own resolver is.
///
/// @par Thread safety
/// Safe, distinct or shared.
///
/// @par Lifetime
/// The resolver outlives everything that was given it.
class resolver
{
public:
    /// What a name was found to have.
    struct addresses : std::vector<asio::ip::address>
    {
        using std::vector<asio::ip::address>::vector;

        /// For how long that holds, where the resolver was told.
        std::optional<duration> ttl{};
    };

    using handler = asio::any_completion_handler<void(error_code, addresses)>;

    resolver() = default;
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;
    virtual ~resolver() = default;

    /// Looks `host` up.
    ///
    /// Completes with the addresses in the order in which they are best tried (RFC 6724), never
    /// none with success; with the error of the lookup; or with `errc::too_many_lookups`. It
    /// completes on the handler's associated executor, by default `executor`, never inside this
    /// call.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted` at once; the late answer is dropped.
    template <asio::completion_token_for<void(error_code, addresses)> Token = asio::deferred_t>
    [[nodiscard]] auto async_resolve(asio::any_io_executor executor, std::string host,
                                     address_family family, Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, addresses)>(
            start_resolve{std::move(executor)}, token, this, std::move(host), family);
    }

    /// A connection to `host` has failed, in whatever phase, or was lost: what is remembered of the
    /// name may be wrong, and is looked up anew. Most resolvers remember nothing.
    virtual void forget(std::string_view host) noexcept;

    /// Where to ask for names of which only that port is to be connected to. The same resolver,
    /// mostly, which outlives what this gives.
    virtual resolver& for_port(std::uint16_t port) noexcept;

protected:
    /// Starts one lookup. Calls `done` exactly once, from a function posted to `executor`, and
    /// honours its cancellation slot; it goes to an executor of its own by itself.
    virtual void resolve(const asio::any_io_executor& executor, std::string host,
                         address_family family, handler done) = 0;

    /// Has another resolver look it up, for those that stand before one.
    static void pass_on(resolver& to, const asio::any_io_executor& executor, std::string host,
                        address_family family, handler done);

private:
    struct start_resolve
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }
        template <class Handler>
        void operator()(Handler&& done, resolver* self, std::string host,
                        address_family family) const
        {
            self->resolve(executor, std::move(host), family,
                          detail::plain_handler(std::forward<Handler>(done), executor));
        }
    };
};

/// The resolver of a context: `getaddrinfo` on a few threads of its own.
///
/// Identical lookups under way are joined. Four run at once; one that is abandoned no longer
/// counts, up to 32 that are stuck: beyond that a lookup fails with `errc::too_many_lookups`.
/// Destroying the context does not wait for a stuck lookup.
resolver& default_resolver(const asio::any_io_executor& executor);
}

#endif

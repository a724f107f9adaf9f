// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TESTING_SCRIPTED_RESOLVER_HPP
#define HOLDFAST_TESTING_SCRIPTED_RESOLVER_HPP

#include <holdfast/resolver.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::testing
{
/// One lookup that a `scripted_resolver` was asked for.
///
/// A handle: copies are the same lookup. It may outlive the resolver and the context.
class scripted_lookup
{
public:
    const std::string& host() const noexcept;
    address_family family() const noexcept;

    /// Whether it goes on.
    bool pending() const;

    /// Whether it was cancelled while it went on.
    bool cancelled() const;

    /// Answers with `addresses`, given as text, less those of a family that is not wanted: if none
    /// is left it fails with `errc::no_address`. False if the lookup has ended before.
    bool succeed(const std::vector<std::string>& addresses) const;

    /// Fails. False if the lookup has ended before.
    bool fail(error_code ec) const;

private:
    friend class scripted_resolver;
    struct state;
    std::shared_ptr<state> state_;
};

/// A resolver that knows the names the test gave it, and whose answers change as the test says.
///
/// Each name has its answers in order; the last one stays. A name that was never given fails with
/// `asio::error::host_not_found`.
///
/// @par Thread safety
/// Safe, distinct or shared.
///
/// @par Example
/// @code
/// testing::scripted_resolver names;
/// names.answer("db.example", {"192.0.2.1"}).hang("db.example"); // once, and then no more
/// @endcode
class scripted_resolver final : public resolver
{
public:
    scripted_resolver();
    ~scripted_resolver() override;

    /// The next answer for `host`: these addresses, given as text. Throws if one is not an address.
    /// `ttl` says how long it holds, if anything is said of that.
    scripted_resolver& answer(std::string_view host, std::vector<std::string> texts,
                              std::optional<duration> ttl = std::nullopt);

    /// The next answer for `host`: an error.
    scripted_resolver& fail(std::string_view host, error_code ec);

    /// The next answer for `host`: none, until the test completes the lookup or it is cancelled.
    scripted_resolver& hang(std::string_view host);

    /// All lookups so far, in order. The record is kept as long as the resolver.
    std::vector<scripted_lookup> lookups() const;

    /// The last lookup so far. Throws `std::logic_error` if there was none.
    scripted_lookup last() const;

    /// The names that were to be forgotten so far, in order: a connection to each had failed.
    std::vector<std::string> forgotten() const;

    void forget(std::string_view host) noexcept override;

    /// How often `host` was looked up.
    std::size_t lookup_count(std::string_view host) const;

    /// Lookups that go on.
    std::size_t pending_lookups() const;

private:
    struct script;

    void resolve(const asio::any_io_executor& executor, std::string host, address_family family,
                 handler done) override;

    std::unique_ptr<script> script_;
};
}

#endif

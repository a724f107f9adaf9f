// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RESOLVERS_FIXED_ADDRESSES_HPP
#define HOLDFAST_RESOLVERS_FIXED_ADDRESSES_HPP

#include <holdfast/resolver.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast
{
/// Which addresses a name has for connections to one port, whatever its servers say.
struct fixed_address
{
    std::string host{}; ///< A name, or `*` for every name.
    std::uint16_t port = 0;
    resolver::addresses addresses{};
};

/// Reads `HOST:PORT:ADDRESS[,ADDRESS]...`, as curl's `--resolve` has it. An IPv6 address may stand
/// in brackets.
///
/// @throws std::invalid_argument with one line that says what is wrong
fixed_address parse_fixed_address(std::string_view text);

/// Answers for some names and ports itself, and has another resolver look up all others: to reach a
/// server before its name is moved, or one of many that share a name.
///
/// A name for itself goes before `*`, and what was added later before what was added earlier. The
/// port is that which is connected to, so this stands first where resolvers stand before each
/// other.
///
/// @par Thread safety
/// Safe, distinct or shared, while nothing is added.
///
/// @par Example
/// @code
/// hf::fixed_addresses names(hf::default_resolver(executor));
/// names.add(hf::parse_fixed_address("example.com:443:192.0.2.7,[2001:db8::7]"));
/// @endcode
class fixed_addresses final : public resolver
{
public:
    /// @param otherwise Looks up whatever is not added here.
    explicit fixed_addresses(resolver& otherwise);
    ~fixed_addresses() override;

    /// @throws std::invalid_argument if the host cannot be a name, the port is 0 or there is no
    /// address
    void add(fixed_address a);

    void forget(std::string_view host) noexcept override;
    resolver& for_port(std::uint16_t port) noexcept override;

private:
    class names_of_port;

    void resolve(const asio::any_io_executor& executor, std::string host, address_family family,
                 handler done) override;

    resolver& otherwise_;
    std::map<std::uint16_t, std::unique_ptr<names_of_port>> ports_;
};
}

#endif

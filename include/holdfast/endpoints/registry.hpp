// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_REGISTRY_HPP
#define HOLDFAST_ENDPOINTS_REGISTRY_HPP

#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/description.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace holdfast
{
/// Knows how to make endpoints of which kinds: what the prefixes of descriptions mean.
///
/// Kinds are added explicitly, since a linker drops static objects of static libraries:
///
///     auto known = hf::registry::standard();
///     known.add("pigeon", [](const hf::description& d, const hf::registry&) {
///         const hf::argument_reader arguments(d, {"loft"}, {"rings"});
///         return pigeon(arguments.text("loft"));
///     });
///     auto endpoint = hf::parse_endpoint("pigeon:roof", known);
///
/// @par Thread safety
/// Distinct objects: safe. One object: safe while nothing is added to it.
class registry
{
public:
    /// Makes an endpoint of a description, whose prefix needs no look; the registry is for
    /// descriptions within it. Refuses with `description_error`, best by way of `argument_reader`.
    using factory = std::function<any_endpoint(const description&, const registry&)>;

    /// Knows `failover`, `http-connect`, `proxy-protocol`, `socks5`, `tcp` and `unix`.
    static const registry& standard();

    /// Adds a kind of endpoint.
    ///
    /// @throws std::invalid_argument if the prefix is known already, or cannot be one: it is a
    /// letter and then letters, digits, `+`, `-`, `.`, `_`, all of them small
    void add(std::string prefix, factory make);

    /// Makes the endpoint that is described.
    ///
    /// @throws description_error
    any_endpoint make(const description& d) const;

    /// Makes the endpoint that an argument of the description `d` describes, such as the value of
    /// `endpoint=`. What is wrong with it is told of its place in the whole.
    ///
    /// @throws description_error
    any_endpoint make_within(const description& d, const description::argument& inner) const;

private:
    std::map<std::string, factory, std::less<>> factories_;
};

/// The endpoint that is described, of a kind that `known` knows.
///
/// Everything that can be checked without connecting is checked here.
///
/// @throws description_error with one line that says which part is wrong and what was expected
any_endpoint parse_endpoint(std::string_view text, const registry& known = registry::standard());
}

#endif

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/tls.hpp>

#include "../endpoints/standard_endpoints.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace holdfast
{
namespace
{
std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();)
    {
        const auto end = std::min(text.find(separator, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

/// The options by their keys in descriptions; those of Twisted, where it has them.
tls_options read_options(const argument_reader& arguments)
{
    tls_options o;
    const auto text = [&](const char* key)
    { return arguments.find(key) != nullptr ? arguments.text(key) : std::string(); };
    o.server_name = text("hostname");
    o.trust_roots = text("trustRoots");
    o.crl = text("crl");
    o.certificate = text("certificate");
    o.private_key = text("privateKey");
    if (arguments.find("pins") != nullptr)
        o.pins = split(text("pins"), ';');
    if (arguments.find("alpn") != nullptr)
        o.alpn = split(text("alpn"), ',');
    if (const auto version = arguments.choice("minVersion", {"1.2", "1.3"}))
        o.min_version = *version == 0 ? tls_version::v1_2 : tls_version::v1_3;
    if (const auto timeout = arguments.length_of_time("handshakeTimeout"))
        o.timeout = *timeout;
    o.resume = arguments.flag("resume").value_or(o.resume);
    o.insecure_accept_any_certificate =
        arguments.flag("insecureAcceptAnyCertificate").value_or(false);
    return o;
}

/// What each option is called in a description.
struct option_name
{
    std::string_view option;
    std::string_view key;
};

constexpr std::array tls_names{
    option_name{"server_name", "hostname"},
    option_name{"trust_roots", "trustRoots"},
    option_name{"crl", "crl"},
    option_name{"certificate", "certificate"},
    option_name{"private_key", "privateKey"},
    option_name{"pins", "pins"},
    option_name{"alpn", "alpn"},
    option_name{"timeout", "handshakeTimeout"},
};

constexpr std::array ssl_names{
    option_name{"server_name", "hostname"},
    option_name{"trust_roots", "caCertsDir"},
    option_name{"certificate", "certKey"},
    option_name{"private_key", "privateKey"},
};

/// Makes the endpoint; what that refuses, `tls: trust_roots "x" ...`, is told of the argument, by
/// its name there.
template <class Names, class Make>
any_endpoint checked(const argument_reader& arguments, const Names& names, Make make)
{
    try
    {
        return make();
    }
    catch (const std::invalid_argument& refusal)
    {
        std::string_view reason = refusal.what();
        reason.remove_prefix(std::min(reason.size(), std::string_view("tls: ").size()));
        const auto word = reason.substr(0, reason.find(' '));
        const auto found = std::ranges::find(names, word, &option_name::option);
        if (found == names.end())
            arguments.refuse_because("host", std::string(reason));
        const auto key = arguments.find(found->key) == nullptr && word == "server_name"
                             ? std::string_view("host")
                             : found->key;
        arguments.refuse_because(key, std::string(key) + std::string(reason.substr(word.size())));
    }
}

any_endpoint make_tls(const description& d, const registry& known)
{
    const argument_reader arguments(
        d, {"host", "port"},
        {"timeout", "bindAddress", "certificate", "privateKey", "trustRoots", "endpoint",
         "hostname", "crl", "pins", "alpn", "minVersion", "handshakeTimeout", "resume", "stagger",
         "family", "noDelay", "deadAfter", "insecureAcceptAnyCertificate"});
    const auto* const inner = arguments.find("endpoint");
    if (inner == nullptr)
    {
        const auto below = detail::read_tcp(arguments);
        const auto options = read_options(arguments);
        return checked(
            arguments, tls_names, [&]() -> any_endpoint
            { return tls(below.host(), below.port(), read_options(arguments), below.options()); });
    }
    for (const auto* const key :
         {"timeout", "bindAddress", "stagger", "family", "noDelay", "deadAfter"})
        if (arguments.find(key) != nullptr)
            arguments.refuse_because(key, std::string(key) + " is for tcp; it belongs into the "
                                                             "description after endpoint=");
    const auto& host = arguments.text("host");
    const std::uint16_t port = arguments.find("port") != nullptr ? arguments.port("port") : 0;
    auto below = known.make_within(d, *inner);
    const auto options = read_options(arguments);
    return checked(arguments, tls_names, [&]() -> any_endpoint
                   { return tls_over(std::move(below), host, port, options); });
}

/// Twisted's older spelling, which verified nobody unless it was given a `hostname`.
any_endpoint make_ssl(const description& d, const registry&)
{
    const argument_reader arguments(
        d, {"host", "port"},
        {"timeout", "bindAddress", "privateKey", "certKey", "caCertsDir", "hostname"});
    if (arguments.find("hostname") == nullptr)
        arguments.refuse_because("host", "ssl verifies nobody without hostname=NAME; write "
                                         "tls:HOST:PORT, which does, with trustRoots for "
                                         "caCertsDir and certificate for certKey");
    const auto below = detail::read_tcp(arguments);
    tls_options o;
    const auto text = [&](const char* key)
    { return arguments.find(key) != nullptr ? arguments.text(key) : std::string(); };
    o.server_name = text("hostname");
    o.trust_roots = text("caCertsDir");
    o.certificate = text("certKey");
    o.private_key = text("privateKey");
    return checked(arguments, ssl_names, [&]() -> any_endpoint
                   { return tls(below.host(), below.port(), o, below.options()); });
}
}

void tls::register_endpoints(registry& known)
{
    known.add("tls", make_tls);
    known.add("ssl", make_ssl);
}
}

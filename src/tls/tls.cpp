// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/tls.hpp>

#include <holdfast/duration.hpp>
#include <holdfast/endpoints/description.hpp>

#include "pem_files.hpp"

namespace holdfast
{
namespace
{
std::string in_brackets(const std::string& host)
{
    return host.find(':') == std::string::npos ? quote(host) : '[' + host + ']';
}

/// A key and a value, if that is there. PEM is too long for a line, and may be secret.
void add(std::string& text, const char* key, const std::string& value)
{
    if (!value.empty())
        text += std::string(":") + key + '=' + (detail::is_pem(value) ? "(PEM)" : quote(value));
}

std::string joined(const std::vector<std::string>& parts, char separator)
{
    std::string text;
    for (const auto& part : parts)
        text += (text.empty() ? "" : std::string(1, separator)) + part;
    return text;
}

std::string key_values(const tls_options& o)
{
    const tls_options usual;
    std::string text;
    add(text, "hostname", o.server_name);
    add(text, "trustRoots", o.trust_roots);
    add(text, "crl", o.crl);
    add(text, "certificate", o.certificate);
    add(text, "privateKey", o.private_key);
    add(text, "pins", joined(o.pins, ';'));
    add(text, "alpn", joined(o.alpn, ','));
    if (o.min_version != usual.min_version)
        text += ":minVersion=1.3";
    if (o.timeout != usual.timeout)
        text += ":handshakeTimeout=" + to_string(o.timeout);
    if (!o.resume)
        text += ":resume=0";
    if (o.insecure_accept_any_certificate)
        text += ":insecureAcceptAnyCertificate=1";
    return text;
}
}

tls::tls(const std::string& host, std::uint16_t port, tls_options options, tcp_options below)
    : tls_over(tcp(host, port, std::move(below)), host, port, std::move(options), true)
{
}

std::string detail::tls_client::describe(const std::string& below, bool direct) const
{
    if (direct)
        return "tls" + below.substr(below.find(':')) + key_values(options_);
    return "tls:" + in_brackets(host_) + (port_ != 0 ? ':' + std::to_string(port_) : "") +
           key_values(options_) + ":endpoint=" + quote(below);
}
}

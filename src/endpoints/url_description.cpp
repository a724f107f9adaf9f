// SPDX-License-Identifier: BSL-1.0
#include "description_parts.hpp"

#include "../quoted.hpp"
#include "via.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <utility>

namespace holdfast::detail
{
namespace
{
namespace urls = boost::urls;

/// A part of the text with its percent escapes decoded. A `+` stays what it is.
description::argument decoded(std::string_view text, urls::pct_string_view part)
{
    return {part.decode(), static_cast<std::size_t>(part.data() - text.data()) + 1};
}

/// Throws with the place of the first character or escape that no URL has, if there is one.
void refuse_bad_characters(std::string_view text)
{
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-._~:/?#[]@!$&'()*+,;=%";
    constexpr std::string_view hex = "0123456789ABCDEFabcdef";
    for (std::size_t at = 0; at < text.size(); ++at)
    {
        if (allowed.find(text[at]) == allowed.npos)
            throw description_error(text, at + 1,
                                    quoted(text.substr(at, 1)) +
                                        " cannot stand in a URL; write it as % and two hexadecimal "
                                        "digits");
        if (text[at] != '%')
            continue;
        const auto digits = text.substr(at + 1, 2);
        if (digits.size() != 2 || digits.find_first_not_of(hex) != digits.npos)
            throw description_error(
                text, at + 1,
                "\"%\" is not followed by two hexadecimal digits; write %25 for "
                "a \"%\" itself");
    }
}

/// Says why a text of allowed characters is no URL: only what follows `//` can be at fault.
[[noreturn]] void refuse_authority(std::string_view text, std::size_t begin)
{
    const auto authority = text.substr(begin, text.substr(begin).find_first_of("/?#"));
    // The port is quoted only where it cannot be a password with a character it should not have.
    const auto colon = authority.rfind(':');
    if (colon != authority.npos && authority.find(']', colon) == authority.npos &&
        text.find('@') == text.npos)
    {
        const auto port = authority.substr(colon + 1);
        if (port.find_first_not_of("0123456789") != port.npos)
            throw description_error(text, begin + colon + 2,
                                    "port " + shown(port) + " is not a number from 1 to 65535");
    }
    throw description_error(text, begin + 1,
                            "what follows \"//\" is not host:port; an IPv6 address stands in "
                            "brackets, other special characters as % and two hexadecimal digits");
}

/// Reads `key=value` and what `separator` sets apart from it. The value of `via` is a URL of its
/// own, and is left as it is.
void read_query(std::string_view text, std::string_view query, char separator, url_parts& parts)
{
    const auto column = [&](std::string_view part)
    { return static_cast<std::size_t>(part.data() - text.data()) + 1; };
    const auto argument = [&](std::string_view part) -> description::argument
    {
        if (const auto bracket = part.find_first_of("[]"); bracket != part.npos)
            throw description_error(text, column(part) + bracket,
                                    quoted(part.substr(bracket, 1)) +
                                        " cannot stand here in a URL; write it as % and two "
                                        "hexadecimal digits");
        return decoded(text, urls::make_pct_string_view({part.data(), part.size()}).value());
    };
    for (;;)
    {
        const auto parameter = query.substr(0, query.find(separator));
        const auto equals = parameter.find('=');
        if (equals == parameter.npos)
            throw description_error(text, column(parameter),
                                    "a parameter has no value; expected key=value");
        auto key = argument(parameter.substr(0, equals));
        const auto value = parameter.substr(equals + 1);
        if (key.value == "via")
            parts.vias.push_back(value);
        else
            parts.d.keywords.push_back({std::move(key.value), argument(value), key.column});
        if (parameter.size() == query.size())
            return;
        query.remove_prefix(parameter.size() + 1);
    }
}

void read_authority_and_path(std::string_view text, const urls::url_view& url, description& d)
{
    const auto path = url.encoded_path();
    const auto host = url.encoded_host();
    if (url.has_userinfo())
    {
        auto user = decoded(text, url.encoded_user());
        const auto column = user.column;
        d.keywords.push_back({"user", std::move(user), column});
    }
    if (url.has_password())
    {
        auto password = decoded(text, url.encoded_password());
        const auto column = password.column;
        d.keywords.push_back({"password", std::move(password), column});
    }
    if (host.empty() && !url.has_port())
    {
        if (path.empty())
            throw description_error(
                text, static_cast<std::size_t>(path.data() - text.data()) + 1,
                "nothing follows \"//\"; expected tcp://host:port or unix:///path");
        d.positional.push_back(decoded(text, path));
        return;
    }
    if (!path.empty() && path != "/")
        throw description_error(
            text, static_cast<std::size_t>(path.data() - text.data()) + 1,
            "a path stands after the host; a path alone has three slashes before it, such as "
            "unix:///run/name.sock");
    auto name = decoded(text, host);
    if (url.host_type() == urls::host_type::ipv6)
    {
        name.value = url.host_address();
        ++name.column;
    }
    d.positional.push_back(std::move(name));
    if (url.has_port())
        d.positional.push_back({std::string(url.port()),
                                static_cast<std::size_t>(url.port().data() - text.data()) + 1});
}
}

url_parts read_url(std::string_view text, std::string_view url, char separator)
{
    const auto begin = static_cast<std::size_t>(url.data() - text.data());
    const auto fragment = url.find('#');
    const auto whole = url.substr(0, fragment);
    const auto question = whole.find('?');
    const auto hierarchy = whole.substr(0, question);
    const auto prefix_length = hierarchy.find(':');
    const auto parsed = urls::parse_uri(urls::string_view(hierarchy.data(), hierarchy.size()));
    // Boost 1.81 takes what does not fit after the colon of a port for a path.
    if (!parsed || !(parsed->encoded_path().empty() || parsed->encoded_path().starts_with('/')))
        refuse_authority(text, begin + prefix_length + 3);

    url_parts parts;
    parts.d.prefix = lower(std::string(hierarchy.substr(0, prefix_length)));
    read_authority_and_path(text, *parsed, parts.d);
    if (question != whole.npos)
        read_query(text, whole.substr(question + 1), separator, parts);
    if (fragment != url.npos)
        throw description_error(
            text, begin + fragment + 1,
            "\"#\" begins a fragment, which no endpoint has; write %23 for a \"#\" itself");
    return parts;
}

description parse_url(std::string_view text)
{
    refuse_bad_characters(text);
    auto parts = read_url(text, text, '&');
    if (!parts.vias.empty())
        go_via(text, parts.d, parts.vias);
    return std::move(parts.d);
}
}

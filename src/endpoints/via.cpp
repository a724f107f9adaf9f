// SPDX-License-Identifier: BSL-1.0
#include "via.hpp"

#include "description_parts.hpp"
#include "tunnel.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace holdfast::detail
{
namespace
{
/// Each level of a description doubles the backslashes of those within it.
constexpr std::size_t via_max = 8;

using argument = description::argument;

std::size_t column_of(std::string_view text, std::string_view part)
{
    return static_cast<std::size_t>(part.data() - text.data()) + 1;
}

/// A description within another one as it is written there, and where each byte of it comes from.
class inner_text
{
public:
    explicit inner_text(std::string_view text) : text_(text) {}

    argument take() { return std::move(made_); }

    void write(const description& d)
    {
        made_.column = d.column;
        add(d.prefix, d.column);
        for (const auto& a : d.positional)
        {
            add(":", a.column);
            add_quoted(a);
        }
        for (const auto& k : d.keywords)
        {
            add(":", k.column);
            add(quote(k.key), k.column);
            add("=", k.column);
            add_quoted(k.value);
        }
    }

private:
    void add(std::string_view bytes, std::size_t column)
    {
        made_.value += bytes;
        made_.columns.insert(made_.columns.end(), bytes.size(), column);
    }

    void add_quoted(const argument& a)
    {
        std::size_t column = a.column;
        const auto quoted = quote(a.value);
        std::size_t at = 0; // in the value
        for (std::size_t i = 0; i < quoted.size(); ++i)
        {
            if (!a.columns.empty())
                column = a.columns[at];
            add(quoted.substr(i, 1), column);
            if (quoted[i] == '\\' && i + 1 < quoted.size())
                add(quoted.substr(++i, 1), column); // what it escapes
            ++at;
            if (a.columns.empty())
                column += column <= text_.size() && text_[column - 1] == '%' ? 3 : 1;
        }
        if (made_.value.size() > description::length_max)
            throw description_error(text_, made_.column,
                                    "these proxies make a description of more than " +
                                        std::to_string(description::length_max) + " bytes");
    }

    std::string_view text_;
    argument made_;
};

description::keyword_argument endpoint_within(std::string_view text, const description& d)
{
    inner_text inner(text);
    inner.write(d);
    return {"endpoint", inner.take(), d.column};
}

/// One proxy on the way.
struct hop
{
    description proxy{}; ///< Its kind and its keys.
    description below{}; ///< Its own address, as an endpoint of the kind that is written after `+`.
};

hop read_hop(std::string_view text, std::string_view url)
{
    const auto column = column_of(text, url);
    if (url_prefix_length(url) == 0)
        throw description_error(text, column,
                                "via= is not the URL of a proxy, such as socks5://HOST:PORT");
    auto parts = read_url(text, url, ';');
    if (!parts.vias.empty())
        throw description_error(text, column_of(text, parts.vias.front()),
                                "a proxy has no via= of its own; write one via= after the other, "
                                "the nearest first");
    refuse_bad_keys(text, parts.d);
    hop h{.proxy = std::move(parts.d)};
    h.proxy.column = column;
    for (const auto& k : h.proxy.keywords)
        if (k.key == "endpoint" || k.key == "proxy")
            throw description_error(text, k.column,
                                    "where the proxy is stands after the // of via=, not in " +
                                        k.key + '=');

    const auto plus = h.proxy.prefix.rfind('+');
    h.below.prefix = "tcp";
    h.below.column = column;
    if (plus != std::string::npos)
    {
        h.below.prefix = h.proxy.prefix.substr(plus + 1);
        h.below.column += plus + 1;
        h.proxy.prefix.erase(plus);
        if (!is_prefix(h.below.prefix))
            throw description_error(text, column,
                                    "after a + stands the kind of endpoint by which the proxy is "
                                    "reached, such as socks5+tls://");
    }
    h.below.positional = std::exchange(h.proxy.positional, {});
    const bool path = h.below.positional.front().value.starts_with('/');
    if (!path && h.below.positional.size() == 1)
        h.below.positional.push_back(
            {std::to_string(proxy_port), h.below.positional.front().column});
    return h;
}

void refuse_unfit(std::string_view text, const description& d, std::size_t column)
{
    if (d.prefix == "socks5" || d.prefix == "http-connect")
        throw description_error(text, 1,
                                "via= leads to a target that is no proxy; write tcp://HOST:PORT "
                                "and a via= for each proxy");
    if (d.positional.size() != 2)
        throw description_error(text, column, "via= needs the host and the port of the target");
    for (const auto& k : d.keywords)
        if (k.key == "endpoint")
            throw description_error(text, k.column,
                                    "endpoint= says how to get there, and so does via=; give one "
                                    "of them");
        else if (d.prefix == "tcp")
            throw description_error(text, k.column,
                                    "this is for a connection without proxies; what is for a "
                                    "proxy stands in its via=, after a ?");
}
}

void go_via(std::string_view text, description& d, const std::vector<std::string_view>& vias)
{
    if (vias.size() > via_max)
        throw description_error(text, column_of(text, vias[via_max]),
                                "this is one proxy too many; at most " + std::to_string(via_max) +
                                    " are gone by");
    refuse_unfit(text, d, column_of(text, vias.front()));
    std::vector<hop> hops;
    hops.reserve(vias.size());
    for (const auto url : vias)
        hops.push_back(read_hop(text, url));

    for (std::size_t i = 0; i < hops.size(); ++i)
    {
        auto& [proxy, below] = hops[i];
        const auto& target = i + 1 < hops.size() ? hops[i + 1].below : d;
        if (target.positional.size() != 2)
            throw description_error(text, target.column,
                                    "only the first proxy can be on a Unix socket");
        proxy.positional = target.positional;
        proxy.keywords.push_back(endpoint_within(text, below));
        if (i + 1 == hops.size())
            break;
        auto& next = hops[i + 1].below;
        if (next.prefix == "tcp")
            next = std::move(proxy); // which connects there
        else
            next.keywords.push_back(endpoint_within(text, proxy));
    }

    auto& last = hops.back().proxy;
    if (d.prefix == "tcp")
        d = std::move(last);
    else
        d.keywords.push_back(endpoint_within(text, last));
    if (d.prefix == "proxy-protocol")
        d.positional.clear(); // the last proxy connects there
}
}

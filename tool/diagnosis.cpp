// SPDX-License-Identifier: BSL-1.0
#include "diagnosis.hpp"

#include <fmt/format.h>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace tool
{
namespace
{
namespace e = boost::system::errc;
using hf::errc;
using hf::error_code;
using steps = std::span<const hf::dial_step>;

/// What a step was done to: `[::1]:80` of `connect to [::1]:80`.
std::string_view object_of(const hf::dial_step& s, std::string_view verb)
{
    const std::string_view what = s.what;
    return what.starts_with(verb) ? what.substr(verb.size()) : what;
}

bool is_path(std::string_view target)
{
    const auto colon = target.rfind(':');
    return target.starts_with('/') || target.starts_with('@') || colon == target.npos ||
           target.find_first_not_of("0123456789", colon + 1) != target.npos;
}

std::string joined(const std::vector<std::string>& parts, std::string_view last,
                   std::string_view between = ", ")
{
    constexpr std::size_t shown_max = 4; // a name may have many addresses
    std::string line;
    const auto shown = std::min(parts.size(), shown_max);
    for (std::size_t i = 0; i < shown; ++i)
        line += fmt::format("{}{}", i == 0 ? "" : i + 1 == parts.size() ? last : between, parts[i]);
    if (shown < parts.size())
        line += fmt::format(" and {} more", parts.size() - shown);
    return line;
}

/// Errors of a connect that have the same remedy.
enum class kind
{
    refused,
    silent,
    no_network,
    no_host,
    no_socket,
    not_allowed,
    itself,
    reset,
    other,
};

kind kind_of(error_code ec)
{
    if (ec == errc::connected_to_itself)
        return kind::itself;
    if (ec == e::connection_refused || ec == errc::no_listener)
        return kind::refused;
    if (ec == e::timed_out || ec == e::operation_canceled) // one that nobody waits for any more
        return kind::silent;
    if (ec == e::network_unreachable || ec == e::network_down)
        return kind::no_network;
    if (ec == e::host_unreachable)
        return kind::no_host;
    if (ec == e::no_such_file_or_directory || ec == e::not_a_directory)
        return kind::no_socket;
    if (ec == e::permission_denied || ec == e::operation_not_permitted)
        return kind::not_allowed;
    if (ec == e::connection_reset)
        return kind::reset;
    return kind::other;
}

/// One sentence of these targets, each of which failed like this.
std::string say(kind k, const std::vector<std::string>& targets, error_code ec)
{
    const bool path = is_path(targets.front());
    const auto all = joined(targets, " and ");
    const auto any = joined(targets, " or ");
    switch (k)
    {
    case kind::refused:
        return path ? fmt::format("nobody listens on the Unix socket {} any more", all)
                    : fmt::format("nothing listens on {}", any);
    case kind::silent:
        return path ? fmt::format("the server of the Unix socket {} takes no more connections", all)
                    : fmt::format("nothing answers from {}", any);
    case kind::no_network:
        return fmt::format("this machine has no way to the network of {}", any);
    case kind::no_host:
        return fmt::format("the network does not reach {}", any);
    case kind::no_socket:
        return fmt::format("there is no Unix socket {}", all);
    case kind::not_allowed:
        return path ? fmt::format("this user may not connect to the Unix socket {}", all)
                    : fmt::format("this machine forbids connecting to {}", any);
    case kind::itself:
        return fmt::format("nothing listens on {}: the system gave us that very port to connect "
                           "from, so that the socket met itself",
                           any);
    case kind::reset:
        return fmt::format("{} ended the connection as soon as it was made", all);
    case kind::other:
        return fmt::format("{}: {}", all, ec.message());
    }
    return {};
}

std::string advice(kind k, bool path, bool ipv6)
{
    switch (k)
    {
    case kind::refused:
        return path ? "start the server; the file was left behind by one that has ended, or is no "
                      "socket"
                    : "see whether the server runs, and listens on that address and port (ss -ltn "
                      "on its machine); a firewall that rejects looks the same";
    case kind::silent:
        return path ? "see what the server is busy with; its queue of connections is full"
                    : "see whether the address is right and its machine is up; if so, a firewall "
                      "on the way drops what is sent to that port";
    case kind::no_network:
        return ipv6 ? "see whether this machine has IPv6 (ip -6 route); with -4 only IPv4 is used"
                    : "see whether this machine is connected, and has a route there (ip route)";
    case kind::no_host:
        return "see whether the address is right and its machine is up, and whether a VPN or a "
               "route is missing";
    case kind::no_socket:
        return "see whether the server runs, and where it makes its socket";
    case kind::not_allowed:
        return path ? "see who may write to the socket and enter its folders (namei -l on it)"
                    : "see the rules of the local firewall, and what confines this process";
    case kind::itself:
        return "start the server; its port lies where clients get theirs, so give it one below "
               "net.ipv4.ip_local_port_range, or reserve it";
    case kind::reset:
        return "see the log of the server, and whether something stands before it that refuses us";
    case kind::other:
        return "see what the message means on this machine";
    }
    return {};
}

/// Each target with its error; what another was faster than has not failed.
diagnosis diagnose_connect(const hf::failure& why, steps all)
{
    struct group
    {
        kind k;
        error_code ec;
        std::vector<std::string> targets;
    };
    constexpr std::string_view verb = "connect to ";
    std::vector<group> groups;
    for (const auto& s : all)
    {
        const bool was_slower = s.code == e::operation_canceled && !s.detail.empty();
        if (s.phase != hf::phase::connect || !s.code || was_slower || !s.what.starts_with(verb))
            continue;
        const auto k = kind_of(s.code);
        auto g = std::ranges::find_if(groups, [&](const group& x)
                                      { return x.k == k && (k != kind::other || x.ec == s.code); });
        if (g == groups.end())
            g = groups.insert(groups.end(), {.k = k, .ec = s.code, .targets = {}});
        const std::string target(object_of(s, verb));
        if (std::ranges::find(g->targets, target) == g->targets.end())
            g->targets.push_back(target);
    }
    if (groups.empty()) // of a kind of endpoint that does not tell its connects
        return {.cause = words_of(why), .advice = advice(kind::other, false, false)};
    std::vector<std::string> sentences;
    for (const auto& g : groups)
        sentences.push_back(say(g.k, g.targets, g.ec));
    const auto& first = *std::ranges::min_element(groups, {}, &group::k);
    const auto& target = first.targets.front();
    return {.cause = joined(sentences, "; ", "; "),
            .advice = advice(first.k, is_path(target), target.starts_with('['))};
}

diagnosis diagnose_lookup(const hf::failure& why, steps all)
{
    std::string host = "the host";
    for (const auto& s : all)
        if (s.phase == hf::phase::lookup)
            host = object_of(s, "look up ");
    const error_code ec = why.code;
    if (ec == boost::asio::error::host_not_found)
        return {.cause = fmt::format("there is no host called {}", host),
                .advice = "see whether the name is spelt right, and complete (getent hosts NAME); "
                          "it is in neither DNS nor the hosts file"};
    if (ec == errc::no_address || ec == boost::asio::error::no_data)
        return {.cause = fmt::format("{} exists, and has no address of the wanted kind", host),
                .advice =
                    "leave out -4, -6, family= and bindAddress=, or have it given an address"};
    if (ec == errc::lookup_timed_out || ec == boost::asio::error::host_not_found_try_again ||
        ec == e::operation_canceled)
        return {.cause =
                    fmt::format("the name servers of this machine gave no answer for {}", host),
                .advice = "see whether this machine is connected, and which name servers it asks "
                          "(/etc/resolv.conf)"};
    if (ec == errc::invalid_name)
        return {.cause = fmt::format("{} cannot be the name of a host", host),
                .advice = "write a name with labels of 1 to 63 letters, digits and hyphens"};
    return {.cause = fmt::format("{} was not looked up: {}", host, words_of(why)),
            .advice = "see whether the name servers of this machine work (/etc/resolv.conf)"};
}

/// Codes of proxies equal the errors of the system that they pass on.
diagnosis diagnose_proxy(const hf::failure& why)
{
    const error_code ec = why.code;
    const auto cause = why.detail ? fmt::format("{}: {}", ec.message(), *why.detail) : ec.message();
    if (ec == errc::proxy_timed_out || ec == e::operation_canceled)
        return {.cause = "the proxy took the connection, and did not answer",
                .advice = "see whether that port is a proxy of this kind, and what it waits for"};
    if (ec == boost::asio::error::eof || ec == e::connection_reset || ec == e::broken_pipe)
        return {.cause = "the proxy hung up instead of answering",
                .advice = "see whether that port is a proxy of this kind, and whether it lets this "
                          "machine in"};
    if (ec == e::permission_denied)
        return {.cause = cause, .advice = "ask whoever runs the proxy to allow this target"};
    if (ec == e::connection_refused)
        return {.cause = cause,
                .advice = "see whether the server behind the proxy runs, and listens on that port"};
    if (ec == e::timed_out || ec == e::host_unreachable || ec == e::network_unreachable)
        return {.cause = cause,
                .advice = "see whether the target is right, and reached from where the proxy is"};
    return {.cause = cause,
            .advice = "see whether the kind of the proxy, its user and its password are right, and "
                      "whether it lets us through to that target"};
}

diagnosis diagnose_resource(error_code ec)
{
    if (ec == e::too_many_files_open)
        return {.cause = "this process may open no more files, and a connection is one",
                .advice = "raise the limit (ulimit -n), or look what holds them open (ls "
                          "/proc/PID/fd)"};
    if (ec == e::too_many_files_open_in_system)
        return {.cause = "this machine may open no more files, and a connection is one",
                .advice = "raise fs.file-max, or look who holds them open"};
    if (ec == e::address_not_available)
        return {.cause = "this machine has no address and port to connect from",
                .advice = "see whether bindAddress= is an address of this machine; without it, all "
                          "local ports to that server are taken (ss -tan)"};
    if (ec == errc::too_many_lookups)
        return {.cause = "too many lookups are stuck already",
                .advice = "see whether the name servers of this machine work (/etc/resolv.conf)"};
    return {.cause = fmt::format("this machine ran out of something: {}", ec.message()),
            .advice = "see what uses up its memory and its buffers"};
}

bool is_tls_error(error_code ec)
{
    return std::string_view(ec.category().name()).starts_with("asio.ssl");
}

/// The connection was made, and lost when it was only looked at.
diagnosis diagnose_session(const hf::failure& why, steps all)
{
    const bool over_tls =
        std::ranges::any_of(all, [](const auto& s) { return s.phase == hf::phase::tls; });
    if (over_tls &&
        (is_tls_error(why.code) || !fact_of(all, hf::phase::tls, "our certificate").empty()))
        return diagnose_tls(why, all);
    return {.cause = fmt::format("the server took the connection, and ended it at once: {}",
                                 words_of(why)),
            .advice = "see the log of the server, and whether it is overloaded, wants something "
                      "said first, or stands behind something that has lost it"};
}
}

std::string words_of(const hf::failure& why)
{
    return why.detail ? *why.detail : why.code.message();
}

std::string fact_of(std::span<const hf::dial_step> steps, hf::phase p, std::string_view name)
{
    for (auto s = steps.rbegin(); s != steps.rend(); ++s)
        if (s->phase == p)
        {
            const auto found =
                std::ranges::find(s->facts, name, &decltype(s->facts)::value_type::first);
            return found == s->facts.end() ? std::string() : found->second;
        }
    return {};
}

diagnosis diagnose(const hf::failure& why, std::span<const hf::dial_step> steps)
{
    if (why.code == hf::condition::local_resource)
        return diagnose_resource(why.code);
    switch (why.phase)
    {
    case hf::phase::lookup:
        return diagnose_lookup(why, steps);
    case hf::phase::connect:
        return diagnose_connect(why, steps);
    case hf::phase::proxy:
        return diagnose_proxy(why);
    case hf::phase::tls:
        return diagnose_tls(why, steps);
    case hf::phase::factory: // nothing but a dial and a look is done here
    case hf::phase::prepare:
    case hf::phase::session:
        return diagnose_session(why, steps);
    }
    return {.cause = words_of(why)};
}
}

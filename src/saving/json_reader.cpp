// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/description.hpp>
#include <holdfast/saving/json.hpp>

#include "../quoted.hpp"
#include "member_reader.hpp"
#include "secrets.hpp"

#include <boost/json/parser.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace holdfast
{
namespace
{
namespace json = boost::json;
using detail::member_reader;

constexpr std::size_t nesting_max = 2 * tree_record::depth_max + 4;
constexpr std::size_t delays_max = 1'000;
constexpr std::size_t secrets_max = 16;
constexpr std::size_t reference_length_max = 4'096;

json::value parsed(std::string_view text)
{
    if (text.size() > saved_length_max)
        throw saving_error("",
                           "the text has more than " + std::to_string(saved_length_max) + " bytes");
    json::parser parser(json::storage_ptr(), json::parse_options{.max_depth = nesting_max});
    json::error_code ec;
    const auto read = parser.write(text.data(), text.size(), ec);
    if (ec)
    {
        const auto before = text.substr(0, std::min(read, text.size()));
        throw saving_error("", "line " + std::to_string(1 + std::ranges::count(before, '\n')) +
                                   " is not JSON: " + ec.message());
    }
    return parser.release();
}

void read_name(member_reader& in, std::string& name)
{
    in.read("name", name, client_record::name_length_max);
    if (name.find('/') != name.npos || name.starts_with('#'))
        in.refuse("name", "must not hold a / nor begin with #");
}

void read_child_options(member_reader& in, child_options& o)
{
    in.read("may_take_to_stop", o.stop_timeout);
    in.read("must_be_ready", o.must_be_ready);
}

// The policy

retry::jitter read_jitter(member_reader& in)
{
    static constexpr std::array<std::string_view, 4> names{"full", "equal", "none", "decorrelated"};
    static constexpr std::array values{retry::jitter::full, retry::jitter::equal,
                                       retry::jitter::none, retry::jitter::decorrelated};
    return values[in.choice("jitter", names, 0)];
}

void read_policy(member_reader& in, retry_record& r)
{
    static constexpr std::array<std::string_view, 5> names{"backoff", "fixed", "schedule",
                                                           "immediately", "twisted_backoff"};
    switch (in.choice("policy", names, 0))
    {
    case 0:
    {
        retry::backoff p;
        in.read("initial", p.initial);
        in.read("factor", p.factor);
        in.read("max", p.max);
        p.jitter = read_jitter(in);
        r.policy = p;
        return;
    }
    case 1:
    {
        retry::fixed p;
        in.read("delay", p.delay);
        r.policy = p;
        return;
    }
    case 2:
    {
        retry_record::schedule p;
        if (const auto* const delays = in.find_list("delays", delays_max))
            for (const auto& d : *delays)
                p.push_back(member_reader::length_of_time(d, in.path_of("delays", p.size())));
        r.policy = std::move(p);
        return;
    }
    case 3:
        r.policy = retry::immediately();
        return;
    default:
    {
        retry::twisted_backoff p;
        in.read("initial", p.initial);
        in.read("factor", p.factor);
        in.read("max", p.max);
        in.read("jitter", p.jitter);
        r.policy = p;
    }
    }
}

/// Refuses what the policies do: `retry::backoff: factor must be ...`, as the member of that name.
void refuse_bad_policy(const member_reader& in, const retry_record& r)
{
    try
    {
        static_cast<void>(to_policy(r));
    }
    catch (const std::invalid_argument& refusal)
    {
        std::string_view reason = refusal.what();
        const auto take = [&](std::string_view end)
        {
            const auto word = reason.substr(0, reason.find(end));
            reason.remove_prefix(std::min(word.size() + end.size(), reason.size()));
            return word;
        };
        take("retry::");
        const auto policy = take(": ");
        const auto field = take(" ");
        const bool wraps = policy.starts_with("max_") || policy.starts_with("min_");
        in.refuse(wraps ? policy : field, std::string(reason));
    }
}

retry_record read_retry(const json::value& v, std::string path)
{
    retry_record r;
    member_reader in(v, std::move(path));
    read_policy(in, r);
    in.read("min_delay", r.min_delay);
    in.read("max_attempts", r.max_attempts);
    in.read("max_elapsed", r.max_elapsed);
    in.refuse_others();
    refuse_bad_policy(in, r);
    return r;
}

// A client

void read_endpoint(member_reader& in, client_record& r)
{
    in.read("endpoint", r.endpoint, description::length_max);
    if (detail::holds_secret(r.endpoint))
        in.refuse("endpoint", "holds a secret in clear, or what looks like one; leave it out, and "
                              "say in secrets where it is read from: {\"password\": \"env:NAME\"}");
    try
    {
        static_cast<void>(parse_description(r.endpoint));
    }
    catch (const description_error& refusal)
    {
        in.refuse("endpoint", refusal.what());
    }
}

void read_secrets(const json::value& v, const std::string& path, client_record& r)
{
    if (!v.is_object())
        throw saving_error(path, "must be an object");
    if (v.get_object().size() > secrets_max)
        throw saving_error(path, "must have at most " + std::to_string(secrets_max) + " members");
    for (const auto& member : v.get_object())
    {
        const std::string key(member.key().data(), member.key().size());
        const auto place = path + "." + detail::one_line(key, 60);
        if (const auto* const wrong = detail::wrong_secret_key(key))
            throw saving_error(place, wrong);
        auto reference = member_reader::text(member.value(), place, reference_length_max);
        if (const auto* const wrong = detail::wrong_secret_reference(reference))
            throw saving_error(place, wrong); // which may be the secret: it is not quoted
        r.secrets.emplace(key, std::move(reference));
    }
}

/// Refuses what `client_options` would.
void refuse_bad_times(const member_reader& in, const client_record& r)
{
    static constexpr duration most = std::chrono::hours(24);
    const auto time_out = [&](std::string_view name, duration d)
    {
        if (d <= duration::zero() || d > most)
            in.refuse(name, "must be more than 0 and at most 24 h");
    };
    time_out("attempt_timeout", r.attempt_timeout);
    time_out("prepare_timeout", r.prepare_timeout);
    time_out("stop_timeout", r.stop_timeout);
    if (r.delay_floor > most)
        in.refuse("delay_floor", "must be from 0 to 24 h");
}

client_record read_client(member_reader& in)
{
    client_record r;
    read_name(in, r.name);
    in.read("kind", r.kind, client_record::name_length_max);
    if (r.kind.empty())
        in.refuse("kind", "is missing: it says what is made of the connections");
    read_endpoint(in, r);
    if (const auto* const v = in.find("secrets"))
        read_secrets(*v, in.path_of("secrets"), r);
    if (const auto* const v = in.find("retry"))
        r.retry = read_retry(*v, in.path_of("retry"));
    in.read("attempt_timeout", r.attempt_timeout);
    in.read("prepare_timeout", r.prepare_timeout);
    in.read("stop_timeout", r.stop_timeout);
    in.read("stable_after", r.stable_after);
    in.read("delay_floor", r.delay_floor);
    in.read("thread_safe", r.thread_safe);
    refuse_bad_times(in, r);
    read_child_options(in, r.child);
    in.refuse_others();
    return r;
}

// A tree

struct tree_reader
{
    std::size_t services = 0; // so many have been read

    tree_record read(member_reader& in, std::size_t depth)
    {
        static constexpr std::array<std::string_view, 2> orders{"one_by_one", "all_at_once"};
        tree_record r;
        read_name(in, r.name);
        r.stop =
            in.choice("stop", orders, 0) == 0 ? stop_order::one_by_one : stop_order::all_at_once;
        read_timeout(in, "child_stop_timeout", r.child_stop_timeout);
        read_timeout(in, "stop_timeout", r.stop_timeout);
        read_child_options(in, r.child);
        const auto* const list = in.find_list("services", tree_record::services_max - services);
        if (list == nullptr)
            in.refuse("services", "is missing: a tree has a list of them, if only an empty one");
        in.refuse_others();
        services += list->size();
        read_services(in, *list, depth, r);
        return r;
    }

private:
    static void read_timeout(member_reader& in, std::string_view name, std::optional<duration>& to)
    {
        in.read_or_never(name, to);
        if (to && *to <= duration::zero())
            in.refuse(name, "must be more than 0");
    }

    void read_services(const member_reader& in, const json::array& list, std::size_t depth,
                       tree_record& r)
    {
        std::set<std::string> names;
        for (const auto& v : list)
        {
            const auto path = in.path_of("services", r.services.size());
            r.services.push_back(read_service(v, path, depth));
            const auto& name = std::visit([](const auto& one) -> const auto& { return one.name; },
                                          r.services.back().what);
            if (!name.empty() && !names.insert(name).second)
                throw saving_error(path + ".name",
                                   "is the name of another one too: " + detail::quoted(name));
        }
    }

    service_record read_service(const json::value& v, const std::string& path, std::size_t depth)
    {
        member_reader in(v, path);
        if (!v.get_object().contains("services"))
            return {read_client(in)};
        if (depth == tree_record::depth_max)
            throw saving_error(path, "trees are nested more than " +
                                         std::to_string(tree_record::depth_max) + " deep");
        return {read(in, depth + 1)};
    }
};

/// Refuses what was written by nobody, or by somebody newer.
void read_version(member_reader& in)
{
    const auto* const v = in.find("holdfast");
    if (v == nullptr)
        in.refuse("holdfast", "is missing: it is the version of the format");
    if (!v->is_int64() || v->get_int64() < 1)
        in.refuse("holdfast", "must be a whole number from 1: it is the version of the format");
    if (v->get_int64() > saved_version)
        in.refuse("holdfast",
                  "the format has version " + std::to_string(v->get_int64()) +
                      ", which is newer than what is known here: " + std::to_string(saved_version));
}
}

saving_error::saving_error(std::string member, const std::string& problem)
    : std::invalid_argument(member.empty() ? problem : member + ": " + problem)
    , member_(std::move(member))
{
}

tree_record tree_from_json(std::string_view text)
{
    const auto whole = parsed(text);
    member_reader in(whole, "");
    read_version(in);
    return tree_reader().read(in, 1);
}

client_record client_from_json(std::string_view text)
{
    const auto whole = parsed(text);
    member_reader in(whole, "");
    read_version(in);
    return read_client(in);
}
}

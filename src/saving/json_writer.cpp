// SPDX-License-Identifier: BSL-1.0
#include <holdfast/duration.hpp>
#include <holdfast/saving/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace holdfast
{
namespace
{
namespace json = boost::json;

json::value text(duration d)
{
    return json::value(to_string(d));
}

json::value text(const std::optional<duration>& d)
{
    return d ? text(*d) : json::value("never");
}

/// As a number, or as text where the parser would give another one back (Boost.JSON 1.81 rounds
/// some that have seventeen digits).
json::value number(double d)
{
    if (std::isfinite(d))
        if (json::value v(d); json::parse(json::serialize(v)).to_number<double>() == d)
            return v;
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), d).ptr;
    return json::value(
        json::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

const char* name_of(retry::jitter j) noexcept
{
    switch (j)
    {
    case retry::jitter::full:
        return "full";
    case retry::jitter::equal:
        return "equal";
    case retry::jitter::none:
        return "none";
    case retry::jitter::decorrelated:
        return "decorrelated";
    }
    return "unknown";
}

struct policy_writer
{
    json::object& out;

    void operator()(const retry::backoff& p) const
    {
        out["policy"] = "backoff";
        out["initial"] = text(p.initial);
        out["factor"] = number(p.factor);
        out["max"] = text(p.max);
        out["jitter"] = name_of(p.jitter);
    }

    void operator()(const retry::fixed& p) const
    {
        out["policy"] = "fixed";
        out["delay"] = text(p.delay);
    }

    void operator()(const retry_record::schedule& p) const
    {
        out["policy"] = "schedule";
        json::array delays;
        for (const auto d : p)
            delays.push_back(text(d));
        out["delays"] = std::move(delays);
    }

    void operator()(const retry::immediately&) const { out["policy"] = "immediately"; }

    void operator()(const retry::twisted_backoff& p) const
    {
        out["policy"] = "twisted_backoff";
        out["initial"] = text(p.initial);
        out["factor"] = number(p.factor);
        out["max"] = text(p.max);
        out["jitter"] = text(p.jitter);
    }
};

json::object written(const retry_record& r)
{
    json::object out;
    std::visit(policy_writer{out}, r.policy);
    if (r.min_delay)
        out["min_delay"] = text(*r.min_delay);
    if (r.max_attempts)
        out["max_attempts"] = *r.max_attempts;
    if (r.max_elapsed)
        out["max_elapsed"] = text(*r.max_elapsed);
    return out;
}

void write(json::object& out, const child_options& o)
{
    if (o.stop_timeout != duration::zero())
        out["may_take_to_stop"] = text(o.stop_timeout);
    out["must_be_ready"] = o.must_be_ready;
}

void write(json::object& out, const client_record& r)
{
    out["name"] = r.name;
    out["kind"] = r.kind;
    out["endpoint"] = r.endpoint;
    if (!r.secrets.empty())
    {
        json::object secrets;
        for (const auto& [key, reference] : r.secrets)
            secrets[key] = reference;
        out["secrets"] = std::move(secrets);
    }
    out["retry"] = written(r.retry);
    out["attempt_timeout"] = text(r.attempt_timeout);
    out["prepare_timeout"] = text(r.prepare_timeout);
    out["stop_timeout"] = text(r.stop_timeout);
    out["stable_after"] = text(r.stable_after);
    out["delay_floor"] = text(r.delay_floor);
    out["thread_safe"] = r.thread_safe;
    write(out, r.child);
}

void write(json::object& out, const tree_record& r)
{
    out["name"] = r.name;
    out["stop"] = r.stop == stop_order::one_by_one ? "one_by_one" : "all_at_once";
    out["child_stop_timeout"] = text(r.child_stop_timeout);
    out["stop_timeout"] = text(r.stop_timeout);
    write(out, r.child);
    json::array services;
    for (const auto& s : r.services)
    {
        json::object one;
        std::visit([&](const auto& what) { write(one, what); }, s.what);
        services.push_back(std::move(one));
    }
    out["services"] = std::move(services);
}

/// A value on lines of its own, for people and for `diff`.
void print(std::string& out, const json::value& v, std::size_t indent)
{
    const auto line = [&](std::size_t columns)
    {
        out += '\n';
        out.append(2 * columns, ' ');
    };
    const char* separator = "";
    if (const auto* const o = v.if_object(); o != nullptr && !o->empty())
    {
        out += '{';
        for (const auto& [key, value] : *o)
        {
            out += std::exchange(separator, ",");
            line(indent + 1);
            out += json::serialize(json::string(key)) + ": ";
            print(out, value, indent + 1);
        }
        line(indent);
        out += '}';
    }
    else if (const auto* const a = v.if_array();
             a != nullptr && !a->empty() && a->front().is_object())
    {
        out += '[';
        for (const auto& value : *a)
        {
            out += std::exchange(separator, ",");
            line(indent + 1);
            print(out, value, indent + 1);
        }
        line(indent);
        out += ']';
    }
    else
        out += json::serialize(v);
}

/// What is written must be read as what it was: so all is checked once, where it is read.
template <class Record>
std::string checked(const Record& r, Record (*read)(std::string_view))
{
    json::object out;
    out["holdfast"] = saved_version;
    write(out, r);
    std::string line;
    print(line, out, 0);
    line += '\n';
    if (!(read(line) == r))
        throw saving_error("", "it would not be the same when it is loaded");
    return line;
}
}

std::string to_json(const tree_record& tree)
{
    return checked(tree, &tree_from_json);
}

std::string to_json(const client_record& client)
{
    return checked(client, &client_from_json);
}
}

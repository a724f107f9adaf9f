// SPDX-License-Identifier: BSL-1.0
#include "control_told.hpp"

#include "error.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace tool
{
namespace
{
namespace json = boost::json;

/// The members of an object, of which any may be missing or of another kind.
class told_object
{
public:
    told_object(const json::value& v, hf::time_point now)
        : members_(v.is_object() ? &v.get_object() : nullptr)
        , now_(now)
    {
    }

    const json::value* find(std::string_view name) const
    {
        return members_ == nullptr
                   ? nullptr
                   : members_->if_contains(json::string_view(name.data(), name.size()));
    }

    std::string text(std::string_view name) const
    {
        const auto* const v = find(name);
        return v != nullptr && v->is_string()
                   ? std::string(v->get_string().data(), v->get_string().size())
                   : std::string();
    }

    std::uint64_t count(std::string_view name) const
    {
        const auto* const v = find(name);
        if (v == nullptr)
            return 0;
        if (v->is_uint64())
            return v->get_uint64();
        return v->is_int64() ? static_cast<std::uint64_t>(std::max<std::int64_t>(v->get_int64(), 0))
                             : 0;
    }

    std::optional<hf::duration> seconds(std::string_view name) const
    {
        const auto* const v = find(name);
        if (v == nullptr || !v->is_number())
            return std::nullopt;
        constexpr double most = 3e8; // some ten years
        return std::chrono::duration_cast<hf::duration>(
            std::chrono::duration<double>(std::clamp(v->to_number<double>(), -most, most)));
    }

    std::optional<hf::time_point> moment(std::string_view name) const
    {
        const auto d = seconds(name);
        return d ? std::optional(now_ + *d) : std::nullopt;
    }

    template <class Read>
    auto list(std::string_view name, Read read) const
    {
        std::vector<decltype(read(std::declval<const json::value&>(), now_))> values;
        const auto* const v = find(name);
        if (v != nullptr && v->is_array())
            for (const auto& member : v->get_array())
                values.push_back(read(member, now_));
        return values;
    }

private:
    const json::object* members_;
    hf::time_point now_;
};

told_address address_in(const json::value& v, hf::time_point now)
{
    const told_object o(v, now);
    return {o.text("address"), o.text("reason"), o.seconds("took").value_or(hf::duration())};
}

told_failure failure_in(const json::value& v, hf::time_point now)
{
    const told_object o(v, now);
    return {o.text("phase"), o.text("reason"), o.text("text"), o.list("addresses", address_in)};
}

std::optional<told_failure> failure_in(const told_object& o, std::string_view name,
                                       hf::time_point now)
{
    const auto* const v = o.find(name);
    return v != nullptr && v->is_object() ? std::optional(failure_in(*v, now)) : std::nullopt;
}

told_service service_in(const json::value& v, hf::time_point now)
{
    const told_object o(v, now);
    return {.name = o.text("name"),
            .endpoint = o.text("endpoint"),
            .job = o.text("job"),
            .state = o.text("state"),
            .since = o.moment("since").value_or(now),
            .attempt = o.count("attempt"),
            .failures = o.count("failures"),
            .connections = o.count("connections"),
            .next_attempt = o.moment("next_attempt"),
            .last_failure = failure_in(o, "last_failure", now),
            .failed_at = o.moment("failed_at")};
}

told_attempt attempt_in(const json::value& v, hf::time_point now)
{
    const told_object o(v, now);
    return {.attempt = o.count("attempt"),
            .began = o.moment("began").value_or(now),
            .connected = o.moment("connected"),
            .ended = o.moment("ended"),
            .why = failure_in(o, "why", now),
            .next = o.moment("next")};
}

std::string text_in(const json::value& v, hf::time_point)
{
    return v.is_string() ? std::string(v.get_string().data(), v.get_string().size())
                         : std::string();
}
}

told told_in(std::string_view line, hf::time_point now)
{
    json::error_code ec;
    const auto whole = json::parse(json::string_view(line.data(), line.size()), ec);
    if (ec || !whole.is_object())
        throw std::runtime_error(
            fmt::format("what answers there is no daemon of holdfast: it said {}", quoted(line)));
    const told_object o(whole, now);
    told t{.error = o.text("error"),
           .text = o.text("text"),
           .why = o.text("why"),
           .all = o.list("services", service_in),
           .is_all = o.find("services") != nullptr,
           .changed = o.list("changed", service_in),
           .removed = o.list("removed", text_in),
           .attempts = o.list("attempts", attempt_in)};
    if (const auto* const one = o.find("service"))
        t.all.push_back(service_in(*one, now));
    const auto* const ok = o.find("ok");
    if (ok != nullptr && *ok != json::value(true) && t.error.empty())
        t.error = "the daemon refused, and did not say why";
    return t;
}

void apply(const told& news, std::vector<told_service>& list)
{
    if (news.is_all)
        list = news.all;
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < list.size(); ++i)
        places.emplace(list[i].name, i);
    for (const auto& s : news.changed)
        if (const auto [place, is_new] = places.emplace(s.name, list.size()); is_new)
            list.push_back(s);
        else
            list[place->second] = s;
    const std::set<std::string_view> removed(news.removed.begin(), news.removed.end());
    std::erase_if(list, [&](const auto& s) { return removed.contains(s.name); });
}
}

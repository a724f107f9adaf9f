// SPDX-License-Identifier: BSL-1.0
#include "member_reader.hpp"

#include "../endpoints/nearest.hpp"
#include "../quoted.hpp"

#include <holdfast/duration.hpp>
#include <holdfast/saving/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace holdfast::detail
{
namespace
{
namespace json = boost::json;

constexpr std::size_t number_length_max = 64;

const json::object& object_of(const json::value& v, const std::string& path)
{
    if (!v.is_object())
        throw saving_error(path, "must be an object");
    return v.get_object();
}

std::string_view view(json::string_view s) noexcept
{
    return {s.data(), s.size()};
}

json::string_view view(std::string_view s) noexcept
{
    return {s.data(), s.size()};
}
}

member_reader::member_reader(const json::value& v, std::string path)
    : members_(object_of(v, path))
    , path_(std::move(path))
{
}

std::string member_reader::path_of(std::string_view name) const
{
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

std::string member_reader::path_of(std::string_view name, std::size_t index) const
{
    return path_of(name) + "[" + std::to_string(index) + "]";
}

void member_reader::refuse(std::string_view name, const std::string& problem) const
{
    throw saving_error(path_of(name), problem);
}

const json::value* member_reader::find(std::string_view name)
{
    asked_.push_back(name);
    return members_.if_contains(view(name));
}

const json::array* member_reader::find_list(std::string_view name, std::size_t length_max)
{
    const auto* const v = find(name);
    if (v == nullptr)
        return nullptr;
    if (!v->is_array())
        refuse(name, "must be a list");
    if (v->get_array().size() > length_max)
        refuse(name, "must have at most " + std::to_string(length_max) + " members");
    return &v->get_array();
}

std::string member_reader::text(const json::value& v, const std::string& path,
                                std::size_t length_max)
{
    if (!v.is_string())
        throw saving_error(path, "must be a text");
    if (v.get_string().size() > length_max)
        throw saving_error(path, "must have at most " + std::to_string(length_max) + " bytes");
    return std::string(view(json::string_view(v.get_string())));
}

duration member_reader::length_of_time(const json::value& v, const std::string& path)
{
    const auto written = text(v, path, number_length_max);
    try
    {
        return parse_duration(written);
    }
    catch (const std::invalid_argument& refusal)
    {
        throw saving_error(path, refusal.what());
    }
}

void member_reader::read(std::string_view name, std::string& to, std::size_t length_max)
{
    if (const auto* const v = find(name))
        to = text(*v, path_of(name), length_max);
}

void member_reader::read(std::string_view name, bool& to)
{
    const auto* const v = find(name);
    if (v == nullptr)
        return;
    if (!v->is_bool())
        refuse(name, "must be true or false");
    to = v->get_bool();
}

void member_reader::read(std::string_view name, duration& to)
{
    if (const auto* const v = find(name))
        to = length_of_time(*v, path_of(name));
}

void member_reader::read(std::string_view name, std::optional<duration>& to)
{
    if (const auto* const v = find(name))
        to = length_of_time(*v, path_of(name));
}

void member_reader::read_or_never(std::string_view name, std::optional<duration>& to)
{
    const auto* const v = find(name);
    if (v == nullptr)
        return;
    if (v->is_string() && v->get_string() == "never")
        to = std::nullopt;
    else
        to = length_of_time(*v, path_of(name));
}

void member_reader::read(std::string_view name, double& to)
{
    const auto* const v = find(name);
    if (v == nullptr)
        return;
    if (v->is_number())
    {
        to = v->to_number<double>();
        return;
    }
    const auto written = v->is_string() ? text(*v, path_of(name), number_length_max) : "";
    const auto* const end = written.data() + written.size();
    const auto result = std::from_chars(written.data(), end, to);
    if (result.ec != std::errc() || result.ptr != end)
        refuse(name, "must be a number");
}

void member_reader::read(std::string_view name, std::optional<unsigned>& to)
{
    const auto* const v = find(name);
    if (v == nullptr)
        return;
    const auto n = v->is_int64()
                       ? static_cast<std::uint64_t>(std::max<std::int64_t>(v->get_int64(), 0))
                   : v->is_uint64() ? v->get_uint64()
                                    : 0;
    if (n == 0 || n > std::numeric_limits<unsigned>::max())
        refuse(name, "must be a whole number from 1 to 4294967295");
    to = static_cast<unsigned>(n);
}

std::size_t member_reader::choice(std::string_view name, std::span<const std::string_view> choices,
                                  std::size_t none_given)
{
    const auto* const v = find(name);
    if (v == nullptr)
        return none_given;
    const auto given = v->is_string() ? view(json::string_view(v->get_string())) : "";
    const auto found = std::ranges::find(choices, given);
    if (found == choices.end())
        refuse(name, "must be one of " + listed(choices) + did_you_mean(given, choices));
    return static_cast<std::size_t>(found - choices.begin());
}

void member_reader::refuse_others() const
{
    for (const auto& member : members_)
    {
        const auto name = view(member.key());
        if (std::ranges::find(asked_, name) == asked_.end())
            throw saving_error(path_of(one_line(name, 60)), "there is no such member" +
                                                                did_you_mean(name, asked_) +
                                                                "; there are " + listed(asked_));
    }
}
}

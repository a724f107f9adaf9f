// SPDX-License-Identifier: BSL-1.0
#include "run/toml_table.hpp"

#include "endpoints/nearest.hpp"

#include <holdfast/duration.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tool
{
namespace
{
std::string type_of(const toml::node& n)
{
    switch (n.type())
    {
    case toml::node_type::table:
        return "a table";
    case toml::node_type::array:
        return "an array";
    case toml::node_type::string:
        return "a text";
    case toml::node_type::integer:
    case toml::node_type::floating_point:
        return "a number";
    case toml::node_type::boolean:
        return "true or false";
    default:
        return "a date or time";
    }
}

std::string text_of(const toml::node& n)
{
    return n.as_string()->get();
}
}

std::string place(const std::string& file, const toml::source_region& where)
{
    return fmt::format("{}:{}:{}: ", one_line(file, 4096), where.begin.line, where.begin.column);
}

const toml::node* toml_table::find(std::string_view key)
{
    if (std::ranges::find(asked_, key) == asked_.end())
        asked_.emplace_back(key);
    return table_.get(key);
}

bool toml_table::has(std::string_view key)
{
    return find(key) != nullptr;
}

void toml_table::refuse(std::string_view key, const std::string& problem) const
{
    const auto* node = table_.get(key);
    throw config_error(place(file_, node != nullptr ? node->source() : table_.source()) +
                       (path_.empty() ? "" : path_ + ".") + one_line(key, 60) + ": " + problem);
}

void toml_table::read(std::string_view key, std::string& value)
{
    const auto* node = find(key);
    if (node == nullptr)
        return;
    if (!node->is_string())
        refuse(key, "is " + type_of(*node) + ", and must be a text");
    value = text_of(*node);
    if (value.find('\0') != value.npos)
        refuse(key, "must not hold a null character");
}

void toml_table::read(std::string_view key, bool& value)
{
    const auto* node = find(key);
    if (node == nullptr)
        return;
    if (!node->is_boolean())
        refuse(key, "is " + type_of(*node) + ", and must be true or false");
    value = node->as_boolean()->get();
}

void toml_table::read(std::string_view key, std::vector<std::string>& value)
{
    const auto* node = find(key);
    if (node == nullptr)
        return;
    if (!node->is_array() || !node->as_array()->is_homogeneous(toml::node_type::string))
        refuse(key, "must be an array of texts");
    value.clear();
    for (const auto& element : *node->as_array())
        value.push_back(text_of(element));
}

void toml_table::read(std::string_view key, std::map<std::string, std::string>& value)
{
    const auto* node = find(key);
    if (node == nullptr)
        return;
    if (!node->is_table() ||
        (!node->as_table()->empty() && !node->as_table()->is_homogeneous(toml::node_type::string)))
        refuse(key, "must be a table of texts");
    value.clear();
    for (const auto& [name, element] : *node->as_table())
        value.emplace(name.str(), text_of(element));
}

void toml_table::read_count(std::string_view key, std::size_t& value, std::size_t least,
                            std::size_t most)
{
    const auto* node = find(key);
    if (node == nullptr)
        return;
    const auto found = node->is_integer() ? node->as_integer()->get() : -1;
    if (found < static_cast<std::int64_t>(least) || found > static_cast<std::int64_t>(most))
        refuse(key, fmt::format("must be a whole number from {} to {}", least, most));
    value = static_cast<std::size_t>(found);
}

void toml_table::read(std::string_view key, hf::duration& value, hf::duration least)
{
    const auto* node = find(key);
    if (node == nullptr)
        return;
    if (!node->is_string() && !node->is_number())
        refuse(key, "is " + type_of(*node) + R"(, and must be a time such as "1.5s" or 30)");
    checked(key,
            [&]
            {
                value = hf::parse_duration(
                    node->is_string() ? text_of(*node) : fmt::format("{}", *node->value<double>()));
            });
    if (value < least)
        refuse(key, "must be more than zero");
}

void toml_table::read(std::string_view key, std::optional<hf::duration>& value)
{
    if (!has(key))
        return;
    hf::duration d{};
    read(key, d);
    value = d;
}

void toml_table::each(std::string_view key, const std::function<void(toml_table&)>& f)
{
    const auto* node = find(key);
    if (node == nullptr)
        return;
    if (!node->is_array() ||
        (!node->as_array()->empty() && !node->as_array()->is_homogeneous(toml::node_type::table)))
        refuse(key, "must be an array of tables");
    std::size_t index = 0;
    for (const auto& element : *node->as_array())
    {
        toml_table inner(*element.as_table(), file_, fmt::format("{}.{}[{}]", path_, key, index++));
        f(inner);
        inner.finish();
    }
}

void toml_table::checked(std::string_view key, const std::function<void()>& check) const
{
    try
    {
        check();
    }
    catch (const config_error&)
    {
        throw;
    }
    catch (const std::invalid_argument& e)
    {
        refuse(key, e.what());
    }
}

void toml_table::finish() const
{
    for (const auto& [key, node] : table_)
        if (std::ranges::find(asked_, key.str()) == asked_.end())
        {
            std::vector<std::string_view> known(asked_.begin(), asked_.end());
            std::ranges::sort(known);
            const auto guess = hf::detail::did_you_mean(key.str(), known);
            throw config_error(
                place(file_, key.source()) + (path_.empty() ? "" : path_ + ": ") +
                "there is no key " + quoted(key.str()) +
                (guess.empty() ? "; known are " + hf::detail::listed(known) : guess));
        }
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/argument_reader.hpp>

#include <holdfast/duration.hpp>

#include "../quoted.hpp"
#include "description_parts.hpp"
#include "nearest.hpp"

#include <algorithm>
#include <charconv>
#include <span>

namespace holdfast
{
argument_reader::argument_reader(const description& d, names positional, names keywords)
    : description_(d)
    , positional_count_(positional.size())
{
    for (const auto name : positional)
        arguments_.push_back({name});
    for (const auto name : keywords)
        arguments_.push_back({name});
    assign_keywords();
    assign_positional();
}

const description::argument* argument_reader::find(std::string_view name) const noexcept
{
    const auto found = std::ranges::find(arguments_, name, &named_argument::name);
    return found != arguments_.end() ? found->argument : nullptr;
}

const std::string& argument_reader::text(std::string_view name) const
{
    const auto& argument = required(name);
    if (argument.value.empty())
        refuse_at(argument.column, std::string(name) + " is empty; expected " + usage());
    if (argument.value.find('\0') != std::string::npos)
        refuse_at(argument.column, std::string(name) + " holds a zero byte");
    return argument.value;
}

std::uint16_t argument_reader::port(std::string_view name) const
{
    const auto& value = required(name).value;
    std::uint16_t number = 0;
    const auto* const end = value.data() + value.size();
    const auto [rest, failure] = std::from_chars(value.data(), end, number);
    if (failure != std::errc() || rest != end || number == 0)
        refuse(name, "a number from 1 to 65535");
    return number;
}

std::optional<duration> argument_reader::length_of_time(std::string_view name) const
{
    const auto* const argument = find(name);
    if (argument == nullptr)
        return std::nullopt;
    duration length{};
    try
    {
        length = parse_duration(argument->value);
    }
    catch (const std::invalid_argument& refusal)
    {
        // It begins with the text, quoted.
        const auto why = std::string(refusal.what()).substr(detail::quoted(argument->value).size());
        refuse_at(argument->column, std::string(name) + " " + detail::shown(argument->value) + why);
    }
    if (length == duration::zero())
        refuse(name, "above zero");
    return length;
}

std::optional<bool> argument_reader::flag(std::string_view name) const
{
    const auto chosen = choice(name, {"0", "1", "false", "true"});
    return chosen ? std::optional(*chosen % 2 == 1) : std::nullopt;
}

std::optional<std::size_t> argument_reader::choice(std::string_view name, names choices) const
{
    const auto* const argument = find(name);
    if (argument == nullptr)
        return std::nullopt;
    const auto* const found = std::ranges::find(choices, argument->value);
    if (found == choices.end())
        refuse(name, "one of " + detail::listed(choices));
    return static_cast<std::size_t>(found - choices.begin());
}

void argument_reader::refuse(std::string_view name, std::string_view expected) const
{
    const auto& argument = required(name);
    refuse_at(argument.column, std::string(name) + " " + detail::shown(argument.value) +
                                   " is not " + std::string(expected));
}

void argument_reader::refuse_because(std::string_view name, const std::string& reason) const
{
    const auto* const argument = find(name);
    refuse_at(argument != nullptr ? argument->column : 0, reason);
}

const description::argument& argument_reader::required(std::string_view name) const
{
    const auto* const argument = find(name);
    if (argument == nullptr)
        refuse_at(0, std::string(name) + " is missing; expected " + usage());
    return *argument;
}

void argument_reader::assign_keywords()
{
    for (const auto& given : description_.keywords)
    {
        const auto found = std::ranges::find(arguments_, given.key, &named_argument::name);
        if (found == arguments_.end())
        {
            std::vector<std::string_view> known;
            for (const auto& a : arguments_)
                known.push_back(a.name);
            refuse_at(given.column, "unknown key " + detail::shown(given.key) +
                                        detail::did_you_mean(given.key, known) + "; " +
                                        description_.prefix + " knows " + detail::listed(known));
        }
        found->argument = &given.value;
    }
}

void argument_reader::assign_positional()
{
    const std::span with_position(arguments_.data(), positional_count_);
    auto next = with_position.begin();
    for (const auto& given : description_.positional)
    {
        next = std::find_if(next, with_position.end(),
                            [](const auto& a) { return a.argument == nullptr; });
        if (next == with_position.end())
        {
            // The value is not quoted: it may be the rest of a password with a colon.
            std::string problem = "this argument is one too many; expected " + usage();
            if (description_.text.find("::") != std::string::npos)
                problem += "; an IPv6 address stands in brackets: [::1]";
            refuse_at(given.column, problem);
        }
        next->argument = &given;
    }
}

void argument_reader::refuse_at(std::size_t column, const std::string& problem) const
{
    throw description_error(description_.text.empty() ? to_string(description_) : description_.text,
                            column, problem);
}

/// How such a description is written, such as `tcp:HOST:PORT, then key=value`.
std::string argument_reader::usage() const
{
    std::string line = description_.prefix;
    for (const auto& a : std::span(arguments_.data(), positional_count_))
    {
        line += ':';
        for (const char c : a.name)
            line += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return line + (arguments_.size() > positional_count_ ? ", then key=value" : "");
}
}

// SPDX-License-Identifier: BSL-1.0
#include "completion.hpp"

#include <boost/algorithm/string/join.hpp>
#include <fmt/format.h>

namespace tool
{
namespace
{
std::string quoted_for_fish(std::string_view text)
{
    std::string result = "'";
    for (const char c : text)
    {
        if (c == '\'' || c == '\\')
            result += '\\';
        result += c;
    }
    return result + "'";
}

/// What may stand in the place of a value: an option of `complete`.
std::string offer(const option_text& o, const std::string& program)
{
    switch (kind_of(o))
    {
    case value_kind::choice:
        return "-xa " + quoted_for_fish(boost::algorithm::join(choices(o), " "));
    case value_kind::file:
        return "-rF";
    case value_kind::service:
        return fmt::format("-xa '({} status --names 2>/dev/null)'", program);
    case value_kind::unknown:
        break;
    }
    return "-x";
}

std::string option_line(const option_text& o, const std::string& program,
                        const std::string& condition)
{
    auto line = fmt::format("complete -c {} -n '{}'", program, condition);
    for (const auto& name : o.names)
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!o.value.empty())
        line += " " + offer(o, program);
    return line + " -d " + quoted_for_fish(o.help) + "\n";
}
}

std::string fish_completion(const program_text& program)
{
    const auto& name = program.itself.name;
    const std::string no_command = "__fish_use_subcommand";
    auto text = fmt::format("# fish completion of {0}, made by `{0} completion fish`.\n"
                            "complete -c {0} -f\n",
                            name);
    for (const auto& o : program.itself.options)
        text += option_line(o, name, no_command);
    for (const auto& c : program.commands)
    {
        text += fmt::format("complete -c {} -n {} -a {} -d {}\n", name, no_command, c.name,
                            quoted_for_fish(c.help));
        const auto given = "__fish_seen_subcommand_from " + c.name;
        for (const auto& o : c.options)
            text += option_line(o, name, given);
        for (const auto& a : c.arguments)
            if (kind_of(a) != value_kind::unknown)
                text += option_line(a, name, given);
    }
    return text;
}
}

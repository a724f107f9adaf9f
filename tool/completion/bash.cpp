// SPDX-License-Identifier: BSL-1.0
#include "completion.hpp"

#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

namespace tool
{
namespace
{
// Nothing of what the program prints is expanded, as `compgen -W` would.
constexpr const char* script =
    R"(# bash completion of @program@, made by `@program@ completion bash`.
_@program@()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command= words= files= services= i name
    # --option=value comes as three words.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; ++i)); do
        if [[ ${COMP_WORDS[i]} != -* ]]; then
            command=${COMP_WORDS[i]}
            break
        fi
    done

    case $command:$previous in
@values@    *)
        case $command:$current in
@options@@arguments@        esac
        ;;
    esac

    COMPREPLY=()
    if [[ $files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    elif [[ $services ]]; then
        while IFS= read -r name; do
            [[ $name == "$current"* ]] && COMPREPLY+=("$name")
        done < <("${COMP_WORDS[0]}" status --names 2>/dev/null)
    elif [[ $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    fi
}
complete -F _@program@ @program@
)";

/// What sets the variables by which the script goes.
std::string offer(const option_text& o)
{
    switch (kind_of(o))
    {
    case value_kind::choice:
        return fmt::format("words='{}'", boost::algorithm::join(choices(o), " "));
    case value_kind::file:
        return "files=yes";
    case value_kind::service:
        return "services=yes";
    case value_kind::unknown:
        break;
    }
    return ":";
}

std::string values_of(const command_text& c, const std::string& command)
{
    std::string cases;
    for (const auto& o : c.options)
        if (!o.value.empty())
        {
            std::vector<std::string> patterns;
            patterns.reserve(o.names.size());
            for (const auto& name : o.names)
                patterns.push_back(fmt::format("{}:{}", command, name));
            cases +=
                fmt::format("    {}) {} ;;\n", boost::algorithm::join(patterns, " | "), offer(o));
        }
    return cases;
}

std::string options_of(const command_text& c, const std::string& command)
{
    std::vector<std::string> names;
    for (const auto& o : c.options)
        names.insert(names.end(), o.names.begin(), o.names.end());
    return fmt::format("        {}:-*) words='{}' ;;\n", command,
                       boost::algorithm::join(names, " "));
}
}

std::string bash_completion(const program_text& program)
{
    auto values = values_of(program.itself, "");
    auto options = options_of(program.itself, "");
    std::string arguments;
    std::vector<std::string> commands;
    for (const auto& c : program.commands)
    {
        commands.push_back(c.name);
        values += values_of(c, c.name);
        options += options_of(c, c.name);
        if (!c.arguments.empty())
            arguments += fmt::format("        {}:*) {} ;;\n", c.name, offer(c.arguments.front()));
    }
    arguments += fmt::format("        :*) words='{}' ;;\n", boost::algorithm::join(commands, " "));

    std::string text = script;
    boost::algorithm::replace_all(text, "@program@", program.itself.name);
    boost::algorithm::replace_all(text, "@values@", values);
    boost::algorithm::replace_all(text, "@options@", options);
    boost::algorithm::replace_all(text, "@arguments@", arguments);
    return text;
}
}

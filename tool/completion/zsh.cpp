// SPDX-License-Identifier: BSL-1.0
#include "completion.hpp"

#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

namespace tool
{
namespace
{
constexpr const char* script = R"zsh(#compdef @program@
# zsh completion of @program@, made by `@program@ completion zsh`.
_@program@_services()
{
    local -a names
    names=(${(f)"$(@program@ status --names 2>/dev/null)"})
    compadd -a names
}

_@program@()
{
    local curcontext=$curcontext state line
    local -a commands
    typeset -A opt_args
    _arguments -C \
@options@        '1: :->command' \
        '*:: :->arguments'
    case $state in
    command)
        commands=(
@commands@        )
        _describe command commands
        ;;
    arguments)
        case $words[1] in
@arguments@        esac
        ;;
    esac
}

if [[ $funcstack[1] == _@program@ ]]; then
    _@program@ "$@"
else
    compdef _@program@ @program@
fi
)zsh";

/// `text` in a specification between single quotes.
std::string escaped(std::string_view text)
{
    std::string result;
    for (const char c : text)
        if (c == '\'')
            result += R"('\'')";
        else
        {
            if (std::string_view(R"(\[]:)").find(c) != std::string_view::npos)
                result += '\\';
            result += c;
        }
    return result;
}

std::string action(const option_text& o)
{
    switch (kind_of(o))
    {
    case value_kind::choice:
        return "(" + boost::algorithm::join(choices(o), " ") + ")";
    case value_kind::file:
        return "_files";
    case value_kind::service:
        return "_@program@_services";
    case value_kind::unknown:
        break;
    }
    return " ";
}

/// One line for each name, with the names that exclude one another.
std::string option_lines(const option_text& o, const std::string& indent)
{
    std::string lines;
    const auto excluded = o.repeatable ? "*" : "(" + boost::algorithm::join(o.names, " ") + ")";
    for (const auto& name : o.names)
    {
        lines += fmt::format("{}'{}{}", indent, excluded, name);
        if (!o.value.empty())
            lines += name.starts_with("--") ? "=" : "+";
        lines += fmt::format("[{}]", escaped(o.help));
        if (!o.value.empty())
            lines += fmt::format(":{}:{}", escaped(o.value), action(o));
        lines += "' \\\n";
    }
    return lines;
}

std::string argument_line(const option_text& a, const std::string& indent)
{
    const char* const place = a.repeatable ? "*:" : a.required ? ":" : "::";
    return fmt::format("{}'{}{}:{}' \\\n", indent, place, escaped(a.value), action(a));
}
}

std::string zsh_completion(const program_text& program)
{
    std::string options;
    for (const auto& o : program.itself.options)
        options += option_lines(o, std::string(8, ' '));
    std::string commands;
    std::string arguments;
    for (const auto& c : program.commands)
    {
        commands += fmt::format("            '{}:{}'\n", c.name, escaped(c.help));
        arguments += fmt::format("        {})\n            _arguments \\\n", c.name);
        const std::string indent(16, ' ');
        for (const auto& o : c.options)
            arguments += option_lines(o, indent);
        for (const auto& a : c.arguments)
            arguments += argument_line(a, indent);
        arguments.resize(arguments.size() - 3); // the last line is not continued
        arguments += "\n            ;;\n";
    }

    std::string text = script;
    boost::algorithm::replace_all(text, "@options@", options);
    boost::algorithm::replace_all(text, "@commands@", commands);
    boost::algorithm::replace_all(text, "@arguments@", arguments);
    boost::algorithm::replace_all(text, "@program@", program.itself.name);
    return text;
}
}

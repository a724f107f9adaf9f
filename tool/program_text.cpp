// SPDX-License-Identifier: BSL-1.0
#include "program_text.hpp"

#include <CLI/App.hpp>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>

namespace tool
{
namespace
{
std::vector<std::string> split(const std::string& text, char at)
{
    std::vector<std::string> parts;
    if (!text.empty())
        boost::algorithm::split(parts, text, [at](char c) { return c == at; });
    return parts;
}

option_text text_of(const CLI::Option& o)
{
    option_text t{.help = o.get_description(),
                  .required = o.get_required(),
                  .repeatable = o.get_items_expected_max() > 1};
    for (const auto& name : o.get_snames())
        t.names.push_back("-" + name);
    for (const auto& name : o.get_lnames())
        t.names.push_back("--" + name);
    t.value = o.get_type_name();
    if (t.value.empty() && o.get_positional())
        t.value = o.get_name(true);
    // `add_repeatable` takes one value at a time, however often.
    t.repeatable |=
        o.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll && !t.value.empty();
    return t;
}

command_text text_of_command(const CLI::App& app)
{
    command_text t{.name = app.get_name(),
                   .help = app.get_description(),
                   .notes = split(app.get_footer(), '\n')};
    for (const auto* o : app.get_options())
        if (!o->get_group().empty())
            (o->get_positional() ? t.arguments : t.options).push_back(text_of(*o));
    return t;
}
}

value_kind kind_of(const option_text& o)
{
    if (o.value.find('|') != o.value.npos)
        return value_kind::choice;
    if (o.value == "PATH" || o.value == "CONFIG")
        return value_kind::file;
    return o.value == "NAME" ? value_kind::service : value_kind::unknown;
}

std::vector<std::string> choices(const option_text& o)
{
    return split(o.value, '|');
}

program_text text_of(const CLI::App& app)
{
    program_text t{.itself = text_of_command(app), .version = app.version()};
    for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!command->get_group().empty())
            t.commands.push_back(text_of_command(*command));
    return t;
}
}

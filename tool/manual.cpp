// SPDX-License-Identifier: BSL-1.0
#include "manual.hpp"

#include "example.hpp"

#include <CLI/App.hpp>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/join.hpp>
#include <fmt/format.h>

#include <cctype>
#include <iterator>

namespace tool
{
namespace
{
/// `text` as troff shows it unchanged.
std::string plain(std::string_view text)
{
    std::string result;
    if (text.starts_with('.') || text.starts_with('\'')) // would be a request
        result = R"(\&)";
    for (const char c : text)
        switch (c)
        {
        case '\\':
            result += R"(\e)";
            break;
        case '-': // else a hyphen, which cannot be pasted
            result += R"(\-)";
            break;
        case '\n':
            result += ' ';
            break;
        case '~': // these three are letters of other alphabets to troff
            result += R"(\(ti)";
            break;
        case '^':
            result += R"(\(ha)";
            break;
        case '`':
            result += R"(\(ga)";
            break;
        case '"':
            result += R"(\(dq)";
            break;
        case '\'':
            result += R"(\(aq)";
            break;
        default:
            result += c;
        }
    return result;
}

std::string bold(std::string_view text)
{
    return R"(\fB)" + plain(text) + R"(\fR)";
}

std::string italic(std::string_view text)
{
    return R"(\fI)" + plain(text) + R"(\fR)";
}

/// A sentence as it stands behind a name: `keeps one connection`.
std::string without_capital(std::string text)
{
    if (!text.empty())
        text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    if (text.ends_with('.'))
        text.pop_back();
    return text;
}

/// `connect [OPTION]... DESCRIPTION`.
std::string synopsis(const std::string& program, const command_text& c)
{
    auto line = bold(program + " " + c.name) + " [" + italic("OPTION") + "]...";
    for (const auto& a : c.arguments)
    {
        const auto value = italic(a.value) + (a.repeatable ? "..." : "");
        line += a.required ? " " + value : " [" + value + "]";
    }
    return line;
}

void write_option(std::string& page, const option_text& o)
{
    std::vector<std::string> names;
    names.reserve(o.names.size());
    for (const auto& name : o.names)
        names.push_back(bold(name));
    auto line = boost::algorithm::join(names, ", ");
    if (!o.value.empty())
        line += (line.empty() ? "" : " ") + italic(o.value);
    fmt::format_to(std::back_inserter(page), ".TP\n{}\n{}\n", line, plain(o.help));
}

void write_notes(std::string& page, const command_text& c)
{
    for (const std::string_view note : c.notes)
        if (note.starts_with(example_prefix))
            fmt::format_to(std::back_inserter(page), ".PP\nExample:\n.PP\n.RS\n{}\n.RE\n",
                           bold(note.substr(example_prefix.size())));
        else
            fmt::format_to(std::back_inserter(page), ".PP\n{}\n", plain(note));
}

void write_command(std::string& page, const std::string& program, const command_text& c)
{
    fmt::format_to(std::back_inserter(page), ".SS {}\n{}.\n", synopsis(program, c), plain(c.help));
    for (const auto& a : c.arguments)
        write_option(page, a);
    for (const auto& o : c.options)
        write_option(page, o);
    write_notes(page, c);
}
}

std::string manual_of(const program_text& program)
{
    const auto& name = program.itself.name;
    std::string page;
    fmt::format_to(std::back_inserter(page),
                   ".TH {} 1 \"\" \"{}\" \"User Commands\"\n"
                   ".nh\n.ad l\n" // what is written must be found and pasted as it is
                   ".SH NAME\n{} \\- {}\n"
                   ".SH SYNOPSIS\n{} {} [{}]...\n"
                   ".SH OPTIONS\n",
                   boost::algorithm::to_upper_copy(name), plain(program.version), plain(name),
                   plain(without_capital(program.itself.help)), bold(name), italic("COMMAND"),
                   italic("OPTION"));
    for (const auto& o : program.itself.options)
        write_option(page, o);
    write_notes(page, program.itself);
    page += ".SH COMMANDS\n";
    for (const auto& c : program.commands)
        write_command(page, name, c);
    return page;
}

void add_manual(CLI::App& app)
{
    auto* command = app.add_subcommand("manual", "Print the manual page, as man reads it");
    add_example(*command, "holdfast manual");
    command->callback([&app] { fmt::print("{}", manual_of(text_of(app))); });
}
}

// SPDX-License-Identifier: BSL-1.0
// What is made of the command line: its manual and its completions.
#include "tool/completion.hpp"
#include "tool/example.hpp"
#include "tool/manual.hpp"
#include "tool/program_text.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace
{
/// A program whose help holds whatever shells and troff take for something else.
tool::program_text program()
{
    CLI::App app("Does it.", "prog");
    auto* command = app.add_subcommand("show", "Shows 'it' [all]: \"$HOME\" `x`");
    std::string text;
    bool flag = false;
    command->add_option("NAME", text, ".hidden\\n")->type_name("")->required();
    command->add_option("-f,--file", text, "A 'file'")->type_name("PATH");
    command->add_flag("--secret", flag, "Nobody sees it")->group("");
    command->footer("'quoted' first\nsecond");
    tool::add_example(*command, "prog show a");
    app.add_subcommand("hidden", "Nobody sees it")->group("");
    return tool::text_of(app);
}

bool holds(const std::string& text, std::string_view part)
{
    return text.find(part) != text.npos;
}

TEST(program_text, has_what_the_help_shows_and_not_what_is_hidden)
{
    const auto p = program();
    ASSERT_EQ(p.commands.size(), 1U);
    const auto& show = p.commands.front();
    EXPECT_EQ(show.name, "show");
    EXPECT_EQ(show.notes,
              (std::vector<std::string>{"'quoted' first", "second", "Example: prog show a"}));
    ASSERT_EQ(show.options.size(), 2U); // --help too
    EXPECT_EQ(show.options[1].names, (std::vector<std::string>{"-f", "--file"}));
    EXPECT_EQ(kind_of(show.options[1]), tool::value_kind::file);
    ASSERT_EQ(show.arguments.size(), 1U);
    EXPECT_EQ(kind_of(show.arguments.front()), tool::value_kind::service);
    EXPECT_TRUE(show.arguments.front().required);
}

TEST(program_text, is_shown_by_troff_as_it_is)
{
    const auto page = tool::manual_of(program());
    EXPECT_TRUE(holds(page, "\n\\&.hidden\\en\n")) << page;
    EXPECT_TRUE(holds(page, "\n\\&\\(aqquoted\\(aq first\n")) << page;
    EXPECT_TRUE(holds(page, "\\fB\\-f\\fR, \\fB\\-\\-file\\fR \\fIPATH\\fR\n")) << page;
    EXPECT_TRUE(holds(page, "\\fBprog show\\fR [\\fIOPTION\\fR]... \\fINAME\\fR\n")) << page;
    EXPECT_FALSE(holds(page, "Nobody")) << page;
}

TEST(program_text, has_services_where_names_of_them_stand)
{
    EXPECT_TRUE(holds(tool::bash_completion(program()), "show:*) services=yes ;;"));
    EXPECT_TRUE(holds(tool::zsh_completion(program()), "':NAME:_prog_services'"));
    EXPECT_TRUE(holds(tool::fish_completion(program()), "-xa '(prog status --names 2>/dev/null)'"));
}

TEST(program_text, is_quoted_for_each_shell)
{
    EXPECT_TRUE(
        holds(tool::zsh_completion(program()), R"('show:Shows '\''it'\'' \[all\]\: "$HOME" `x`')"))
        << tool::zsh_completion(program());
    EXPECT_TRUE(holds(tool::fish_completion(program()), R"(-d 'Shows \'it\' [all]: "$HOME" `x`')"))
        << tool::fish_completion(program());
    EXPECT_FALSE(holds(tool::bash_completion(program()), "$HOME"));
}
}

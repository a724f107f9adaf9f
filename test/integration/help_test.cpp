// SPDX-License-Identifier: BSL-1.0
// What the program says of itself works: the examples of --help, the manual, the completions.
#include "support/missing.hpp"
#include "support/process.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace
{
using support::process;

/// The output of a command that must succeed.
std::string output_of(std::vector<std::string> command)
{
    const auto name = command.front() + " " + command.back();
    process p(std::move(command));
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << name << "\n" << p.output() << p.errors();
    EXPECT_EQ(p.errors(), "") << name;
    return p.output();
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

/// Runs a line of bash in which the program is found as `holdfast`.
std::vector<std::string> in_bash(const std::string& line)
{
    const auto folder = std::filesystem::path(HOLDFAST_PROGRAM).parent_path().native();
    return {"bash", "-c", "PATH=" + folder + ":$PATH\nset -o pipefail\n" + line};
}

std::vector<std::string> subcommands()
{
    std::vector<std::string> names;
    bool listed = false;
    for (const auto& line : lines_of(output_of({HOLDFAST_PROGRAM, "--help"})))
        if (line == "Subcommands:")
            listed = true;
        else if (listed && line.starts_with("  ") && line[2] != ' ')
            names.push_back(line.substr(2, line.find(' ', 2) - 2));
    return names;
}

/// Whether the examples of a subcommand talk to a daemon, so that they are run where one is.
bool needs_a_daemon(const std::string& subcommand)
{
    for (const char* name : {"status", "why", "start", "stop", "retry", "reconnect", "reload"})
        if (subcommand == name)
            return true;
    return false;
}

TEST(help, shows_of_each_subcommand_an_example_that_works_when_pasted)
{
    const auto names = subcommands();
    ASSERT_GE(names.size(), 5U);
    for (const auto& name : names)
    {
        SCOPED_TRACE(name);
        int examples = 0;
        for (const auto& line : lines_of(output_of({HOLDFAST_PROGRAM, name, "--help"})))
            if (const std::string prefix = "Example: "; line.starts_with(prefix))
            {
                ++examples;
                if (needs_a_daemon(name))
                    continue;
                process p(in_bash(line.substr(prefix.size())));
                p.close_input();
                EXPECT_EQ(p.wait(), 0) << line << "\n" << p.output() << p.errors();
            }
        EXPECT_GE(examples, 1);
    }
}

TEST(manual, is_one_that_man_shows_without_a_warning)
{
    SKIP_UNLESS(std::filesystem::exists("/usr/bin/groff"), "groff");
    const auto page = output_of(
        in_bash("holdfast manual | groff -man -ww -Tascii -P-c 2>&1 | sed 's/\\x1b\\[[0-9]*m//g;"
                "s/.\\x08//g'"));
    for (const auto& text :
         {"NAME\n       holdfast - keeps one outgoing connection alive\n",
          "       --on-eof close|stay\n", "a connection that is kept alive.\n",
          R"(escapes such as \r\n and \x1f)", "holdfast connect --once exec:cat\n"})
        EXPECT_NE(page.find(text), std::string::npos) << text << " is missing in\n" << page;
    EXPECT_EQ(page.find("warning"), std::string::npos) << page;
    for (const auto& name : subcommands())
        EXPECT_NE(page.find("   holdfast " + name + " [OPTION]..."), std::string::npos) << name;
}

/// What bash offers behind the words of `line`, of which the last is being written.
std::vector<std::string> offers(const std::string& line)
{
    return lines_of(output_of(in_bash("source <(holdfast completion bash)\n"
                                      "COMP_WORDS=(" +
                                      line +
                                      ")\n"
                                      "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                                      "_holdfast\n"
                                      "printf '%s\\n' \"${COMPREPLY[@]}\"")));
}

using words = std::vector<std::string>;

TEST(completion, of_bash_offers_what_can_follow)
{
    EXPECT_EQ(offers("holdfast co"), (words{"connect", "completion"}));
    EXPECT_EQ(offers("holdfast --v"), (words{"--version"}));
    EXPECT_EQ(offers("holdfast check --tw"), (words{"--twice"}));
    EXPECT_EQ(offers("holdfast connect exec:cat --on-eof ''"), (words{"close", "stay"}));
    EXPECT_EQ(offers("holdfast connect --log = j"), (words{"json"}));
    EXPECT_EQ(offers("holdfast connect --log ="), (words{"text", "json"}));
    EXPECT_EQ(offers("holdfast connect --retry ''"), (words{""})); // nobody can know
    EXPECT_EQ(offers("holdfast connect --pid-file /proc/self/cmdl"), (words{"/proc/self/cmdline"}));
    EXPECT_EQ(offers("holdfast completion z"), (words{"zsh"}));
    EXPECT_EQ(offers("holdfast nonsense ''"), (words{""}));
}

TEST(completion, is_valid_in_each_shell)
{
    for (const char* shell : {"bash", "zsh", "fish"})
    {
        SKIP_UNLESS(std::filesystem::exists(std::string("/usr/bin/") + shell), shell);
        output_of(in_bash(std::string(shell) + " -n <(holdfast completion " + shell + ")"));
    }
}

TEST(completion, of_fish_offers_what_can_follow)
{
    SKIP_UNLESS(std::filesystem::exists("/usr/bin/fish"), "fish");
    const auto offered = [](const std::string& line)
    {
        const auto home = std::filesystem::temp_directory_path().native();
        return output_of(in_bash("HOME=" + home +
                                 " fish --private --no-config -c 'holdfast completion fish | "
                                 "source; complete -C \"" +
                                 line + "\"'"));
    };
    EXPECT_EQ(offered("holdfast conn"),
              "connect\tPipe standard input and output over a connection that "
              "is kept alive\n");
    EXPECT_EQ(lines_of(offered("holdfast connect --on-eof ")).size(), 2U);
    EXPECT_NE(offered("holdfast check --tw").find("--twice\t"), std::string::npos);
    EXPECT_EQ(offered("holdfast check --retr"), "");
    EXPECT_EQ(offered("holdfast check /etc/passw"), ""); // no file is a description
}

TEST(completion, of_zsh_offers_what_can_follow)
{
    SKIP_UNLESS(std::filesystem::exists("/usr/bin/zsh"), "zsh");
    // Typed into a shell on a terminal, that is how zsh completes.
    const auto line = R"(zsh -f -c '
zmodload zsh/zpty
zpty shell zsh -f
zpty -w shell "PS1=; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -D -u; source <(holdfast completion zsh); print rea\"\"dy"
zpty -r shell text "*ready*"
zpty -w -n shell "holdfast check --twi"$'"'\\t'"'
zpty -r shell text "*--twice *"
print -r -- found
')";
    EXPECT_EQ(output_of(in_bash(line)), "found\n");
}
}

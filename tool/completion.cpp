// SPDX-License-Identifier: BSL-1.0
#include "completion.hpp"

#include "example.hpp"
#include "option_values.hpp"

#include <CLI/App.hpp>

#include <memory>

namespace tool
{
void add_completion(CLI::App& app)
{
    auto* command =
        app.add_subcommand("completion", "Print what makes a shell complete this command line");
    const auto shell = std::make_shared<std::string>();
    one_of(*command->add_option("SHELL", *shell, "The shell")->required(), {"bash", "zsh", "fish"});
    add_example(*command, "source <(holdfast completion bash)");
    command->callback(
        [&app, shell]
        {
            const auto program = text_of(app);
            fmt::print("{}", *shell == "bash"  ? bash_completion(program)
                             : *shell == "zsh" ? zsh_completion(program)
                                               : fish_completion(program));
        });
}
}

// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"

#include "check.hpp"
#include "completion.hpp"
#include "connect.hpp"
#include "control/control.hpp"
#include "demo.hpp"
#include "manual.hpp"
#include "run/run.hpp"

#include <CLI/App.hpp>

namespace tool
{
std::unique_ptr<CLI::App> make_program(exit_code& result)
{
    auto app = std::make_unique<CLI::App>("Keeps one outgoing connection alive.", "holdfast");
    app->set_version_flag("--version", "holdfast " HOLDFAST_VERSION);
    app->require_subcommand(0, 1);
    add_connect(*app, result);
    add_check(*app, result);
    add_run(*app, result);
    add_control(*app, result);
    add_demo(*app, result);
    add_completion(*app);
    add_manual(*app);
    return app;
}
}

// SPDX-License-Identifier: BSL-1.0
#include "demo.hpp"

#include <CLI/CLI.hpp>

namespace tool
{
void add_demo(CLI::App&, exit_code&) {}
}

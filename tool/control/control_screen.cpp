// SPDX-License-Identifier: BSL-1.0
#include "control_screen.hpp"

#include "control_client.hpp"

#include <cstdlib>
#include <stdexcept>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tool
{
told_moment moment_now()
{
    return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
}

bool on_terminal()
{
    return ::isatty(STDOUT_FILENO) == 1;
}

show_options screen()
{
    if (!on_terminal())
        return {};
    const char* no = std::getenv("NO_COLOR");
    show_options o{.width = 80, .height = 24, .colour = no == nullptr || *no == '\0'};
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0)
    {
        o.width = size.ws_col;
        o.height = size.ws_row;
    }
    return o;
}

told ask(control_client& daemon, std::string_view request)
{
    auto t = told_in(daemon.ask(request), moment_now().now);
    if (!t.error.empty())
        throw std::runtime_error(shown(t.error));
    return t;
}
}

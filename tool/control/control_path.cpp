// SPDX-License-Identifier: BSL-1.0
#include "control_path.hpp"

#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace tool
{
namespace
{
constexpr std::string_view system_path = "/run/holdfast/control";

/// A variable that is set to something; what is empty says nothing.
std::optional<std::string> variable(const char* name)
{
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0')
        return std::nullopt;
    return value;
}

std::optional<std::string> users_path()
{
    const auto folder = variable("XDG_RUNTIME_DIR");
    return folder ? std::optional(*folder + "/holdfast/control") : std::nullopt;
}
}

std::optional<std::string> default_control_path()
{
    if (const auto folders = variable("RUNTIME_DIRECTORY"))
        return folders->substr(0, folders->find(':')) + "/control"; // the first, of several
    if (::geteuid() == 0)
        return std::string(system_path);
    return users_path();
}

std::string control_path_to_try(const std::string& option)
{
    if (!option.empty())
        return option;
    if (const auto path = variable("HOLDFAST_CONTROL"))
        return *path;
    std::string first(system_path);
    auto second = users_path();
    if (!second || ::access(first.c_str(), W_OK) == 0)
        return first;
    if (::access(second->c_str(), W_OK) == 0)
        return *second;
    return ::access(first.c_str(), F_OK) == 0 ? first : *second;
}
}

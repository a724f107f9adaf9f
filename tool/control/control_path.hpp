// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_PATH_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_PATH_HPP

#include <optional>
#include <string>

namespace tool
{
/// Where a daemon listens for control if its configuration does not say: below the first of
/// `$RUNTIME_DIRECTORY` (systemd), `/run/holdfast` for root, `$XDG_RUNTIME_DIR/holdfast`. None if
/// there is none of them: then it must be configured.
std::optional<std::string> default_control_path();

/// Where a client looks for it: what `option` says, else `$HOLDFAST_CONTROL`, else the first of
/// `/run/holdfast/control` and `$XDG_RUNTIME_DIR/holdfast/control` that this user may connect to.
/// If there is none it is the one that says most about why.
std::string control_path_to_try(const std::string& option);
}

#endif

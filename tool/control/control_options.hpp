// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_OPTIONS_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_OPTIONS_HPP

#include <holdfast/clock.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace tool
{
namespace hf = holdfast;

/// What one client may use, and how many there may be.
struct control_limits
{
    std::size_t clients_max = 32;
    std::size_t line_max = 65'536; ///< Bytes of a request.

    hf::duration line_time = std::chrono::seconds(30);  ///< From its first byte to its end.
    hf::duration idle_time = std::chrono::minutes(5);   ///< Between two of one that does not watch.
    hf::duration write_time = std::chrono::seconds(30); ///< Until a line has been taken.

    /// Changes are told no more often.
    hf::duration watch_interval = std::chrono::milliseconds(250);
};

struct control_options
{
    std::string path{}; ///< Of the socket.

    /// A descriptor that listens already, in place of `path`: socket activation. It is taken over.
    std::optional<int> listener{};

    /// Who may command besides root and the user that this process runs as. Where there are such
    /// the file is open to all, since its rights cannot tell them apart; who connects is looked at.
    std::vector<uid_t> users{};

    control_limits limits{};

    /// Is given a line, without its end, when somebody was refused or dropped.
    std::function<void(std::string_view)> log{};

    hf::clock* clock = nullptr; ///< For the limits. Null: that of the context.
};
}

#endif

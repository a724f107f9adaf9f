// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_LOCAL_END_HPP
#define HOLDFAST_TOOL_LOCAL_END_HPP

#include "descriptor.hpp"

#include <boost/asio/awaitable.hpp>

#include <span>
#include <string_view>

namespace tool
{
/// This side of what the connection is relayed to: the standard streams, or a command.
///
/// All operations may be cancelled (all types).
class local_end
{
public:
    local_end() = default;
    local_end(const local_end&) = delete;
    local_end& operator=(const local_end&) = delete;
    virtual ~local_end() = default;

    /// Reads some bytes to be sent; `eof` at the end.
    virtual asio::awaitable<transfer> read(std::span<char> buffer) = 0;

    /// Writes what was received, all of it.
    virtual asio::awaitable<error_code> write(std::string_view bytes) = 0;
};
}

#endif

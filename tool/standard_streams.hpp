// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_STANDARD_STREAMS_HPP
#define HOLDFAST_TOOL_STANDARD_STREAMS_HPP

#include "local_end.hpp"

#include <string>

namespace tool
{
/// Standard input and output.
///
/// What was received on a connection and not yet written when that ended comes first on the next
/// one: at most 64 KiB.
class standard_streams final : public local_end
{
public:
    explicit standard_streams(const asio::any_io_executor& executor);

    asio::awaitable<transfer> read(std::span<char> buffer) override;
    asio::awaitable<error_code> write(std::string_view bytes) override;

private:
    descriptor in_;
    descriptor out_;
    std::string unwritten_;
};
}

#endif

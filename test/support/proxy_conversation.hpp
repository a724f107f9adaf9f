// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_PROXY_CONVERSATION_HPP
#define HOLDFAST_TEST_SUPPORT_PROXY_CONVERSATION_HPP

#include <holdfast/detail/proxy_client.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace support
{
/// How a dialogue with a proxy went.
struct conversation
{
    std::string said{};               ///< All that was written.
    bool done = false;                ///< The connection belongs to the target.
    boost::system::error_code code{}; ///< Or why it does not.
    std::string left{};               ///< What of the proxy's bytes was not read.
    std::size_t reads = 0;
};

/// Has `dialogue` with a proxy that sends `answer`, of which each read gets at most `piece` bytes.
/// It is neither done nor failed where it waits for more.
inline conversation converse(holdfast::detail::proxy_dialogue& dialogue, std::string_view answer,
                             std::size_t piece = 65536)
{
    conversation c;
    for (auto step = dialogue.begin();;)
    {
        c.said += step.write;
        c.code = step.code;
        c.done = !step.code && step.read_max == 0;
        c.left = answer;
        if (c.code || c.done || answer.empty())
            return c;
        const auto bytes = answer.substr(0, std::min(piece, step.read_max));
        answer.remove_prefix(bytes.size());
        ++c.reads;
        step = dialogue.received(bytes);
    }
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_DIALOGUE_HPP
#define HOLDFAST_TOOL_DIALOGUE_HPP

#include <holdfast/any_stream.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace re2
{
class RE2;
}

namespace tool
{
namespace hf = holdfast;
namespace asio = boost::asio;

/// What is said on each new connection before it is used: texts that are sent and patterns that
/// are waited for, in order.
class dialogue
{
public:
    /// More than this is not read for one pattern.
    static constexpr std::size_t expect_max = 65'536;

    /// Adds a text to send, with escapes. Throws `usage_error`.
    void send(std::string_view text);

    /// Adds a pattern of RE2 to wait for, which matches bytes. Throws `usage_error`.
    void expect(std::string_view pattern);

    /// Does it. Gives what was received after the last match.
    ///
    /// Throws `boost::system::system_error`: of the stream, or `errc::not_expected`.
    asio::awaitable<std::string> hold(hf::stream& with) const;

private:
    using shared_pattern = std::shared_ptr<const re2::RE2>;

    std::vector<std::variant<std::string, shared_pattern>> steps_;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#include "dialogue.hpp"

#include "error.hpp"
#include "escapes.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <optional>

namespace tool
{
namespace
{
/// Where the first match ends.
std::optional<std::size_t> find(const re2::RE2& pattern, std::string_view in)
{
    re2::StringPiece match;
    const re2::StringPiece text(in.data(), in.size());
    if (!pattern.Match(text, 0, text.size(), re2::RE2::UNANCHORED, &match, 1))
        return std::nullopt;
    return static_cast<std::size_t>(match.data() - in.data()) + match.size();
}

asio::awaitable<void> wait_for(const re2::RE2& pattern, hf::stream& on, std::string& received)
{
    for (;;)
    {
        if (const auto end = find(pattern, received))
        {
            received.erase(0, *end);
            co_return;
        }
        const auto before = received.size();
        if (before >= dialogue::expect_max)
            throw boost::system::system_error(errc::not_expected);
        received.resize(std::min(before + 4096, dialogue::expect_max));
        const auto n = co_await on.async_read_some(
            asio::buffer(received.data() + before, received.size() - before), asio::use_awaitable);
        received.resize(before + n);
    }
}
}

void dialogue::send(std::string_view text)
{
    steps_.emplace_back(unescape(text));
}

void dialogue::expect(std::string_view pattern)
{
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1); // bytes, not characters
    options.set_log_errors(false);
    auto compiled =
        std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
    if (!compiled->ok())
        throw usage_error(fmt::format("{} is not a regular expression: {}", quoted(pattern),
                                      one_line(compiled->error(), 100)));
    steps_.emplace_back(std::move(compiled));
}

asio::awaitable<std::string> dialogue::hold(hf::stream& with) const
{
    std::string received;
    for (const auto& step : steps_)
        if (const auto* text = std::get_if<std::string>(&step))
            co_await asio::async_write(with, asio::buffer(*text), asio::use_awaitable);
        else
            co_await wait_for(*std::get<shared_pattern>(step), with, received);
    co_return received;
}
}

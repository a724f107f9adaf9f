// SPDX-License-Identifier: BSL-1.0
// What --send and --expect say on a new connection: a peer answers in pieces of any size. The
// patterns are plain texts, so that where they match can be said without RE2.
#include "tool/dialogue.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"
#include "tool/error.hpp"

#include <holdfast/testing/memory_stream.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <string>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;

constexpr std::size_t steps_max = 8;
constexpr std::size_t pieces_max = 200;

std::string every_byte_escaped(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    for (const char c : text)
    {
        const auto byte = static_cast<unsigned char>(c);
        result.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    }
    return result;
}

/// What the dialogue must come to, if `given` is all that the peer ever says.
struct expected
{
    std::string sent;
    std::size_t consumed = 0; // of what the peer gave
    std::optional<hf::error_code> error;
};

struct script
{
    tool::dialogue dialogue;
    std::vector<std::pair<bool, std::string>> steps; // whether it is sent; what

    explicit script(fuzz::bytes& input)
    {
        for (auto count = input.byte() % (steps_max + 1); count != 0; --count)
        {
            const bool sends = input.byte() % 2 == 0;
            const std::string text(input.take(input.byte() % 32));
            if (sends)
                dialogue.send(every_byte_escaped(text));
            else
                dialogue.expect(every_byte_escaped(text));
            steps.emplace_back(sends, text);
        }
    }

    expected outcome(const std::string& given) const
    {
        expected e;
        for (const auto& [sends, text] : steps)
        {
            if (sends)
            {
                e.sent += text;
                continue;
            }
            const auto at = given.find(text, e.consumed);
            if (at != given.npos && at + text.size() - e.consumed <= tool::dialogue::expect_max)
                e.consumed = at + text.size();
            else
            {
                e.error = given.size() - e.consumed >= tool::dialogue::expect_max
                              ? hf::error_code(tool::errc::not_expected)
                              : hf::error_code(asio::error::eof);
                break;
            }
        }
        return e;
    }
};

/// Gives the rest of the input in pieces, some of them long, and lets happen a little in between.
std::string give(fuzz::bytes& input, hf::testing::memory_stream& peer, asio::io_context& context)
{
    std::string given;
    for (std::size_t i = 0; i != pieces_max && !input.empty(); ++i)
    {
        const auto size = input.byte();
        const auto piece = size == 255 ? std::string(30'000, static_cast<char>(input.byte()))
                                       : std::string(input.take(size / 2));
        if (!peer.give(piece)) // it has ended already
            break;
        given += piece;
        if (size % 2 == 0)
            context.poll();
    }
    return given;
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    const script said(input);
    asio::io_context context;
    auto [near, far] =
        hf::testing::make_memory_streams(context.get_executor(), context.get_executor());
    hf::stream stream(std::move(near));

    std::optional<std::string> rest;
    std::optional<hf::error_code> error;
    asio::co_spawn(context, said.dialogue.hold(stream),
                   [&](const std::exception_ptr& e, std::string received)
                   {
                       try
                       {
                           if (e)
                               std::rethrow_exception(e);
                           rest = std::move(received);
                       }
                       catch (const boost::system::system_error& failure)
                       {
                           error = failure.code();
                       }
                   });
    const auto given = give(input, far, context);
    far.shutdown_send();
    context.poll();

    const auto e = said.outcome(given);
    fuzz::check(rest.has_value() != error.has_value(), "the dialogue ends, one way", given);
    fuzz::check(error == e.error, "it ends as it must", error ? error->message() : *rest);
    fuzz::check(far.take() == e.sent, "the peer gets what is sent until then, and no more");
    fuzz::check(!rest || std::string_view(given).substr(e.consumed).starts_with(*rest),
                "what is left is what follows the last match", *rest);
    return 0;
}

// SPDX-License-Identifier: BSL-1.0
// What the options of the program hold: --retry, --send and --expect.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"
#include "tool/dialogue.hpp"
#include "tool/error.hpp"
#include "tool/escapes.hpp"
#include "tool/retry_option.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace
{
namespace hf = holdfast;

template <class Read>
auto accepted(Read read) -> std::optional<decltype(read())>
{
    try
    {
        return read();
    }
    catch (const tool::usage_error& e)
    {
        fuzz::check_message(e.what());
        return std::nullopt;
    }
}

/// A policy that was accepted chooses sound delays, whatever it is told.
void retry(fuzz::bytes& input)
{
    const auto flags = input.byte();
    hf::retry::random random(input.number());
    hf::failure failure;
    const hf::retry::context c{
        .failures = std::max(1U, static_cast<unsigned>(input.number())),
        .setbacks = std::max(1U, static_cast<unsigned>(input.number())),
        .last = (flags & 1) != 0 ? &failure : nullptr,
        .previous = hf::duration(static_cast<std::int64_t>(input.number() / 2)),
        .disconnected = hf::duration(static_cast<std::int64_t>(input.number() / 2)),
        .random = random};
    const auto limit = (flags & 2) != 0 ? std::optional(1U + flags) : std::nullopt;
    const auto text = input.rest();
    const auto policy = accepted([&] { return tool::parse_retry(text, limit); });
    if (!policy)
        return;
    const auto delay = (*policy)(c, std::chrono::milliseconds(10));
    fuzz::check(delay.has_value() == (!limit || c.failures < *limit),
                "it gives up after so many failures and not before", text);
    fuzz::check(!delay || (*delay >= hf::duration::zero() && *delay <= hf::retry::longest_delay),
                "a delay lies between zero and the longest", text);
}

/// Every byte as an escape: `letters` says which of those that have a letter are written with it.
std::string escaped(std::string_view text, unsigned letters)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    for (const char c : text)
    {
        constexpr std::pair<char, char> known[]{{'\r', 'r'},   {'\n', 'n'}, {'\t', 't'},
                                                {'\x1b', 'e'}, {'\0', '0'}, {'\\', '\\'}};
        const auto* const found =
            std::find_if(std::begin(known), std::end(known), [c](auto k) { return k.first == c; });
        const auto place = static_cast<unsigned>(found - std::begin(known));
        const auto byte = static_cast<unsigned char>(c);
        if (found != std::end(known) && (letters >> place & 1) != 0)
            result.append({'\\', found->second});
        else
            result.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    }
    return result;
}

void send(fuzz::bytes& input)
{
    const auto letters = input.byte();
    const auto text = input.rest();
    fuzz::check(tool::unescape(escaped(text, letters)) == text, "every byte can be escaped", text);
    const auto plain = accepted([&] { return tool::unescape(text); });
    if (text.find('\\') == text.npos)
        fuzz::check(plain == text, "what has no backslash stands for itself", text);
    fuzz::check(!plain || plain->size() <= text.size(), "no escape makes more bytes", text);
}

void expect(fuzz::bytes& input)
{
    const auto text = input.rest();
    tool::dialogue dialogue;
    accepted([&] { return dialogue.expect(text), true; });
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    input.one_of({retry, send, expect})(input);
    return 0;
}

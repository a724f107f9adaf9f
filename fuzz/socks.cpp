// SPDX-License-Identifier: BSL-1.0
// The answers of a SOCKS5 proxy, in any pieces.
#include "endpoints/socks5_dialogue.hpp"
#include "fuzz/proxy_answer.hpp"

#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using holdfast::detail::socks5_dialogue;
    fuzz::bytes input(data, size);
    const auto how = input.byte();
    const auto answer = input.rest();
    const auto make = [&]
    {
        socks5_dialogue::question q{.host = std::string("h"), .port = 443};
        if (how & 1)
            q.user = q.password = "u";
        return std::make_unique<socks5_dialogue>(std::move(q));
    };
    // A method, the answer to the user, a reply with the longest name.
    const auto c = fuzz::check_answer(make, answer, how / 2 + 1U, 2 + 2 + 4 + 1 + 255 + 2);
    const auto read = answer.substr(0, answer.size() - c.left.size());
    if (c.done)
    {
        const std::size_t reply = read[1] == 2 ? 4 : 2;
        fuzz::check(read.starts_with('\5') && read[reply] == 5 && read[reply + 1] == 0,
                    "only a proxy that says yes has reached the target", answer);
    }
    return 0;
}

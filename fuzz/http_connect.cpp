// SPDX-License-Identifier: BSL-1.0
// The answer of an HTTP proxy to CONNECT, in any pieces.
#include "endpoints/http_connect_dialogue.hpp"
#include "fuzz/proxy_answer.hpp"

#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using holdfast::detail::http_connect_dialogue;
    fuzz::bytes input(data, size);
    const auto how = input.byte();
    auto answer = std::string(input.rest());
    if (how & 1) // what takes long to find
        answer = "HTTP/1.1 200 OK\r\n" + answer + "\r\n\r\n";
    const auto make = [&]
    {
        http_connect_dialogue::question q{.target = "h:443"};
        if (how & 2)
            q.user = q.password = "u";
        return std::make_unique<http_connect_dialogue>(std::move(q));
    };
    const auto c =
        fuzz::check_answer(make, answer, how / 4 + 1U, http_connect_dialogue::header_max);
    const auto read = std::string_view(answer).substr(0, answer.size() - c.left.size());
    if (c.done)
        fuzz::check(read.starts_with("HTTP/1.") && read.ends_with("\r\n\r\n") &&
                        read.find(" 2") != read.npos,
                    "only a header that says yes has reached the target", answer);
    return 0;
}

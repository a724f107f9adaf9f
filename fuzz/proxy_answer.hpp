// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_FUZZ_PROXY_ANSWER_HPP
#define HOLDFAST_FUZZ_PROXY_ANSWER_HPP

#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"
#include "support/proxy_conversation.hpp"

#include <cstddef>
#include <string_view>

namespace fuzz
{
/// Gives `answer` to a dialogue as a whole and in pieces: it takes the same of it, says the same
/// and ends alike, and reads at most `length_max` bytes.
template <class Make>
support::conversation check_answer(Make make, std::string_view answer, std::size_t piece,
                                   std::size_t length_max)
{
    auto whole = make();
    const auto c = support::converse(*whole, answer);
    for (const std::size_t size : {std::size_t{1}, piece})
    {
        auto again = make();
        const auto split = support::converse(*again, answer, size);
        check(split.done == c.done && split.code == c.code && split.said == c.said,
              "an answer means the same however it is split", answer);
        if (c.done) // one that is refused may be so earlier
            check(split.left == c.left, "what is the target's does not hang on the pieces", answer);
    }
    check(answer.size() - c.left.size() <= length_max, "an answer is read up to a limit", answer);
    check(!(c.done && c.code), "it does not both succeed and fail", answer);
    if (const auto remark = whole->remark(); !remark.empty())
        check_message(remark);
    return c;
}
}

#endif

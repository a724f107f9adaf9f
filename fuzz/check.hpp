// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_FUZZ_CHECK_HPP
#define HOLDFAST_FUZZ_CHECK_HPP

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fuzz
{
/// Ends the program unless `holds`, for libFuzzer to keep the input. `sentence` is what should be
/// true, `found` what there was instead.
inline void check(bool holds, const char* sentence, std::string_view found = {})
{
    if (holds)
        return;
    std::fprintf(stderr, "fuzz: this does not hold: %s\nfuzz: found: %.*s\n", sentence,
                 static_cast<int>(found.size()), found.data());
    std::abort();
}

inline bool is_one_line(std::string_view text)
{
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return false;
    return true;
}

/// What is told of a wrong input: one line that fits on a screen, whatever the input was.
inline void check_message(std::string_view line)
{
    check(!line.empty() && is_one_line(line), "a message is one line", line);
    check(line.size() < 1000, "a message is short", line);
}
}

#endif

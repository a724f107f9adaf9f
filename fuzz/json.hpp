// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_FUZZ_JSON_HPP
#define HOLDFAST_FUZZ_JSON_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fuzz
{
/// Whether `text` is UTF-8 as RFC 3629 has it: the shortest form, no surrogates, no more than
/// U+10FFFF.
inline bool is_utf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();)
    {
        const auto first = static_cast<unsigned char>(text[at++]);
        const int more = first < 0x80                    ? 0
                         : first >= 0xc2 && first < 0xe0 ? 1
                         : first >= 0xe0 && first < 0xf0 ? 2
                         : first >= 0xf0 && first < 0xf5 ? 3
                                                         : -1;
        if (more < 0)
            return false;
        std::uint32_t code = more == 0 ? first : first & (0x3fU >> more);
        for (int i = 0; i < more; ++i)
        {
            if (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80)
                return false;
            code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fU);
        }
        constexpr std::uint32_t least[]{0, 0x80, 0x800, 0x10000};
        if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return false;
    }
    return true;
}

/// Takes the objects apart that our own lines are: strings and numbers, nothing within another.
class json_reader
{
public:
    explicit json_reader(std::string_view text) : rest_(text) {}

    bool object()
    {
        if (!take('{'))
            return false;
        do
            if (!string() || !take(':') || !(string() || number()))
                return false;
        while (take(','));
        return take('}') && rest_.empty();
    }

private:
    bool take(char c)
    {
        const bool there = rest_.starts_with(c);
        rest_.remove_prefix(there ? 1 : 0);
        return there;
    }

    bool string()
    {
        if (!take('"'))
            return false;
        while (!rest_.empty() && !rest_.starts_with('"'))
        {
            if (static_cast<unsigned char>(rest_.front()) < 0x20)
                return false;
            if (take('\\') && rest_.substr(0, 5) != "ufffd" && // the only one that we write so
                !(rest_.starts_with('"') || rest_.starts_with('\\')))
                return false;
            rest_.remove_prefix(1);
        }
        return take('"');
    }

    bool digits()
    {
        const auto end = rest_.find_first_not_of("0123456789");
        const auto count = end == rest_.npos ? rest_.size() : end;
        rest_.remove_prefix(count);
        return count != 0;
    }

    bool number()
    {
        take('-');
        return (take('0') || digits()) && (!take('.') || digits());
    }

    std::string_view rest_;
};

inline bool is_json(std::string_view text)
{
    return is_utf8(text) && json_reader(text).object();
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#include "host_name.hpp"

#include <algorithm>
#include <memory>

#if defined(HOLDFAST_IDN)
#include <idn2.h>
#endif

namespace holdfast::detail
{
namespace
{
constexpr std::size_t name_max = 253, label_max = 63;

bool is_ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// The underscore is not of the host names of RFC 952, and yet in use.
bool may_stand_in_label(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

const char* problem_of(std::string_view name)
{
    if (name.ends_with('.')) // a name that is complete
        name.remove_suffix(1);
    if (name.empty())
        return "it is empty";
    if (name.size() > name_max)
        return "it is longer than 253 characters";
    std::string_view label;
    for (std::string_view rest = name;;)
    {
        const auto dot = rest.find('.');
        label = rest.substr(0, dot);
        if (label.empty())
            return "it has an empty label";
        if (label.size() > label_max)
            return "it has a label longer than 63 characters";
        if (!std::all_of(label.begin(), label.end(), may_stand_in_label))
            return "it has a character that no host name has";
        if (dot == std::string_view::npos)
            break;
        rest.remove_prefix(dot + 1);
    }
    // No top-level domain is a number: this is an address that was mistyped.
    if (std::all_of(label.begin(), label.end(), is_digit))
        return "it ends in a number, and is not an address";
    return nullptr;
}

#if defined(HOLDFAST_IDN)
ascii_name internationalised(const std::string& host)
{
    char* out = nullptr;
    const int result =
        ::idn2_to_ascii_8z(host.c_str(), &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, void (*)(void*)> owner(out, &::idn2_free);
    if (result != IDN2_OK)
        return {{}, ::idn2_strerror(result)};
    return {out, nullptr};
}
#else
ascii_name internationalised(const std::string&)
{
    return {{}, "internationalised names are not built in"};
}
#endif
}

ascii_name to_ascii_name(std::string_view host)
{
    if (host.find('\0') != std::string_view::npos)
        return {{}, "it has a character that no host name has"};
    ascii_name name = is_ascii(host) ? ascii_name{std::string(host), nullptr}
                                     : internationalised(std::string(host));
    if (name.problem == nullptr)
        name.problem = problem_of(name.text);
    return name;
}
}

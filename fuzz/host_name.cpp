// SPDX-License-Identifier: BSL-1.0
// Host names, internationalised ones too.
#include "host_name.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"

namespace
{
namespace hf = holdfast;

/// Whether a resolver can be asked for it: letters, digits, `-` and `_` between single dots, of
/// lengths that DNS can carry.
bool is_fit_for_a_resolver(std::string_view name)
{
    if (name.ends_with('.'))
        name.remove_suffix(1);
    std::size_t label = 0;
    for (const char c : name)
    {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (c == '.' ? label == 0 : !fits || label == 63)
            return false;
        label = c == '.' ? 0 : label + 1;
    }
    return label != 0 && name.size() <= 253;
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto name = hf::detail::to_ascii_name(text);
    if (name.problem != nullptr)
    {
        fuzz::check_message(name.problem);
        return 0;
    }
    fuzz::check(is_fit_for_a_resolver(name.text), "a resolver can be asked for it", name.text);
    const auto again = hf::detail::to_ascii_name(name.text);
    fuzz::check(again.problem == nullptr && again.text == name.text, "it is a name itself",
                name.text);
    return 0;
}

// SPDX-License-Identifier: BSL-1.0
// Descriptions of endpoints in both forms, and the endpoints that are made of them.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"

#include <holdfast/endpoints/registry.hpp>

#include <optional>

namespace
{
namespace hf = holdfast;

/// `read` gives something, or refuses the text with a message that fits.
template <class Read>
auto accepted(std::string_view text, Read read) -> std::optional<decltype(read())>
{
    try
    {
        return read();
    }
    catch (const hf::description_error& e)
    {
        fuzz::check_message(e.what());
        fuzz::check(e.column() <= text.size() + 1, "the column lies within the text", e.what());
        return std::nullopt;
    }
}

void check_columns(const hf::description& d)
{
    const auto within = [&](std::size_t column)
    {
        fuzz::check(column >= 1 && column <= d.text.size() + 1,
                    "a part has a column within the text", d.text);
    };
    for (const auto& a : d.positional)
        within(a.column);
    for (const auto& k : d.keywords)
    {
        within(k.column);
        within(k.value.column);
        fuzz::check(k.value.columns.empty() || k.value.columns.size() == k.value.value.size(),
                    "each byte of a value that was put together has a column", d.text);
        for (const auto column : k.value.columns)
            within(column);
    }
}

void check_endpoint(const hf::any_endpoint& e)
{
    const auto text = to_string(e);
    const auto again = accepted(text, [&] { return hf::parse_endpoint(text); });
    fuzz::check(again.has_value(), "an endpoint prints as a description of it", text);
    fuzz::check(to_string(*again) == text, "what it prints describes the same endpoint", text);
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto d = accepted(text, [&] { return hf::parse_description(text); });
    if (!d)
        return 0;
    check_columns(*d);
    const auto printed = to_string(*d);
    fuzz::check(hf::parse_description(printed) == *d, "what is printed is read back", printed);
    if (const auto e = accepted(text, [&] { return hf::registry::standard().make(*d); }))
        check_endpoint(*e);
    return 0;
}

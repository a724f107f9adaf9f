// SPDX-License-Identifier: BSL-1.0
#include "error.hpp"

#include <fmt/format.h>

namespace tool
{
namespace
{
const char* text(errc e) noexcept
{
    switch (e) // no default: a new value must get its sentence
    {
    case errc::idle:
        return "nothing came or went for the idle time-out";
    case errc::too_old:
        return "the connection reached its greatest age";
    case errc::asked_to_reconnect:
        return "asked to reconnect";
    case errc::not_expected:
        return "what was expected is not in the first 64 KiB";
    }
    return "unknown error";
}

class tool_category final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "holdfast tool"; }
    std::string message(int value) const override { return text(static_cast<errc>(value)); }
};
}

std::string one_line(std::string_view text, std::size_t length_max)
{
    std::string line;
    for (const char c : text.substr(0, length_max))
    {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f)
            line += fmt::format("\\x{:02x}", byte);
        else
            line += c;
    }
    return line + (text.size() > length_max ? "..." : "");
}

std::string quoted(std::string_view text)
{
    return '"' + one_line(text, 60) + '"';
}

error_code make_error_code(errc e) noexcept
{
    static const tool_category category;
    return {static_cast<int>(e), category};
}
}

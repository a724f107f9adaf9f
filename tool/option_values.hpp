// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_OPTION_VALUES_HPP
#define HOLDFAST_TOOL_OPTION_VALUES_HPP

#include "error.hpp"

#include <holdfast/duration.hpp>

#include <fmt/format.h>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tool
{
/// What `read` gives. What it refuses is a `usage_error` that names the option.
template <class Read>
auto of_option(std::string_view option, Read read)
{
    try
    {
        return read();
    }
    catch (const std::invalid_argument& e)
    {
        throw usage_error(fmt::format("{}: {}", option, e.what()));
    }
}

/// Has the option take one of these words alone.
inline void one_of(CLI::Option& option, const std::vector<std::string>& words)
{
    option.type_name(fmt::format("{}", fmt::join(words, "|")))
        ->check(CLI::IsMember(words).description("")); // the type says it
}

/// The length of time that an option was given; nothing if `text` is empty.
inline std::optional<hf::duration> length_of_time(std::string_view option, const std::string& text,
                                                  hf::duration least = hf::duration(1))
{
    if (text.empty())
        return std::nullopt;
    const auto d = of_option(option, [&] { return hf::parse_duration(text); });
    if (d < least)
        throw usage_error(fmt::format("{}: must be more than zero", option));
    return d;
}
}

#endif

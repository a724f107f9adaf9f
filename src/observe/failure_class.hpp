// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_OBSERVE_FAILURE_CLASS_HPP
#define HOLDFAST_SRC_OBSERVE_FAILURE_CLASS_HPP

#include <holdfast/failure.hpp>

#include <cstdint>
#include <string_view>

namespace holdfast::detail
{
/// What kind of thing went wrong: few enough to be a label.
enum class failure_class : std::uint8_t
{
    refused,
    timed_out,
    reset,
    closed,
    unreachable,
    not_found,
    local_resource,
    tls,
    refused_by_proxy,
    other,
};

std::string_view to_string(failure_class c) noexcept;
failure_class classify(const failure& f) noexcept;
}

#endif

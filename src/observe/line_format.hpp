// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_OBSERVE_LINE_FORMAT_HPP
#define HOLDFAST_SRC_OBSERVE_LINE_FORMAT_HPP

#include <holdfast/observe/event.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace holdfast::detail
{
/// What a line says beside its event.
struct line_context
{
    std::chrono::system_clock::time_point now{};
    std::uint32_t passed_over = 0; ///< Lines that were left out before it.
};

std::string text_line(const event& e, const line_context& c);
std::string json_line(const event& e, const line_context& c);
}

#endif

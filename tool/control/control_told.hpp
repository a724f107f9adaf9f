// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_TOLD_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_TOLD_HPP

#include <holdfast/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tool
{
namespace hf = holdfast;

// What a daemon told over its control socket, as doc/control.md has it. Texts are as they came:
// they are of others, and may hold anything.

struct told_address
{
    std::string address{};
    std::string reason{};
    hf::duration took{};
};

struct told_failure
{
    std::string phase{};
    std::string reason{};
    std::string text{}; ///< The sentence.
    std::vector<told_address> addresses{};
};

struct told_service
{
    std::string name{};
    std::string endpoint{};
    std::string job{};
    std::string state{};
    hf::time_point since{};
    std::uint64_t attempt = 0;
    std::uint64_t failures = 0;
    std::uint64_t connections = 0;
    std::optional<hf::time_point> next_attempt{};
    std::optional<told_failure> last_failure{};
    std::optional<hf::time_point> failed_at{};
};

struct told_attempt
{
    std::uint64_t attempt = 0;
    hf::time_point began{};
    std::optional<hf::time_point> connected{};
    std::optional<hf::time_point> ended{};
    std::optional<told_failure> why{};
    std::optional<hf::time_point> next{};
};

/// One line of a daemon.
struct told
{
    std::string error{};             ///< Why it refused; empty if it did not.
    std::string text{};              ///< Of a reload.
    std::string why{};               ///< In words.
    std::vector<told_service> all{}; ///< Of `services`, or the one `service`.
    bool is_all = false;             ///< They are all there are.
    std::vector<told_service> changed{};
    std::vector<std::string> removed{};
    std::vector<told_attempt> attempts{}; ///< The oldest first.
};

/// Reads a line that came at `now`. Throws `std::runtime_error` if it makes no sense.
told told_in(std::string_view line, hf::time_point now);

/// Brings `list` up to date.
void apply(const told& news, std::vector<told_service>& list);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CHECKED_HPP
#define HOLDFAST_TOOL_CHECKED_HPP

#include <holdfast/endpoint.hpp>
#include <holdfast/failure.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tool
{
namespace hf = holdfast;

/// What one attempt came to.
struct checked
{
    std::string endpoint{}; ///< Its description, without secrets.
    hf::time_point began{};
    std::vector<hf::dial_step> steps{}; ///< In the order in which they began.
    std::string peer{};                 ///< Whom it connected to; may be empty.
    hf::duration connected_after{};     ///< If it connected.
    std::optional<hf::failure> why{};   ///< Why it failed, if it did.
    bool interrupted = false;           ///< That is why.
};

/// For a person: several lines, the last without a newline.
std::string text_of(const checked& c);

/// For a program: one line of JSON, without a newline. See doc/guide.md.
std::string json_of(const checked& c);
}

#endif

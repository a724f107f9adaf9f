// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_ENDPOINTS_RECORDED_STEPS_HPP
#define HOLDFAST_TEST_UNIT_ENDPOINTS_RECORDED_STEPS_HPP

#include <holdfast/endpoint.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast
{
/// A report that keeps what it is told of each step.
struct recorded_steps final : dial_trace
{
    void step(dial_step s) override { steps.push_back(std::move(s)); }

    /// What was done, in the order in which it ended.
    std::vector<std::string> what() const
    {
        std::vector<std::string> list;
        list.reserve(steps.size());
        for (const auto& s : steps)
            list.push_back(s.what);
        return list;
    }

    std::vector<dial_step> steps;
};

/// The values of the facts of a step that have this name.
inline std::vector<std::string> facts_named(const dial_step& s, std::string_view name)
{
    std::vector<std::string> values;
    for (const auto& [key, value] : s.facts)
        if (key == name)
            values.push_back(value);
    return values;
}
}

#endif

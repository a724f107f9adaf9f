// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_SERVICE_JSON_HPP
#define HOLDFAST_TOOL_PAGE_SERVICE_JSON_HPP

#include "page/timeline.hpp"
#include "run/services_view.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tool
{
/// The same moment on both clocks, so that what happened on the one can be told in the other.
struct moment
{
    hf::time_point now{};
    std::chrono::system_clock::time_point wall{};

    /// `t` as RFC 3339 in UTC: `2026-02-03T04:05:06.789Z`.
    std::string text(hf::time_point t) const;
};

/// What went wrong, in words: the error and what the endpoint had to say beyond it.
std::string reason_of(const hf::failure& f);

/// One service as an object of JSON. `line` may be null.
std::string to_json(const service_status& s, const std::string& why, const timeline* line,
                    const moment& m);

std::string to_json(const hf::attempt_record& a, const moment& m);

/// `items` as an array.
std::string json_array(const std::vector<std::string>& items);
}

#endif

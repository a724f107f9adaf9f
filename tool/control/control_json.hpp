// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_JSON_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_JSON_HPP

#include "run/services_view.hpp"

#include <string>
#include <vector>

namespace tool
{
// The values of the control protocol, as doc/control.md has them. Moments are in seconds from
// `now` on, so that they mean the same to a reader whose clock is another.

std::string json_of(const service_status& s, hf::time_point now);
std::string json_of(const std::vector<service_status>& list, hf::time_point now);
std::string json_of(const hf::attempt_record& a, hf::time_point now);
std::string json_of(const hf::failure& f);
}

#endif

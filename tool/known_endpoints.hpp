// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_KNOWN_ENDPOINTS_HPP
#define HOLDFAST_TOOL_KNOWN_ENDPOINTS_HPP

#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/registry.hpp>

#include <string>

namespace tool
{
namespace hf = holdfast;

/// What the program can connect to: all kinds of endpoint that were built.
const hf::registry& known_endpoints();

/// The endpoint of a description, with `-4` or `-6`. Throws `std::invalid_argument`.
hf::any_endpoint endpoint_of(const std::string& description, bool ipv4, bool ipv6);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_KNOWN_ENDPOINTS_HPP
#define HOLDFAST_TOOL_KNOWN_ENDPOINTS_HPP

#include <holdfast/endpoints/registry.hpp>

namespace tool
{
namespace hf = holdfast;

/// What the program can connect to: all kinds of endpoint that were built.
const hf::registry& known_endpoints();
}

#endif

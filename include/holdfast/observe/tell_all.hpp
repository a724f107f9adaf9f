// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_OBSERVE_TELL_ALL_HPP
#define HOLDFAST_OBSERVE_TELL_ALL_HPP

#include <holdfast/observe/event.hpp>

#include <vector>

namespace holdfast
{
/// Several observers as one: each is told of each event, in this order, whatever those before it
/// throw or do to the service. Empty ones are left out.
///
/// @par Example
/// @code
/// options.observe = hf::tell_all({past, counts.for_service("cache"), hf::log_lines(print)});
/// @endcode
observer tell_all(std::vector<observer> observers);
}

#endif

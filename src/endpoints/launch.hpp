// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_LAUNCH_HPP
#define HOLDFAST_SRC_ENDPOINTS_LAUNCH_HPP

#include <holdfast/endpoints/owned_descriptor.hpp>
#include <holdfast/endpoints/process.hpp>
#include <holdfast/error.hpp>

#include <string>
#include <vector>

#include <sys/types.h>

namespace holdfast::detail
{
/// A child that runs, and this side of what it was given.
struct launched
{
    ::pid_t id = 0;
    owned_descriptor process{}; ///< Becomes readable when it has ended (pidfd).
    owned_descriptor input{};   ///< To be written to.
    owned_descriptor output{};  ///< To be read from.
};

/// Runs a program as a child with pipes for its standard input and output, in a session of its own
/// and with nothing else of this process but, perhaps, its standard error. Waits until the program
/// is loaded, so that what cannot be run is an error here.
error_code launch(const std::string& program, const std::vector<std::string>& arguments,
                  const process_options& options, launched& child);
}

#endif

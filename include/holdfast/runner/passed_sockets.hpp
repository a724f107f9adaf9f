// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RUNNER_PASSED_SOCKETS_HPP
#define HOLDFAST_RUNNER_PASSED_SOCKETS_HPP

#include <holdfast/endpoints/owned_descriptor.hpp>

#include <string>
#include <vector>

namespace holdfast
{
/// A socket that the service manager opened for this program.
struct passed_socket
{
    std::string name{};            ///< As `FileDescriptorName=` says; `unknown` if nobody named it.
    owned_descriptor descriptor{}; ///< Closed on exec.
};

/// Takes the sockets that this process was passed when it was started (`LISTEN_FDS`), in order;
/// empty if there are none, or they were meant for another process.
///
/// They can be taken once: a second call gives none, and no child process believes that they are
/// its own. What a descriptor is (a listener, and of which family) is for the caller to look at.
///
/// @par Thread safety
/// None: it changes the environment.
///
/// @throws boost::system::system_error if what the environment says of them makes no sense
std::vector<passed_socket> passed_sockets();
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_PROXY_OPTIONS_HPP
#define HOLDFAST_ENDPOINTS_PROXY_OPTIONS_HPP

#include <holdfast/time.hpp>

#include <chrono>
#include <string>

namespace holdfast
{
/// How a proxy is asked for a connection.
struct proxy_options
{
    /// Who we are, for proxies that ask; at most 255 bytes. It is told over what the proxy is
    /// reached by: over plain TCP everybody on the way can read it.
    std::string user{};

    /// The password of the user; at most 255 bytes. It is shown nowhere.
    std::string password{};

    /// Whether the name of the target is looked up here, and the proxy is given an address: of
    /// several, each attempt takes the next one. Otherwise the proxy is given the name, and nobody
    /// here is asked for it.
    bool resolve_here = false;

    /// How long the proxy may take, from the moment it is reached; and before that, the lookup that
    /// is made here. Above zero, at most 9 hours.
    duration timeout = std::chrono::seconds(30);
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CORE_SERVICE_ORDER_HPP
#define HOLDFAST_CORE_SERVICE_ORDER_HPP

#include <holdfast/retry/random.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace holdfast::core
{
/// One server of a service, as the DNS has it (RFC 2782).
struct service_record
{
    std::uint16_t priority = 0; ///< A lower one is tried first.
    std::uint16_t weight = 0;   ///< Its share of those with the same priority.
    std::uint16_t port = 0;
    std::string target{}; ///< The name of the server.

    bool operator==(const service_record&) const = default;
};

/// Puts the records into the order in which RFC 2782 has them tried: by priority, and drawn by
/// weight among equals. One without weight comes first among equals now and then, seldom.
void order_services(std::span<service_record> records, retry::random& random);
}

#endif

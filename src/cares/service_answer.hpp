// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_CARES_SERVICE_ANSWER_HPP
#define HOLDFAST_SRC_CARES_SERVICE_ANSWER_HPP

#include <holdfast/core/service_order.hpp>
#include <holdfast/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace holdfast::detail
{
/// What the DNS says of a service.
struct service_answer
{
    static constexpr std::size_t records_max = 64; ///< What there is beyond that is left out.

    std::vector<core::service_record> records{}; ///< The target `.` is empty.
    duration ttl{};                              ///< The least of all records, at most a day.
};

/// Reads the SRV records of a message of the DNS (RFC 1035, RFC 2782). Nothing if the message is
/// malformed; records whose target cannot be a host name are left out.
///
/// It takes time in proportion to the length of the message.
std::optional<service_answer> parse_service_answer(std::span<const std::uint8_t> message);
}

#endif

// SPDX-License-Identifier: BSL-1.0
// What the DNS says of a service, from any bytes: what is read keeps to its bounds, every target is
// a host name, and a message that is read is not read any more when its end is missing.
#include "check.hpp"

#include "cares/service_answer.hpp"
#include "host_name.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    namespace hf = holdfast;
    const std::span<const std::uint8_t> message(data, size);
    const auto answer = hf::detail::parse_service_answer(message);
    if (!answer)
        return 0;
    fuzz::check(answer->records.size() <= hf::detail::service_answer::records_max, "is bounded");
    fuzz::check(answer->ttl >= hf::duration::zero() && answer->ttl <= std::chrono::hours(24),
                "holds for no more than a day");
    for (const auto& r : answer->records)
        fuzz::check(r.target.empty() || (r.target.size() <= 253 && r.port != 0 &&
                                         hf::detail::to_ascii_name(r.target).problem == nullptr),
                    "names a host");
    if (!answer->records.empty())
        fuzz::check(!hf::detail::parse_service_answer(message.first(12)), "is all that it counts");
    return 0;
}

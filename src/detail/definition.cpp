// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/definition.hpp>

#include <stdexcept>
#include <string>

namespace holdfast::detail
{
namespace
{
void refuse_unless(bool good, const char* field, const char* expected)
{
    if (!good)
        throw std::invalid_argument(std::string("client_options: ") + field + " must be " +
                                    expected);
}
}

void validate(const core::limits& l)
{
    static constexpr duration none{};
    static constexpr duration most = std::chrono::hours(24);
    const auto time_out = [](duration d) { return d > none && d <= most; };
    refuse_unless(time_out(l.attempt_timeout), "attempt_timeout", "more than 0 and at most 24 h");
    refuse_unless(time_out(l.prepare_timeout), "prepare_timeout", "more than 0 and at most 24 h");
    refuse_unless(time_out(l.stop_timeout), "stop_timeout", "more than 0 and at most 24 h");
    refuse_unless(l.stable_after >= none, "stable_after", "0 or more");
    refuse_unless(l.delay_floor >= none && l.delay_floor <= most, "delay_floor", "from 0 to 24 h");
}
}

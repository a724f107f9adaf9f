// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_RETRY_OPTION_HPP
#define HOLDFAST_TOOL_RETRY_OPTION_HPP

#include <holdfast/retry/policy.hpp>

#include <optional>
#include <string_view>

namespace tool
{
/// Makes the policy that `--retry` describes, in one of these forms:
///
///     [backoff,]initial=1s,max=60s,factor=2,jitter=full    (or equal, none, decorrelated)
///     twisted,initial=1s,max=60s,factor=1.5,jitter=1s
///     fixed=2s
///     immediately
///
/// What is not given keeps its default. With `fail_after` it gives up after so many failures in a
/// row.
///
/// @throws usage_error naming the part that makes no sense and what was expected
holdfast::retry::policy parse_retry(std::string_view text, std::optional<unsigned> fail_after);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_DIAGNOSIS_HPP
#define HOLDFAST_TOOL_DIAGNOSIS_HPP

#include <holdfast/endpoint.hpp>
#include <holdfast/failure.hpp>

#include <span>
#include <string>

namespace tool
{
namespace hf = holdfast;

/// What a person is told of an attempt that failed.
struct diagnosis
{
    std::string cause{};  ///< The most probable one, in one sentence without a full stop.
    std::string advice{}; ///< What to try; the same.
};

/// Makes the most of what is known. `steps` are those of the attempt that failed, as they began.
diagnosis diagnose(const hf::failure& why, std::span<const hf::dial_step> steps);

/// The same of a handshake that failed, or of a connection that was lost just after one.
diagnosis diagnose_tls(const hf::failure& why, std::span<const hf::dial_step> steps);

/// What is said beyond the code, or else what the code says.
std::string words_of(const hf::failure& why);

/// The value of the first fact of this name in the last step of that phase; empty if there is none.
std::string fact_of(std::span<const hf::dial_step> steps, hf::phase p, std::string_view name);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_RUNNER_IDENTITY_HPP
#define HOLDFAST_SRC_RUNNER_IDENTITY_HPP

#include <holdfast/runner.hpp>

#include <optional>
#include <string>

#include <sys/types.h>

namespace holdfast::detail
{
/// Who the process is to go on as.
struct identity
{
    struct account
    {
        std::string name{};
        std::string home{};
        uid_t user = 0;
        gid_t group = 0;
    };

    std::optional<account> become{}; ///< None: whoever it is.
    std::optional<gid_t> group{};    ///< Instead of the account's, or of that which it has.
    bool stays_root = false;         ///< By intention.
};

/// What the options ask for. Throws `std::runtime_error` with one line if there is no such user or
/// group, if it may not be changed, or if the process would go on as root and nobody said so.
identity identity_of(const runner_options& options);

/// Becomes that, for good: groups, user, capabilities, and no new ones by any program. Throws
/// `std::runtime_error` with one line if it could not, or if there were a way back.
void assume(const identity& i);
}

#endif

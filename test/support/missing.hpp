// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_MISSING_HPP
#define HOLDFAST_TEST_SUPPORT_MISSING_HPP

#include <cstdlib>
#include <string_view>

namespace support
{
/// Whether a test that lacks something fails instead of being skipped: with CI=true.
inline bool nothing_may_be_missing()
{
    const char* const ci = std::getenv("CI");
    return ci != nullptr && std::string_view(ci) == "true";
}
}

/// For GoogleTest: skips this test unless `present`; where nothing may be missing it fails.
#define SKIP_UNLESS(present, missing)                                                              \
    if (present)                                                                                   \
    {                                                                                              \
    }                                                                                              \
    else if (support::nothing_may_be_missing())                                                    \
        FAIL() << "MISSING: " << (missing) << ", and CI=true";                                     \
    else                                                                                           \
        GTEST_SKIP() << "MISSING: " << (missing)

#endif

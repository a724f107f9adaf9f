// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_UBSAN_HPP
#define HOLDFAST_TEST_SUPPORT_UBSAN_HPP

// HOLDFAST_TEST_WITH_UBSAN: UBSan looks at objects through a pipe, and takes those for broken that
// it has no descriptor for. Tests that run out of descriptors are left to the other builds.
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define HOLDFAST_TEST_WITH_UBSAN
#endif
#endif

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_CERTIFICATES_HPP
#define HOLDFAST_TEST_SUPPORT_CERTIFICATES_HPP

#include <string>

namespace support
{
/// The path of a file that `make_certificates` makes, such as `root.pem`. They are made by the
/// first test that asks, and anew when they are a day old. Throws `std::runtime_error`.
std::string certificate(const std::string& file);

/// All that a file holds.
std::string text_of(const std::string& path);
}

#endif

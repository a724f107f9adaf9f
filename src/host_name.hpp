// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_HOST_NAME_HPP
#define HOLDFAST_SRC_HOST_NAME_HPP

#include <string>
#include <string_view>

namespace holdfast::detail
{
/// A host name as it is looked up, or what is wrong with it.
struct ascii_name
{
    std::string text; ///< Internationalised labels as `xn--`.
    const char* problem =
        nullptr; ///< Null if the name can be one; otherwise the end of a sentence.
};

/// Gives the form in which a host name (not an address) is looked up.
ascii_name to_ascii_name(std::string_view host);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_ACCESS_HPP
#define HOLDFAST_TOOL_PAGE_ACCESS_HPP

#include <string>
#include <string_view>

namespace tool
{
/// Who may see the status page.
class access
{
public:
    static constexpr std::size_t token_min = 16;

    /// `local`: only who is on this machine can come. An empty token asks for none. Throws
    /// `std::invalid_argument`, without the token, if it could be guessed or cannot be sent.
    access(std::string token, bool local);

    /// Whether the field `Authorization` has the token: as `Bearer TOKEN`, or as `Basic` with the
    /// token as the password, which is how browsers ask for it. Takes as long whether much of it is
    /// right or little.
    bool admits(std::string_view authorization) const;

    /// Whether the field `Host` names this machine, where only that can be right. A page of
    /// somebody else whose name was made to lead to 127.0.0.1 is given away by it.
    bool knows_host(std::string_view host) const;

private:
    std::string token_;
    bool local_;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SAVING_JSON_HPP
#define HOLDFAST_SAVING_JSON_HPP

#include <holdfast/saving/record.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace holdfast
{
/// Something cannot be saved, or what was saved cannot be loaded. `what()` is one line that begins
/// with the member, such as `services[2].retry.factor: ...`, and holds no secret.
class saving_error : public std::invalid_argument
{
public:
    saving_error(std::string member, const std::string& problem);

    /// Which member is to blame; empty if it is the whole.
    const std::string& member() const noexcept { return member_; }

private:
    std::string member_;
};

/// The version of the format that is written; newer ones are refused.
inline constexpr int saved_version = 1;

/// Longer texts are refused.
inline constexpr std::size_t saved_length_max = 16 * 1024 * 1024;

/// Writes it down as JSON, so that the text read again gives an equal value.
///
/// @throws saving_error if a member makes no sense, or a secret stands in an endpoint's description
std::string to_json(const tree_record& tree);
std::string to_json(const client_record& client);

/// Reads what `to_json` has written. Members that are left out have their default.
///
/// It takes time and memory in proportion to the length of the text.
///
/// @throws saving_error naming the member that is missing, unknown or makes no sense
tree_record tree_from_json(std::string_view text);
client_record client_from_json(std::string_view text);
}

#endif

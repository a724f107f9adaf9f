// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_DESCRIPTION_HPP
#define HOLDFAST_ENDPOINTS_DESCRIPTION_HPP

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast
{
/// An endpoint described as text, taken apart: `prefix:argument:argument:key=value`.
///
/// It says nothing yet of what the prefix means or which arguments it takes: that is for whoever is
/// registered for it.
struct description
{
    /// Longer texts are refused.
    static constexpr std::size_t length_max = 65'536;

    /// One argument, without its escapes.
    struct argument
    {
        std::string value{};

        /// Where the value begins in the text, from 1; 0 if it came from no text. Not compared.
        std::size_t column = 0;

        /// Where each byte of the value stands, if it was put together from several parts of the
        /// text, as that of `endpoint` is from those of `via`; else empty. Not compared.
        std::vector<std::size_t> columns{};

        bool operator==(const argument& other) const { return value == other.value; }
    };

    struct keyword_argument
    {
        std::string key{};
        argument value{};

        /// Where the key begins in the text, as above. Not compared.
        std::size_t column = 0;

        bool operator==(const keyword_argument& other) const
        {
            return key == other.key && value == other.value;
        }
    };

    std::string prefix{}; ///< In small letters.
    std::vector<argument> positional{};
    std::vector<keyword_argument> keywords{}; ///< In their order; no key twice.
    std::string text{}; ///< What it was parsed from, for messages. Not compared.

    /// Where the prefix begins in the text, from 1. Not compared.
    std::size_t column = 1;

    bool operator==(const description& other) const
    {
        return prefix == other.prefix && positional == other.positional &&
               keywords == other.keywords;
    }
};

/// A description was refused. `what()` is one line that says where, what was found there and what
/// was expected. It shows the text without its passwords.
class description_error : public std::invalid_argument
{
public:
    /// `column` counts bytes from 1; 0 if no place in the text is to blame.
    description_error(std::string_view text, std::size_t column, const std::string& problem);

    std::size_t column() const noexcept { return column_; }

    /// What was found and expected, without the text and the place.
    const std::string& problem() const noexcept { return problem_; }

private:
    std::size_t column_;
    std::string problem_;
};

/// Takes a description apart. Two forms give the same value.
///
/// - `prefix:argument:key=value`, as Twisted has it: arguments in any order, the prefix in any
/// case;
///   a backslash takes the next character literally; only the first `=` of an argument splits it.
///   An IPv6 address may stand in brackets, which are taken off: `tcp:[::1]:80`.
/// - `prefix://`: a URL. `tcp://host:port?key=value` has the host and the port as positional
///   arguments, `unix:///path?key=value` the path; a user and password become the keywords `user`
///   and `password`. With `via=` it becomes the description of an endpoint by way of proxies:
///   `tls://host:443?via=socks5://proxy:1080` is `tls:host:443:endpoint=...`. Of several, the first
///   is the nearest to us.
///
/// The whole grammar is in doc/descriptions.md.
///
/// It takes time in proportion to the length of the text.
///
/// @throws description_error
description parse_description(std::string_view text);

/// The canonical text, of which `parse_description` gives `d` back. It holds passwords, if `d`
/// does.
std::string to_string(const description& d);

/// Makes any text safe as one argument of a description, also as a positional one.
std::string quote(std::string_view text);

/// A description for messages and logs: the password of a URL, and all that follows the first
/// `password=`, as `***`. It may hide too much, since it also serves texts that were mistyped.
std::string without_secrets(std::string_view text);
}

#endif

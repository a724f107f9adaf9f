// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_ERROR_HPP
#define HOLDFAST_TOOL_ERROR_HPP

#include <holdfast/error.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tool
{
namespace hf = holdfast;
using hf::error_code;

/// What the program ends with.
enum class exit_code
{
    ended = 0,       ///< As it was asked to.
    failed = 1,      ///< Something went wrong that trying again does not mend.
    usage = 2,       ///< The command line or a description made no sense; nothing was dialled.
    gave_up = 3,     ///< After so many failures in a row as `--fail-after` says.
    unreachable = 4, ///< There is no daemon that could be asked.
};

/// The command line makes no sense. `what()` is one line.
struct usage_error : std::invalid_argument
{
    using std::invalid_argument::invalid_argument;
};

/// `text` fit for one line of a message: control characters as `\x0a`, cut short with `...` after
/// `length_max` bytes.
std::string one_line(std::string_view text, std::size_t length_max);

/// Some 60 bytes of it between quotation marks: what was found where something else was expected.
std::string quoted(std::string_view text);

/// Why the program itself ended a connection.
enum class errc
{
    idle = 1,           ///< Nothing came or went for `--idle-timeout`.
    too_old,            ///< It reached `--max-age`.
    asked_to_reconnect, ///< SIGUSR2.
    not_expected,       ///< What `--expect` waits for is not in the first 64 KiB.
};

error_code make_error_code(errc e) noexcept;
}

template <>
struct boost::system::is_error_code_enum<tool::errc> : std::true_type
{
};

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_ARGUMENT_READER_HPP
#define HOLDFAST_ENDPOINTS_ARGUMENT_READER_HPP

#include <holdfast/endpoints/description.hpp>
#include <holdfast/time.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast
{
/// Reads the arguments of a description for one kind of endpoint, and refuses what does not fit.
///
/// A name that may stand by its position may be given by its key too; positional arguments then
/// fill the names that are left, in order. All that throws throws `description_error`.
///
///     const hf::argument_reader arguments(d, {"host", "port"}, {"timeout"});
///     const auto host = arguments.text("host");
///     const auto port = arguments.port("port");
///     const auto timeout = arguments.length_of_time("timeout").value_or(30s);
///
/// @par Lifetime
/// The description and the names outlive it.
class argument_reader
{
public:
    using names = std::initializer_list<std::string_view>;

    /// Refuses keys of other names and arguments beyond those that have a position.
    argument_reader(const description& d, names positional, names keywords);

    /// The argument of that name; null if it is not given.
    const description::argument* find(std::string_view name) const noexcept;

    /// A text that must be given, is not empty and holds no zero byte.
    const std::string& text(std::string_view name) const;

    /// A port that must be given: from 1 to 65535.
    std::uint16_t port(std::string_view name) const;

    /// A length of time above zero.
    std::optional<duration> length_of_time(std::string_view name) const;

    /// Yes or no, as `1` or `0`, `true` or `false`.
    std::optional<bool> flag(std::string_view name) const;

    /// Which of `choices` is given, counted from 0.
    std::optional<std::size_t> choice(std::string_view name, names choices) const;

    /// Refuses the argument of that name; `expected` goes after `port "http" is not `.
    [[noreturn]] void refuse(std::string_view name, std::string_view expected) const;

    /// Refuses the argument of that name, whether it is given or not, for a reason of its own.
    [[noreturn]] void refuse_because(std::string_view name, const std::string& reason) const;

private:
    struct named_argument
    {
        std::string_view name;
        const description::argument* argument = nullptr;
    };

    const description::argument& required(std::string_view name) const;
    void assign_keywords();
    void assign_positional();
    [[noreturn]] void refuse_at(std::size_t column, const std::string& problem) const;
    std::string usage() const;

    const description& description_;
    std::size_t positional_count_;
    std::vector<named_argument> arguments_; // those with a position first
};
}

#endif

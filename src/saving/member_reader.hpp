// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_SAVING_MEMBER_READER_HPP
#define HOLDFAST_SRC_SAVING_MEMBER_READER_HPP

#include <holdfast/time.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::detail
{
/// Reads the members of one object, and refuses with their paths what makes no sense.
///
/// @par Lifetime
/// The value, and the names that it is asked for, outlive it.
class member_reader
{
public:
    /// `path` is that of the value itself; empty for the whole. Refuses what is no object.
    member_reader(const boost::json::value& v, std::string path);

    /// A text that may be left out, of at most `length_max` bytes.
    void read(std::string_view name, std::string& to, std::size_t length_max);
    void read(std::string_view name, bool& to);

    /// A length of time, such as `1.5s`.
    void read(std::string_view name, duration& to);

    /// The same, or `never`.
    void read_or_never(std::string_view name, std::optional<duration>& to);

    /// The same; if it is left out, there is none.
    void read(std::string_view name, std::optional<duration>& to);

    /// A number, also as text.
    void read(std::string_view name, double& to);

    /// A whole number from 1.
    void read(std::string_view name, std::optional<unsigned>& to);

    /// Which of `choices` is given; `none_given` if it is left out.
    std::size_t choice(std::string_view name, std::span<const std::string_view> choices,
                       std::size_t none_given);

    /// A member that is to be read by others; null if it is left out.
    const boost::json::value* find(std::string_view name);

    /// A list of at most `length_max` members; null if it is left out.
    const boost::json::array* find_list(std::string_view name, std::size_t length_max);

    /// To be called at the end: refuses the members that nobody has asked for.
    void refuse_others() const;

    /// The path of a member.
    std::string path_of(std::string_view name) const;
    std::string path_of(std::string_view name, std::size_t index) const;

    [[noreturn]] void refuse(std::string_view name, const std::string& problem) const;

    /// A length of time of that path.
    static duration length_of_time(const boost::json::value& v, const std::string& path);

    /// A text of that path.
    static std::string text(const boost::json::value& v, const std::string& path,
                            std::size_t length_max);

private:
    const boost::json::object& members_;
    std::string path_;
    std::vector<std::string_view> asked_;
};
}

#endif

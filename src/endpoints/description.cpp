// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/description.hpp>

#include "../quoted.hpp"
#include "description_parts.hpp"

#include <unordered_set>

namespace holdfast
{
namespace
{
constexpr bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

constexpr bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The length of `[...]` at the begin of `rest`, if an IPv6 address and nothing else can be meant:
/// it holds at least two colons and what addresses and zones are made of, and it ends the argument.
std::size_t bracketed_length(std::string_view rest)
{
    if (!rest.starts_with('['))
        return 0;
    std::size_t at = 1;
    int colons = 0;
    for (; at < rest.size() && (is_hex_digit(rest[at]) || rest[at] == ':' || rest[at] == '.'); ++at)
        colons += rest[at] == ':' ? 1 : 0;
    if (at < rest.size() && rest[at] == '%')
        at = rest.find_first_of("[]:=\\", at); // past the zone
    if (colons < 2 || at >= rest.size() || rest[at] != ']')
        return 0;
    ++at;
    return at == rest.size() || rest[at] == ':' ? at : 0;
}

/// Walks through the text of the colon form once.
class scanner
{
public:
    explicit scanner(std::string_view text) : text_(text) {}

    /// The text from here to the next character of `ends` that has no backslash, which is left.
    description::argument take_until(std::string_view ends)
    {
        description::argument taken{{}, column()};
        if (const auto length = bracketed_length(text_.substr(at_)); length != 0)
        {
            taken.value = text_.substr(at_ + 1, length - 2);
            ++taken.column;
            at_ += length;
            return taken;
        }
        for (; at_ < text_.size() && ends.find(text_[at_]) == ends.npos; ++at_)
        {
            if (text_[at_] == '\\')
                ++at_;
            if (at_ == text_.size())
                throw description_error(text_, at_,
                                        "a backslash at the end has nothing to take literally; "
                                        "write \\\\ for a backslash itself");
            taken.value += text_[at_];
        }
        return taken;
    }

    bool take(char c)
    {
        const bool there = at_ < text_.size() && text_[at_] == c;
        at_ += there ? 1 : 0;
        return there;
    }

    std::size_t column() const { return at_ + 1; }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

void refuse_bad_prefix(std::string_view text, const std::string& prefix)
{
    const auto say = [&](const std::string& what)
    {
        throw description_error(
            text, 1,
            what + "; a description begins with a kind of endpoint such as tcp: or "
                   "unix:");
    };
    if (prefix.empty())
        say(text.empty() ? "the description is empty" : "nothing stands before the first colon");
    if (!detail::is_prefix(prefix))
        say(detail::shown(prefix) + " is not a kind of endpoint");
}

description parse_colons(std::string_view text)
{
    description d;
    scanner scan(text);
    d.prefix = detail::lower(scan.take_until(":=").value);
    refuse_bad_prefix(text, d.prefix);
    if (const auto column = scan.column(); scan.take('='))
        throw description_error(
            text, column,
            "\"=\" stands in the first part; a description begins with a kind of "
            "endpoint such as tcp: or unix:");
    while (scan.take(':'))
    {
        auto first = scan.take_until(":=");
        if (scan.take('='))
        {
            const auto column = first.column;
            d.keywords.push_back({std::move(first.value), scan.take_until(":"), column});
        }
        else
            d.positional.push_back(std::move(first));
    }
    return d;
}

}

description_error::description_error(std::string_view text, std::size_t column,
                                     const std::string& problem)
    : std::invalid_argument(detail::one_line(without_secrets(text), 120) +
                            (column != 0 ? " (column " + std::to_string(column) + ")" : "") + ": " +
                            problem)
    , column_(column)
    , problem_(problem)
{
}

std::string detail::lower(std::string text)
{
    for (char& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::size_t detail::url_prefix_length(std::string_view text)
{
    std::size_t at = 0;
    while (at < text.size() && (is_letter(text[at]) ||
                                (at > 0 && (is_digit(text[at]) ||
                                            std::string_view("+-.").find(text[at]) != text.npos))))
        ++at;
    return at != 0 && text.substr(at).starts_with("://") ? at : 0;
}

void detail::refuse_bad_keys(std::string_view text, const description& d)
{
    std::unordered_set<std::string_view> seen;
    for (const auto& k : d.keywords)
    {
        if (k.key.empty())
            throw description_error(text, k.column,
                                    "nothing stands before \"=\"; expected key=value, or \\= for a "
                                    "\"=\" that belongs to the text");
        if (!seen.insert(k.key).second)
            throw description_error(text, k.column,
                                    "the key " + detail::shown(k.key) +
                                        " is given twice; give it once");
    }
}

bool detail::is_prefix(std::string_view text)
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789+-._";
    return !text.empty() && is_letter(text[0]) && text.find_first_not_of(allowed) == text.npos;
}

std::size_t detail::column_within(const description& d, const description::argument& argument,
                                  std::size_t column)
{
    if (d.text.empty() || argument.column == 0 || column == 0)
        return argument.column;
    if (const auto& columns = argument.columns; !columns.empty())
        return column <= columns.size() ? columns[column - 1] : columns.back() + 1;
    const bool url = detail::url_prefix_length(d.text) != 0;
    std::size_t at = argument.column - 1;
    const auto escape = [&]() -> std::size_t // before the character that is at `at`
    {
        if (at >= d.text.size() || d.text[at] != (url ? '%' : '\\'))
            return 0;
        return url ? 2 : 1;
    };
    for (std::size_t i = 1; i < column; ++i)
        at += escape() + 1;
    return at + (url ? 0 : escape()) + 1;
}

description parse_description(std::string_view text)
{
    if (text.size() > description::length_max)
        throw description_error(text.substr(0, 200), 0,
                                "the description has " + std::to_string(text.size()) +
                                    " bytes; at most " + std::to_string(description::length_max) +
                                    " are read");
    auto d = detail::url_prefix_length(text) != 0 ? detail::parse_url(text) : parse_colons(text);
    d.text = text;
    detail::refuse_bad_keys(text, d);
    return d;
}

std::string to_string(const description& d)
{
    std::string line = quote(d.prefix);
    for (const auto& a : d.positional)
        line += ':' + quote(a.value);
    for (const auto& k : d.keywords)
        line += ':' + quote(k.key) + '=' + quote(k.value.value);
    return line;
}

std::string quote(std::string_view text)
{
    std::string line;
    // After a prefix two slashes would make a URL; a bracket may begin an address, which the
    // arguments after it would complete.
    if (text.starts_with("//") || text.starts_with('['))
        line += '\\';
    for (const char c : text)
    {
        if (c == '\\' || c == ':' || c == '=')
            line += '\\';
        line += c;
    }
    return line;
}
}

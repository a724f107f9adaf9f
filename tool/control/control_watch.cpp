// SPDX-License-Identifier: BSL-1.0
#include "control_watch.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

namespace tool
{
namespace
{
/// Whether a line about one would be the line about the other.
bool says_the_same(const told_service& a, const told_service& b)
{
    return a.state == b.state && a.attempt == b.attempt && a.failures == b.failures &&
           a.connections == b.connections;
}

/// By their names, for as long as the list stays as it is.
std::map<std::string_view, const told_service*> by_name(const std::vector<told_service>& list)
{
    std::map<std::string_view, const told_service*> places;
    for (const auto& s : list)
        places.emplace(s.name, &s);
    return places;
}
}

std::string watched::take(const told& news, const told_moment& at)
{
    const auto before = list_;
    apply(news, list_);
    if (!name_.empty())
        std::erase_if(list_, [this](const auto& s) { return s.name != name_; });
    const auto known = by_name(before);
    const auto there = by_name(list_);
    std::string lines;
    for (const auto& s : list_)
        if (const auto as = known.find(s.name); as == known.end() || !says_the_same(s, *as->second))
            lines += change_of(s, at);
    for (const auto& s : before)
        if (!there.contains(s.name))
            lines += fmt::format("{} {}: removed\n", clock_time_of(at.now, at), shown(s.name));
    return lines;
}

std::string watched::screenful(const told_moment& at, const show_options& o) const
{
    std::string text;
    if (name_.empty())
        text = table_of(list_, at, o);
    else if (list_.empty())
        text = shown(name_) + ": removed\n";
    else
        text = text_of(list_.front(), at, o);
    std::string screen = "\x1b[H"; // to the upper left; what stood there is written over
    for (const char c : text)
        screen += c == '\n' ? "\x1b[K\n" : std::string(1, c);
    return screen + "\x1b[J";
}
}

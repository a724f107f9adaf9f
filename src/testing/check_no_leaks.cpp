// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/check_no_leaks.hpp>

#include <holdfast/clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>
#include <holdfast/testing/scripted_resolver.hpp>

#include <cstddef>
#include <filesystem>
#include <system_error>

namespace holdfast::testing
{
namespace
{
namespace fs = std::filesystem;

std::map<int, std::string> open_descriptors()
{
    std::vector<fs::path> entries;
    std::error_code ec;
    for (fs::directory_iterator entry("/proc/self/fd", ec), end; !ec && entry != end;
         entry.increment(ec))
        entries.push_back(entry->path());

    std::map<int, std::string> open;
    for (const auto& entry : entries)
    {
        const auto what = fs::read_symlink(entry, ec);
        if (!ec) // else it was the one by which the folder was read
            open.emplace(std::stoi(entry.filename().string()), what.string());
    }
    return open;
}

void tell(std::vector<std::string>& left, std::size_t count, const char* one, const char* many)
{
    if (count == 1)
        left.push_back(one);
    else if (count != 0)
        left.push_back(std::to_string(count) + many);
}
}

check_no_leaks::check_no_leaks() : descriptors_(open_descriptors()) {}

check_no_leaks& check_no_leaks::watch(const clock& c)
{
    watched_.push_back(
        [&c, before = c.armed()](std::vector<std::string>& left)
        {
            const auto armed = c.armed();
            tell(left, armed > before ? armed - before : 0, "1 timer is armed",
                 " timers are armed");
        });
    return *this;
}

check_no_leaks& check_no_leaks::watch(const scripted_endpoint& e)
{
    watched_.push_back(
        [e](std::vector<std::string>& left)
        {
            tell(left, e.pending_dials(), "1 dial goes on", " dials go on");
            tell(left, e.open_streams(), "1 stream is open", " streams are open");
        });
    return *this;
}

check_no_leaks& check_no_leaks::watch(const scripted_resolver& r)
{
    watched_.push_back([&r](std::vector<std::string>& left)
                       { tell(left, r.pending_lookups(), "1 lookup goes on", " lookups go on"); });
    return *this;
}

std::vector<std::string> check_no_leaks::left() const
{
    std::vector<std::string> left;
    for (const auto& [number, what] : open_descriptors())
    {
        const auto before = descriptors_.find(number);
        if (before == descriptors_.end() || before->second != what)
            left.push_back("descriptor " + std::to_string(number) + " is open: " + what);
    }
    for (const auto& ask : watched_)
        ask(left);
    return left;
}
}

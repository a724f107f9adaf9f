// SPDX-License-Identifier: BSL-1.0
#include <holdfast/failure.hpp>

#include <boost/system/system_error.hpp>

#include <cstdio>
#include <system_error>

namespace holdfast
{
namespace
{
/// A duration as people say it: `0.2 ms`, `30.0 s`.
std::string say(duration d)
{
    const double seconds = std::chrono::duration<double>(d).count();
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, seconds < 1 ? "%.1f ms" : "%.1f s",
                  seconds < 1 ? seconds * 1000 : seconds);
    return buffer;
}

/// What an exception tells beside its code, which is told already: nothing, mostly.
std::string beside(std::string_view what, std::string_view told)
{
    if (!what.ends_with(told))
        return std::string(what);
    what.remove_suffix(told.size());
    return std::string(what.ends_with(": ") ? what.substr(0, what.size() - 2) : what);
}

std::string say(const std::exception_ptr& exception)
{
    try
    {
        std::rethrow_exception(exception);
    }
    catch (const boost::system::system_error& e)
    {
        return beside(e.what(), e.code().what());
    }
    catch (const std::system_error& e)
    {
        return beside(e.what(), e.code().message());
    }
    catch (const std::exception& e)
    {
        return e.what();
    }
    catch (...)
    {
        return "something that is not a std::exception";
    }
}
}

std::string_view to_string(phase p) noexcept
{
    switch (p)
    {
    case phase::lookup:
        return "lookup";
    case phase::connect:
        return "connect";
    case phase::proxy:
        return "proxy";
    case phase::tls:
        return "tls";
    case phase::factory:
        return "factory";
    case phase::prepare:
        return "prepare";
    case phase::session:
        return "session";
    }
    return "unknown phase";
}

std::string to_string(const failure& f)
{
    std::string line;
    if (f.endpoint)
        line += *f.endpoint + ": ";
    if (f.phase == phase::session)
        line += "connection lost after " + say(f.took) + ": ";
    else
        line += "attempt " + std::to_string(f.attempt) + " failed in " +
                std::string(to_string(f.phase)) + " after " + say(f.took) + ": ";
    line += f.code ? f.code.message() : "closed in good order";
    if (f.detail)
        line += ": " + *f.detail;
    if (const auto more = f.exception ? say(f.exception) : std::string(); !more.empty())
        line += " (" + more + ")";
    const char* separator = " [";
    for (const auto& a : f.addresses)
    {
        line += separator + a.address + ": " + a.code.message() + " after " + say(a.took);
        separator = "; ";
    }
    if (!f.addresses.empty())
        line += "]";
    if (f.unacknowledged != 0)
        line += ", " + std::to_string(f.unacknowledged) + " bytes not acknowledged";
    return line;
}
}

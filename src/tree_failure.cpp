// SPDX-License-Identifier: BSL-1.0
#include <holdfast/tree_failure.hpp>

#include "quoted.hpp"

#include <utility>

namespace holdfast
{
namespace
{
constexpr std::size_t reason_length_max = 400;

const char* what_happened(service_step s) noexcept
{
    switch (s)
    {
    case service_step::start:
        return " could not be started";
    case service_step::stop:
        return " did not stop in good order";
    case service_step::stop_in_time:
        return " did not stop in time";
    case service_step::becoming_ready:
        return " is not ready";
    }
    return " failed";
}

std::string reason(const service_failure& f)
{
    if (f.cause != nullptr)
        return to_string(*f.cause);
    if (f.exception == nullptr)
        return f.code.message();
    try
    {
        std::rethrow_exception(f.exception);
    }
    catch (const std::exception& e)
    {
        return e.what();
    }
    catch (...)
    {
        return f.code.message();
    }
}
}

std::string to_string(const service_failure& f)
{
    auto line = f.path.empty() ? std::string("the service") : detail::one_line(f.path, 200);
    line += what_happened(f.step);
    if (f.step != service_step::stop_in_time)
        line += ": " + detail::one_line(reason(f), reason_length_max);
    return line;
}

std::string to_string(const tree_failure& f)
{
    std::string line;
    for (const auto& one : f.services)
    {
        if (!line.empty())
            line += "; ";
        line += to_string(one);
    }
    return line;
}

tree_error::tree_error(tree_failure why) : std::runtime_error(to_string(why)), why_(std::move(why))
{
}
}

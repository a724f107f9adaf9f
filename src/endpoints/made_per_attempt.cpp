// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/made_per_attempt.hpp>

#include "../quoted.hpp"

#include <system_error>

namespace holdfast::detail
{
namespace
{
constexpr std::size_t text_max = 200;
}

std::shared_ptr<const std::string> being_made()
{
    static const auto text = std::make_shared<const std::string>("the endpoint is not made yet");
    return text;
}

std::shared_ptr<const std::string> why_not_made(const std::exception_ptr& thrown)
{
    std::string text = "the endpoint could not be made";
    try
    {
        if (thrown)
            std::rethrow_exception(thrown);
    }
    catch (const boost::system::system_error&) // whose code says it
    {
    }
    catch (const std::system_error&) // the same
    {
    }
    catch (const std::exception& e)
    {
        text += ": " + one_line(e.what(), text_max);
    }
    catch (...) // there is nothing to be told
    {
    }
    return std::make_shared<const std::string>(std::move(text));
}

void tell_made(dial_trace& trace, const std::string& name, time_point began, time_point ended,
               error_code ec, const std::string& made)
{
    dial_step step{.phase = phase::connect,
                   .what = "make " + one_line(name, text_max),
                   .began = began,
                   .ended = ended,
                   .code = ec,
                   .detail = ec ? made : std::string()};
    if (!ec)
        step.facts.emplace_back("endpoint", made);
    trace.step(std::move(step));
}
}

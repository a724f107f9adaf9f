// SPDX-License-Identifier: BSL-1.0
// A configuration: refused with one line that has its place, or accepted in a form that makes
// sense.
#include "tool/run/config.hpp"
#include "fuzz/check.hpp"
#include "tool/retry_option.hpp"
#include "tool/run/listen_address.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try
    {
        const auto c = tool::parse_config(text, "f");
        fuzz::check(!c.services.empty(), "there is a service", text);
        std::set<std::string> names;
        for (const auto& s : c.services)
        {
            fuzz::check(names.insert(s.name).second, "no name stands twice", text);
            fuzz::check(!s.endpoint.empty(), "each has an endpoint", text);
            static_cast<void>(tool::parse_retry(s.retry, s.fail_after));
            if (const auto* const f = std::get_if<tool::forward_job>(&s.job))
                static_cast<void>(tool::listen_address(f->listen));
        }
        fuzz::check(tool::parse_config(text, "g").services == c.services,
                    "the same text means the same", text);
    }
    catch (const tool::config_error& e)
    {
        fuzz::check_message(e.what());
        fuzz::check(std::string_view(e.what()).starts_with("f:"), "a message has the place", text);
    }
    return 0;
}

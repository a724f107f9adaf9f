// SPDX-License-Identifier: BSL-1.0
// The control socket: what a client asks of a daemon, and what a daemon tells a client.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"
#include "fuzz/json.hpp"
#include "tool/control/control_answer.hpp"
#include "tool/control/control_show.hpp"
#include "tool/control/control_told.hpp"
#include "tool/control/control_watch.hpp"
#include "unit/tool/control_services.hpp"

#include <boost/json/parse.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace
{
/// Every line has an answer: one of JSON, that says whether it was done, and nothing is done where
/// it says that it was not.
void request(std::string_view line)
{
    support::services_in_memory services;
    services.add("feed");
    services.add("a.b-c_1");
    const auto said = answer(services, line);
    fuzz::check(fuzz::is_one_line(said.line) && fuzz::is_utf8(said.line), "an answer is a line",
                said.line);
    boost::json::error_code ec;
    const auto value = boost::json::parse(said.line, ec);
    fuzz::check(!ec && value.is_object() && value.get_object().contains("ok"),
                "an answer is JSON that says whether it was done", said.line);
    const bool done = value.get_object().at("ok") == boost::json::value(true);
    fuzz::check(done || said.line.size() < 6000, "a refusal is short", said.line);
    fuzz::check(done || (!said.watches && services.commands.empty()),
                "nothing is done where it was refused", said.line);
    const auto told = tool::told_in(said.line, services.now());
    fuzz::check(told.error.empty() == done, "a client sees whether it was done", said.line);
}

/// Whatever a daemon says, no control character reaches the terminal but those of our own.
void shown(std::string_view line, bool is_news)
{
    const tool::told_moment at{holdfast::time_point(std::chrono::hours(1)), {}};
    tool::told t;
    try
    {
        t = tool::told_in(line, at.now);
    }
    catch (const std::runtime_error& e)
    {
        return fuzz::check_message(e.what());
    }
    const tool::show_options narrow{.width = 80, .height = 24};
    tool::watched w("");
    std::string text = w.take(t, at);
    if (is_news)
        text += w.take(t, at);
    text += table_of(t.all, at, narrow) + history_of(t, at, narrow);
    for (const auto& s : t.all)
        text += text_of(s, at, narrow) + change_of(s, at);
    for (const char c : text)
        fuzz::check(c == '\n' || fuzz::is_one_line({&c, 1}), "nothing shown moves the cursor",
                    text);
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    const auto kind = input.byte() % 4;
    if (kind < 2)
        request(input.rest());
    else
        shown(input.rest(), kind == 3);
    return 0;
}

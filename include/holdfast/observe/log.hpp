// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_OBSERVE_LOG_HPP
#define HOLDFAST_OBSERVE_LOG_HPP

#include <holdfast/observe/event.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace holdfast
{
enum class log_format : unsigned char
{
    text, ///< For people.
    json, ///< One object per line.
};

/// How `log_lines` writes.
struct log_options
{
    log_format format = log_format::text;

    /// Whether every event gets its line, also the begin of each attempt, and nothing is left out.
    bool everything = false;

    /// Tells the time of day that lines begin with. Null: the system's clock.
    std::function<std::chrono::system_clock::time_point()> time_of_day = {};
};

/// An observer that turns events into lines for a log: one for each change, with the reason, the
/// count and the time of the next attempt.
///
/// However long an outage is, and however fast its attempts follow one another, it fills no disk:
/// the first five lines of trouble are written, then one whenever as much time has gone by as
/// since the trouble began, at least 10 s and at most an hour; that is no more than 40 in a day.
/// Each says how many failures were passed over, and why the last one failed. A new connection is
/// always told if the last line was of trouble, and trouble has passed when one has lasted for a
/// minute.
///
/// A line has no control characters and at most some 1000 bytes. It ends without a newline.
///
/// @par Thread safety
/// Copies share their state, and are for the observer of one service.
///
/// @par Example
/// @code
/// options.observe = hf::log_lines([](std::string_view line) { std::clog << line << '\n'; });
/// @endcode
class log_lines
{
public:
    using sink = std::function<void(std::string_view line)>;

    explicit log_lines(sink s, log_options options = {});

    void operator()(const event& e) const;

private:
    struct state;
    std::shared_ptr<state> state_;
};
}

#endif

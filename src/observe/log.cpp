// SPDX-License-Identifier: BSL-1.0
#include <holdfast/observe/log.hpp>

#include "line_format.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace holdfast
{
using namespace std::chrono_literals;

namespace
{
/// Says which lines of trouble are written.
class thinning
{
public:
    bool admit(time_point now)
    {
        if (written_ == 0)
            since_ = now;
        else if (written_ >= unthinned &&
                 now - last_ < std::clamp<duration>(last_ - since_, 10s, 1h))
            return false;
        ++written_;
        last_ = now;
        return true;
    }

    void trouble_passed() { written_ = 0; }

private:
    static constexpr unsigned unthinned = 5;

    time_point since_{}; // of the first line
    time_point last_{};
    unsigned written_ = 0;
};
}

struct log_lines::state
{
    void tell(const event& e);
    void trouble(const event& e);
    void write(const event& e);

    sink to;
    log_options options;
    thinning thin;
    time_point connected_at{};
    std::uint32_t passed_over = 0;
    bool ended_untold = false;   // what failed or was lost; the next event mostly tells it
    bool told_connected = false; // by the last line that told how it stands
    event ended{};               // its texts are those below
    std::string name;
    std::string endpoint;
};

log_lines::log_lines(sink s, log_options options) : state_(std::make_shared<state>())
{
    state_->to = std::move(s);
    state_->options = std::move(options);
}

void log_lines::operator()(const event& e) const
{
    if (state_->options.everything)
        state_->write(e);
    else
        state_->tell(e);
}

void log_lines::state::tell(const event& e)
{
    switch (e.kind)
    {
    case event_kind::dialling:
    case event_kind::preparing:
        return;
    case event_kind::connected:
        connected_at = e.at;
        if (!std::exchange(told_connected, true))
            write(e);
        return;
    case event_kind::lost:
        if (e.at - connected_at >= 1min)
            thin.trouble_passed();
        [[fallthrough]];
    case event_kind::failed: // what follows has the same reason, and more to tell
        name = e.name;
        endpoint = e.endpoint;
        ended = e;
        ended.name = name;
        ended.endpoint = endpoint;
        ended_untold = true;
        return;
    case event_kind::waiting:
        ended_untold = false;
        return trouble(e);
    case event_kind::policy_failed:
        return trouble(e);
    case event_kind::parked:
        ended_untold = false;
        return write(e);
    case event_kind::already_started:
    case event_kind::forced:
    case event_kind::stopping:
    case event_kind::stopped:
        if (std::exchange(ended_untold, false))
            write(ended);
        if (e.kind == event_kind::stopping) // how it ended is told soon
            return;
        if (e.kind == event_kind::stopped)
        {
            thin.trouble_passed();
            told_connected = false;
        }
        return write(e);
    }
}

void log_lines::state::trouble(const event& e)
{
    if (thin.admit(e.at))
    {
        told_connected = false;
        write(e);
    }
    else
        ++passed_over;
}

void log_lines::state::write(const event& e)
{
    const detail::line_context context{
        .now = options.time_of_day ? options.time_of_day() : std::chrono::system_clock::now(),
        .passed_over = std::exchange(passed_over, 0)};
    to(options.format == log_format::json ? detail::json_line(e, context)
                                          : detail::text_line(e, context));
}
}

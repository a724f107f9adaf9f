// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/action.hpp>

namespace holdfast
{
std::string_view to_string(event_kind k) noexcept
{
    switch (k)
    {
    case event_kind::already_started:
        return "already_started";
    case event_kind::dialling:
        return "dialling";
    case event_kind::preparing:
        return "preparing";
    case event_kind::connected:
        return "connected";
    case event_kind::failed:
        return "failed";
    case event_kind::lost:
        return "lost";
    case event_kind::waiting:
        return "waiting";
    case event_kind::parked:
        return "parked";
    case event_kind::forced:
        return "forced";
    case event_kind::policy_failed:
        return "policy_failed";
    case event_kind::stopping:
        return "stopping";
    case event_kind::stopped:
        return "stopped";
    }
    return "unknown event";
}

namespace core
{
namespace
{
struct name_of
{
    std::string operator()(const start_attempt&) const { return "start_attempt"; }
    std::string operator()(const prepare&) const { return "prepare"; }
    std::string operator()(const cancel&) const { return "cancel"; }
    std::string operator()(const close&) const { return "close"; }
    std::string operator()(const abort&) const { return "abort"; }
    std::string operator()(const abandon&) const { return "abandon"; }
    std::string operator()(const choose_delay&) const { return "choose_delay"; }
    std::string operator()(const arm&) const { return "arm"; }
    std::string operator()(const disarm&) const { return "disarm"; }
    std::string operator()(const set_current&) const { return "set_current"; }
    std::string operator()(const clear_current&) const { return "clear_current"; }
    std::string operator()(const serve_waiters&) const { return "serve_waiters"; }
    std::string operator()(const record_failure&) const { return "record_failure"; }
    std::string operator()(const count_failure&) const { return "count_failure"; }

    std::string operator()(const fail_waiters& a) const
    {
        switch (a.why)
        {
        case fail_waiters::reason::stopped:
            return "fail_waiters(stopped)";
        case fail_waiters::reason::gave_up:
            return "fail_waiters(gave_up)";
        case fail_waiters::reason::destroyed:
            return "fail_waiters(destroyed)";
        }
        return "fail_waiters(?)";
    }

    std::string operator()(const finish_stops& a) const
    {
        switch (a.how)
        {
        case finish_stops::result::done:
            return "finish_stops";
        case finish_stops::result::forced:
            return "finish_stops(forced)";
        case finish_stops::result::destroyed:
            return "finish_stops(destroyed)";
        }
        return "finish_stops(?)";
    }

    std::string operator()(const emit& a) const
    {
        return "emit(" + std::string(to_string(a.kind)) + ")";
    }
};
}

std::string to_string(const action& a)
{
    return std::visit(name_of{}, a);
}

std::string to_string(const actions& list)
{
    std::string text;
    for (const auto& a : list)
        text += (text.empty() ? "" : ", ") + to_string(a);
    return text;
}
}
}

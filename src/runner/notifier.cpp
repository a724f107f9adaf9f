// SPDX-License-Identifier: BSL-1.0
#include "notifier.hpp"

#include "../quoted.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <utility>

#include <systemd/sd-daemon.h>

namespace holdfast::detail
{
namespace
{
constexpr std::size_t status_length_max = 500;

void tell(const char* state)
{
    ::sd_notify(0, state);
}

bool has_socket()
{
    const char* const path = std::getenv("NOTIFY_SOCKET");
    return path != nullptr && *path != '\0';
}

/// The clock by which the manager knows which of two reloads came first.
std::int64_t monotonic_microseconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}
}

notifier::notifier() : wanted_(has_socket())
{
    std::uint64_t limit = 0;
    if (wanted_ && ::sd_watchdog_enabled(0, &limit) > 0)
        alive_interval_ = std::chrono::microseconds(limit / 2);
}

void notifier::alive() const
{
    tell("WATCHDOG=1");
}

void notifier::ready()
{
    ready_ = true;
    tell("READY=1");
}

void notifier::reloading()
{
    // What was never ready is still being started: a reload would be its readiness.
    if (ready_)
        tell(("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds())).c_str());
}

void notifier::reloaded() const
{
    if (ready_)
        tell("READY=1");
}

void notifier::stopping() const
{
    tell("STOPPING=1");
}

void notifier::status(std::string_view text)
{
    // A line end would begin a message of its own, such as READY=1.
    auto line = one_line(text, status_length_max);
    if (!wanted_ || line == status_)
        return;
    status_ = std::move(line);
    tell(("STATUS=" + status_).c_str());
}
}

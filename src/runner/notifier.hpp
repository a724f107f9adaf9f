// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_RUNNER_NOTIFIER_HPP
#define HOLDFAST_SRC_RUNNER_NOTIFIER_HPP

#include <holdfast/time.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::detail
{
/// Tells the service manager how this process is, if it has one that asked (`NOTIFY_SOCKET`).
///
/// What could not be told is not told again: there is nobody else to tell it to.
class notifier
{
public:
    notifier();

    /// Whether there is somebody to tell.
    bool wanted() const noexcept { return wanted_; }

    /// How often `alive` is to be called, if at all: half of the time after which the manager
    /// thinks that this process is stuck.
    std::optional<duration> alive_interval() const noexcept { return alive_interval_; }

    void alive() const;
    void ready();
    void reloading();
    void reloaded() const;
    void stopping() const;

    /// One line for people, told where it is not what was told last.
    void status(std::string_view text);

private:
    bool wanted_;
    std::optional<duration> alive_interval_;
    bool ready_ = false;
    std::string status_;
};
}

#endif

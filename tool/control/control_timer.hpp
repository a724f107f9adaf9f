// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_TIMER_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_TIMER_HPP

#include <holdfast/clock.hpp>

#include <functional>
#include <memory>

namespace tool
{
namespace hf = holdfast;
namespace asio = boost::asio;

/// Calls a function at a time, on one thread: that of its executor.
///
/// It may be destroyed at any time, also from within the function.
class control_timer final : hf::clock::timer
{
public:
    control_timer(hf::clock& clock, asio::any_io_executor executor, std::function<void()> call);
    ~control_timer();

    /// Has the call happen once at `at`, and at no time that was set before.
    void arm(hf::time_point at);
    void disarm();
    bool armed() const { return armed_; }

private:
    void expired() override;
    void fire(std::uint32_t number);

    hf::clock& clock_;
    asio::any_io_executor executor_;
    std::function<void()> call_;
    std::shared_ptr<control_timer*> self_; // what an expiry on its way still finds, or does not
    std::uint32_t number_ = 0;             // of the last arming
    bool armed_ = false;
};
}

#endif

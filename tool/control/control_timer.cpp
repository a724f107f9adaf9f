// SPDX-License-Identifier: BSL-1.0
#include "control_timer.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace tool
{
control_timer::control_timer(hf::clock& clock, asio::any_io_executor executor,
                             std::function<void()> call)
    : clock_(clock)
    , executor_(std::move(executor))
    , call_(std::move(call))
    , self_(std::make_shared<control_timer*>(this))
{
}

control_timer::~control_timer()
{
    disarm();
}

void control_timer::arm(hf::time_point at)
{
    armed_ = true;
    clock_.arm(*this, at, ++number_);
}

void control_timer::disarm()
{
    if (std::exchange(armed_, false))
        clock_.disarm(*this);
}

void control_timer::expired()
{
    asio::post(executor_,
               [self = std::weak_ptr(self_), number = number()]
               {
                   if (const auto there = self.lock())
                       (*there)->fire(number);
               });
}

void control_timer::fire(std::uint32_t number)
{
    if (!armed_ || number != number_)
        return; // it was disarmed, or armed anew, while this was on its way
    armed_ = false;
    const auto call = call_; // which may destroy this
    call();
}
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TESTING_MANUAL_CLOCK_HPP
#define HOLDFAST_TESTING_MANUAL_CLOCK_HPP

#include <holdfast/clock.hpp>

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>

namespace holdfast::testing
{
/// A clock that stands still until it is moved: hours of a client's life pass in no time.
///
/// It never reads a clock of the machine. `armed()` tells how many timers wait.
///
/// @par Thread safety
/// Safe, but that one thread at a time may move it.
///
/// @par Lifetime
/// Declare it before the context, so that it is destroyed after what the context still holds.
///
/// @par Example
/// @code
/// testing::manual_clock clock;
/// asio::io_context context;
/// clock.async_wait_until(context.get_executor(), clock.now() + 60s, [](error_code) { ... });
/// clock.advance(60s, context); // the handler has run
/// @endcode
class manual_clock final : public clock
{
public:
    /// How many handlers may run while time stands still.
    static constexpr std::size_t handlers_max = 100'000;

    /// A clock that says `begin`. By default not zero, so that zero is never right by chance.
    explicit manual_clock(time_point begin = time_point{std::chrono::hours{1}}) noexcept;
    ~manual_clock() override;

    time_point now() const noexcept override;

    /// When the next timer expires; `time_point::max()` if none is armed.
    time_point next() const noexcept;

    /// Moves time on by `d`, stopping at each timer on the way: each expires at its own time, the
    /// earliest first. What an expiry posts is not run, so a timer armed by that is not seen: for
    /// that, give the context.
    void advance(duration d);

    /// Moves time on by `d`, stopping at each timer on the way, and at each stop runs all that is
    /// ready on `context` until nothing is. Timers that are armed on the way count too.
    ///
    /// `advance(0s, context)` lets what is ready happen, and expires timers that are due now.
    /// Throws `std::runtime_error` if more than `handlers_max` handlers run at one time.
    void advance(duration d, asio::io_context& context);

    /// Runs what is ready, moves time to the next timer and runs what is ready then. False, and
    /// time has not moved, if no timer was armed.
    bool advance_to_next(asio::io_context& context);

private:
    void earliest_changed() noexcept override {}
    void move_to(time_point at) noexcept;
    void settle(asio::io_context& context);

    std::atomic<duration::rep> now_;
};
}

#endif

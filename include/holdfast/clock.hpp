// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CLOCK_HPP
#define HOLDFAST_CLOCK_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/error.hpp>
#include <holdfast/time.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

namespace holdfast
{
namespace asio = boost::asio;

/// Tells the time and wakes timers: the one seam between this library and time.
///
/// `default_clock()` gives the one that runs on a context; `testing::manual_clock` is moved by
/// hand. Timers are linked into the clock and allocate nothing, so arming one cannot fail.
///
/// @par Thread safety
/// Safe, distinct or shared.
///
/// @par Lifetime
/// The clock outlives everything that was given it.
class clock
{
public:
    class timer;

    clock() = default;
    clock(const clock&) = delete;
    clock& operator=(const clock&) = delete;
    virtual ~clock();

    /// The time of this clock.
    virtual time_point now() const noexcept = 0;

    /// Has `t` expire once at `at`; a time that has passed means as soon as possible.
    /// A timer that was armed is moved. `number` names this arming, for a timer that is armed
    /// again and again and must know which of them has expired: see `timer::number`.
    void arm(timer& t, time_point at, std::uint32_t number = 0) noexcept;

    /// Takes the timer back. False if it was not armed, or has expired.
    bool disarm(timer& t) noexcept;

    /// How many timers are armed. For tests that check that nothing was left behind.
    std::size_t armed() const noexcept;

    /// Says that somebody uses the clock and will go on arming timers.
    ///
    /// While there is a user the clock of a context leaves its Asio timer pending when the last
    /// timer is disarmed, since the next one is likely at hand: a service that connects and loses
    /// and connects again costs no system call. Each `hold` needs one `release`.
    virtual void hold() noexcept {}

    /// Says that a user has gone.
    virtual void release() noexcept {}

    /// Waits until `at`, on this clock.
    ///
    /// Completes with success, on the handler's associated executor, by default `executor`.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted`.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_wait_until(asio::any_io_executor executor, time_point at,
                                        Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code)>(start_wait{std::move(executor)}, token,
                                                             this, at);
    }

protected:
    /// Lets every timer that is due at `now` expire, earliest first. Returns how many. Takes the
    /// lock.
    std::size_t expire_due(time_point now) noexcept;

    /// When the next timer expires; `time_point::max()` if none is armed. Needs the lock.
    time_point earliest() const noexcept;

    /// Forgets all timers without expiring them: the clock is going away. Takes the lock.
    void drop_all() noexcept;

    mutable std::mutex mutex_;

private:
    struct start_wait
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }
        template <class Handler>
        void operator()(Handler&& done, clock* self, time_point at) const
        {
            const auto home = detail::home_of(done, executor);
            self->start(home, detail::handler_at_home(std::forward<Handler>(done), home), at);
        }
    };

    void start(const asio::any_io_executor& home, asio::any_completion_handler<void(error_code)>,
               time_point at);

    /// The earliest expiry moved forward, or the last timer went. Called with the lock held.
    virtual void earliest_changed() noexcept = 0;

    static timer* meld(timer* a, timer* b) noexcept;
    static timer* meld_siblings(timer* first) noexcept;
    void link(timer& t, time_point at) noexcept;
    void unlink(timer& t) noexcept;

    timer* root_ = nullptr; // a pairing heap
    std::size_t armed_ = 0;
};

/// Something that can expire: derive from it and embed it. It must be disarmed when destroyed.
class clock::timer
{
public:
    timer() = default;
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

protected:
    ~timer() = default;

    /// The number of the arming that has expired. To be asked in `expired`.
    std::uint32_t number() const noexcept { return number_; }

private:
    friend class clock;

    /// The time has come; the timer is no longer armed.
    ///
    /// Called with the clock's lock held, on whichever thread moves the clock: take a reference to
    /// what must stay alive, post, and return. Must not call the clock. If it throws (there was no
    /// memory to post) the timer is armed again, ten milliseconds on.
    virtual void expired() = 0;

    /// The clock went away while this timer was armed: it will not expire. No lock is held.
    virtual void dropped() noexcept {}

    time_point at_{};
    timer* child_ = nullptr;
    timer* next_ = nullptr;  // the next sibling
    timer* previous_ = this; // the previous sibling, the parent of a first child; itself: not armed
    std::uint32_t number_ = 0;
};

/// The clock of a context: monotonic, one Asio timer however many timers are armed.
///
/// `executor` is any executor of that context; the clock lives until the context is destroyed.
clock& default_clock(const asio::any_io_executor& executor);
}

#endif

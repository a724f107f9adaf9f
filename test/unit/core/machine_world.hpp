// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_CORE_MACHINE_WORLD_HPP
#define HOLDFAST_TEST_UNIT_CORE_MACHINE_WORLD_HPP

#include "unit/core/machine_contents.hpp"
#include "unit/core/machine_subject.hpp"

#include <holdfast/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdfast::core
{
template <class T, class... Candidates>
bool one_of(T value, Candidates... candidates)
{
    return ((value == candidates) || ...);
}

/// Everything that can happen to a service: what its users do, what the world does, and what comes
/// late. A report is of the attempt begun last, be it gone already; an old one is of the attempt
/// before. The same holds for firings. Each can happen at any moment, as often as it likes.
enum class happening : unsigned char
{
    start,
    stop, ///< With somebody who waits for its end.
    retry_now,
    reset,
    destroy,
    wait, ///< A new waiter, without a limit.
    wait_1,
    wait_2,
    wait_3,           ///< One that so many failures complete.
    first_wait_ends,  ///< The waiter that came first is cancelled, or out of time.
    second_wait_ends, ///< The same of the second.
    stop_wait_ends,
    time_passes, ///< Until it makes a difference.
    made,
    made_ready, ///< With nothing to prepare.
    prepared,
    down,
    gone,
    timer,
    old_made,
    old_made_ready,
    old_prepared,
    old_down,
    old_gone,
    old_timer,
    delay_chosen,
    no_delay_chosen, ///< A delay of zero.
    gave_up,
};
constexpr std::size_t happening_count = static_cast<std::size_t>(happening::gave_up) + 1;

std::string_view name_of(happening h) noexcept;

/// Whether a user does it; else it comes by itself.
constexpr bool by_a_user(happening h) noexcept
{
    return h <= happening::stop_wait_ends;
}

constexpr bool comes_to_wait(happening h) noexcept
{
    return h >= happening::wait && h <= happening::wait_3;
}

/// The limit of a new waiter: so many failures complete it, none where it is zero.
constexpr std::uint8_t failures_borne(happening h) noexcept
{
    return static_cast<std::uint8_t>(static_cast<unsigned>(h) -
                                     static_cast<unsigned>(happening::wait));
}

/// The answers that waiters get.
extern const error_code cancelled_wait;
extern const error_code last_failure;

/// Those who wait: of those for a connection, the failures that each still bears.
struct callers
{
    static constexpr std::size_t limit = 2;
    static constexpr std::uint8_t nobody = 0xff; // 0: any number

    std::array<std::uint8_t, limit> connects{nobody, nobody}; // in the order in which they came
    std::uint8_t stops = 0;

    std::size_t waiting() const noexcept
    {
        return static_cast<std::size_t>(std::count_if(connects.begin(), connects.end(),
                                                      [](auto left) { return left != nobody; }));
    }
    bool operator==(const callers&) const = default;
};

/// A machine, and what must be true of its service, made up from what was asked for and not from
/// what the machine says of itself.
struct world
{
    client_machine machine;
    const limits* rules;
    time_point now = t0;
    callers waiters;

    // Of the attempt begun last; what was asked of it counts while it lives.
    attempt_id begun = attempt_id::none;
    bool live = false; // neither gone nor abandoned
    bool made = false;
    bool prepare_asked = false;
    bool used = false;
    bool cancelled = false;
    bool closed = false;
    bool aborted = false;
    time_point attempt_deadline{};

    timer_id timer = timer_id::none; // armed last
    bool armed = false;
    time_point due{};

    bool current = false;
    bool policy_asked = false;
    duration delay{};     // the policy's answer, until the next attempt
    bool hurried = false; // a retry was asked for, and has not begun
    bool destroyed = false;

    /// `l` must outlive it.
    explicit world(const limits& l) noexcept : machine(l), rules(&l) {}

    service_state state() const noexcept { return machine.state(); }
    attempt_id attempt() const noexcept { return live ? begun : attempt_id::none; }
};

/// How somebody's wait went in one step.
struct completion
{
    unsigned times = 0;
    error_code why;
    bool operator==(const completion&) const = default;
};

/// What one thing that happened led to.
struct step
{
    const world& before; // must outlive it
    happening what;
    actions todo;
    world after;
    machine_contents was; // the machine before, and after
    machine_contents is;
    std::array<completion, callers::limit> connects{}; // by their place before
    std::array<completion, callers::limit> stops{};

    step(const world& w, happening h);

    bool entered(service_state s) const noexcept { return is.state == s && was.state != s; }
    bool left(service_state s) const noexcept { return was.state == s && is.state != s; }
};

/// Whether it can happen at all: the users' calls end with the service.
bool possible(const world& w, happening h) noexcept;

/// Whether it matters in this state how long the connection has been there, or the failure ago.
bool has_an_age(service_state s) noexcept;

/// What decides how a world goes on: equal ones go on alike. Ids are left out but for which is
/// which, times but for what they are compared with, and counts end at three.
std::uint64_t key_of(const world& w) noexcept;
}

#endif

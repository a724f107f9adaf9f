// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CORE_RACE_HPP
#define HOLDFAST_CORE_RACE_HPP

#include <holdfast/core/fixed_list.hpp>
#include <holdfast/error.hpp>
#include <holdfast/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

namespace holdfast::core
{
/// The family of an address, all that a race asks of it.
enum class ip_family : std::uint8_t
{
    v4,
    v6,
};

/// Decides which address of a name is tried when (RFC 8305), which one wins, and when all have
/// lost.
///
///     idle --start--> racing --connected--> won
///                     racing --the last one failed--> lost
///                     racing --stop--> stopped
///
/// The families take turns, beginning with that of the first address. A new address is tried each
/// `stagger`, or at once when one fails; each has `timeout` to connect. There is one timer: a
/// firing that comes early or late is harmless.
///
/// Pure: performs nothing. The caller carries out the returned actions in order. An address is
/// named by its place in the list that `start` was given.
class race
{
public:
    /// How many addresses are tried at most; what a name has beyond that is left out.
    static constexpr std::size_t address_limit = 64;

    enum class state : std::uint8_t
    {
        idle,    ///< Not begun.
        racing,  ///< At least one address is being tried.
        won,     ///< One has connected.
        lost,    ///< All have failed.
        stopped, ///< The caller has stopped it.
    };

    struct rules
    {
        duration timeout{}; ///< How long one address has.
        duration stagger{}; ///< How long the next one waits.
    };

    /// Begin to connect to this address.
    struct connect
    {
        std::size_t index = 0;
        bool operator==(const connect&) const = default;
    };

    /// This address ran out of time: close its socket.
    struct give_up
    {
        std::size_t index = 0;
        bool operator==(const give_up&) const = default;
    };

    /// This address has failed: note it.
    struct report
    {
        std::size_t index = 0;
        error_code why;
        duration took{};
        bool operator==(const report&) const = default;
    };

    /// Call `timer_fired` at this time, in place of any earlier one.
    struct arm_timer
    {
        time_point at;
        bool operator==(const arm_timer&) const = default;
    };

    /// The race is over: take this one, close every other.
    struct win
    {
        std::size_t index = 0;
        bool operator==(const win&) const = default;
    };

    /// The race is over: every address has failed, the last one with this error.
    struct lose
    {
        error_code why;
        bool operator==(const lose&) const = default;
    };

    using action = std::variant<connect, give_up, report, arm_timer, win, lose>;
    using actions = fixed_list<action, 4>; // no allocation: an input never fails

    explicit race(rules r) noexcept : rules_(r) {}

    actions start(std::span<const ip_family> families, time_point now) noexcept;
    actions connected(std::size_t index, time_point now) noexcept;
    actions failed(std::size_t index, error_code why, time_point now) noexcept;
    actions timer_fired(time_point now) noexcept;

    /// The caller has given up: it closes every socket.
    void stop() noexcept;

    state current() const noexcept { return state_; }

private:
    struct entry
    {
        std::size_t index = 0;
        time_point started{};
        bool trying = false;
    };

    void line_up(std::span<const ip_family> families) noexcept;
    entry* trying(std::size_t index) noexcept;
    entry* longest_trying() noexcept;
    void try_next(actions& out, time_point now) noexcept;
    void arm(actions& out) noexcept;
    void drop(actions& out, entry& e, error_code why, time_point now) noexcept;

    rules rules_;
    state state_ = state::idle;
    std::array<entry, address_limit> entries_{}; // in the order in which they are tried
    std::size_t count_ = 0;
    std::size_t begun_ = 0; // those before it are being tried or have failed
    time_point next_start_{};
    time_point armed_at_ = time_point::max();
};
}

#endif

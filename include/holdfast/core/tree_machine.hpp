// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_CORE_TREE_MACHINE_HPP
#define HOLDFAST_CORE_TREE_MACHINE_HPP

#include <holdfast/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace holdfast::core
{
/// Names one child of a tree for good; a child that was added later has a greater one.
enum class child_id : std::uint32_t
{
    none = 0,
};

/// Decides which child of a tree is started or stopped next, and when it is given up.
///
///     idle --privileged_start--> preparing --all told--> prepared --start--> starting
///     idle --start--> starting --all told--> running
///     starting, preparing --one failed--> failed
///     all of them --stop--> stopping --all ended--> idle
///
/// Children are told to start in the order in which they were added, and to stop in reverse: each
/// when the one before it has stopped, or all at once. Who was told anything is told to stop, and
/// nobody else. A child has so long to stop, and so have all of them; then it is given up.
///
/// Pure: performs nothing. The caller asks `next` until there is nothing to do, does what it says,
/// and has `next` asked again at `deadline()`. A call that comes early or late is harmless.
class tree_machine
{
public:
    enum class state : std::uint8_t
    {
        idle,      ///< No child was told anything.
        preparing, ///< The privileged start goes round.
        prepared,  ///< It has gone round.
        starting,  ///< The start goes round.
        running,   ///< It has gone round.
        failed,    ///< A child could not be started; the stop is to follow.
        stopping,  ///< The children are being stopped.
    };

    struct rules
    {
        std::optional<duration> stop_timeout{}; ///< For all of them together; none: for ever.
        bool all_at_once = false;               ///< Nobody waits for the one before.
    };

    /// What is to be done now.
    struct action
    {
        enum class kind : std::uint8_t
        {
            wait,        ///< Nothing, until there is an input or the deadline has come.
            told,        ///< The round has ended: nothing more.
            tell_before, ///< Give the child the privileged start.
            tell_start,  ///< Start the child.
            tell_stop,   ///< Stop the child.
            give_up,     ///< The child has not stopped in time: note it.
            stopped,     ///< All have stopped.
        };
        kind what = kind::wait;
        child_id child = child_id::none;
        std::uint32_t stop_number = 0; ///< Of `tell_stop`: what `child_stopped` is called with.

        bool operator==(const action&) const = default;
    };

    /// What a child that was added now is to be told at once.
    struct admission
    {
        child_id child = child_id::none;
        bool privileged = false;
        bool start = false;

        bool operator==(const admission&) const = default;
    };

    explicit tree_machine(rules r) noexcept : rules_(r) {}

    // Inputs: what happened.

    /// A child is added that may take so long to stop; none: for ever. Allocates.
    admission add(std::optional<duration> stop_timeout);

    /// A child has left. True if it was told anything, so that it must be stopped.
    bool remove(child_id child) noexcept;

    void privileged_start() noexcept;
    void start() noexcept;
    void child_failed() noexcept;
    void stop(time_point now) noexcept;

    /// False if it was given up, or has left, and this comes late.
    bool child_stopped(child_id child, std::uint32_t stop_number) noexcept;

    // Outputs: what is to be done.

    action next(time_point now) noexcept;

    /// When `next` must be asked again, if nothing happens before.
    time_point deadline() const noexcept;

    state current() const noexcept { return state_; }
    std::size_t size() const noexcept { return children_.size(); }

private:
    enum class standing : std::uint8_t
    {
        untouched,
        privileged, ///< Had the privileged start.
        started,    ///< Had the start.
        stopping,   ///< Was told to stop.
    };

    struct child
    {
        child_id id;
        standing where = standing::untouched;
        bool late = false; // it came while the others were being told: both starts are its due
        std::uint32_t stop_number = 0;
        std::optional<duration> stop_timeout;
        time_point deadline = time_point::max();
    };

    action next_to_prepare() noexcept;
    action next_to_start() noexcept;
    action next_to_stop(time_point now) noexcept;
    action tell_stop(child& c, time_point now) noexcept;

    rules rules_;
    state state_ = state::idle;
    std::uint32_t last_id_ = 0;
    std::uint32_t last_stop_ = 0;
    time_point deadline_ = time_point::max(); // of the stop as a whole
    std::vector<child> children_;             // in the order added, so by their ids
};
}

#endif

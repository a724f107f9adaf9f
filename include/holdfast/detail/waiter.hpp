// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_WAITER_HPP
#define HOLDFAST_DETAIL_WAITER_HPP

#include <holdfast/error.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <atomic>
#include <cstdint>

namespace holdfast::detail
{
class waiter_list;

/// Somebody who waits for a service to connect, or to have stopped: a member of one list until it
/// is completed, cancelled or out of time, whichever comes first.
class waiter : public boost::intrusive_ref_counter<waiter>
{
public:
    waiter() = default;
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    virtual ~waiter() = default;

    /// Posts the completion, which cannot fail. Called once, when it has left its list.
    virtual void complete(error_code ec) noexcept = 0;

    /// Whether it waits: it is in a list.
    bool listed() const noexcept { return list_ != nullptr; }

    /// Failures that it still bears; 0: any number.
    std::uint32_t failures_left = 0;

    /// It was cancelled, perhaps while it was still on its way to the service's strand.
    std::atomic<bool> cancelled = false;

private:
    friend class waiter_list;
    waiter* next_ = nullptr;
    waiter* previous_ = nullptr;
    waiter_list* list_ = nullptr; // null while in no list
};

/// The waiters of one kind, in the order in which they came. The list shares in owning them.
class waiter_list
{
public:
    waiter_list() = default;
    waiter_list(const waiter_list&) = delete;
    waiter_list& operator=(const waiter_list&) = delete;
    ~waiter_list();

    bool empty() const noexcept { return first_ == nullptr; }
    void add(waiter& w) noexcept;

    /// Takes `w` out. False if it was in no list: somebody completes it already.
    static bool remove(waiter& w) noexcept;

    /// Takes over all members of another list, in their order.
    void add_all(waiter_list& from) noexcept;

    /// The one that came first, taken out; null if there is none.
    boost::intrusive_ptr<waiter> take_first() noexcept;

    /// Completes all that are in the list now.
    void complete_all(error_code ec) noexcept;

    /// Counts one failure of each, and completes those that bear no more.
    void count_failure(error_code ec) noexcept;

private:
    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
};

/// The waiters of a service; it exists only while there are any.
struct waiting_room
{
    waiter_list connects;
    waiter_list stops;

    // Those who came while inputs were queued: what was called before comes before them.
    waiter_list late_connects;
    waiter_list late_stops;

    bool empty() const noexcept
    {
        return connects.empty() && stops.empty() && late_connects.empty() && late_stops.empty();
    }
};
}

#endif

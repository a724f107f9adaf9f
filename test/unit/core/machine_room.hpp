// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_CORE_MACHINE_ROOM_HPP
#define HOLDFAST_TEST_UNIT_CORE_MACHINE_ROOM_HPP

#include "unit/core/machine_world.hpp"

#include <holdfast/detail/waiter.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace holdfast::core
{
/// Those who wait, in the driver's own lists, and what the driver does with these: which of them is
/// completed when is decided by the code that a service runs. The same people come again in each
/// step, which spares asking for memory a million times.
class machine_room
{
public:
    machine_room();

    /// Has exactly these wait.
    void fill(const callers& from);

    /// What users do to it before the machine is told, or instead. A newcomer sits there already.
    void hear(happening h, client_machine::wait_answer answer);

    void perform(const serve_waiters&) { lists_.connects.complete_all({}); }
    void perform(const count_failure&) { lists_.connects.count_failure(last_failure); }
    void perform(const fail_waiters& a);
    void perform(const finish_stops& a);
    template <class Other>
    void perform(const Other&)
    {
    }

    /// Who waits still.
    callers rest() const;

    const completion& heard_of_connect(std::size_t i) const { return connects_.at(i)->heard; }
    const completion& heard_of_stop(std::size_t i) const { return stops_.at(i)->heard; }

private:
    struct caller : detail::waiter
    {
        completion heard;

        void complete(error_code ec) noexcept override
        {
            ++heard.times;
            heard.why = ec;
        }
    };
    using seats = std::array<boost::intrusive_ptr<caller>, callers::limit>;

    static void clear(const seats& all);
    static void leave(caller& c, error_code why);
    void receive(client_machine::wait_answer answer);

    detail::waiting_room lists_;
    seats connects_; // each in the place that `callers` has for it
    seats stops_;
};
}

#endif

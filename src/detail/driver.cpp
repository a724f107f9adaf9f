// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/driver.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cassert>
#include <random>
#include <thread>
#include <utility>
#include <variant>

namespace holdfast::detail
{
namespace
{
/// A seed that no two services share, in one process or in many.
std::uint64_t entropy()
{
    static thread_local std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

[[maybe_unused]] std::uint16_t this_thread() noexcept
{
    // An odd number, lest it is mistaken for none.
    return static_cast<std::uint16_t>(std::hash<std::thread::id>{}(std::this_thread::get_id())) |
           1U;
}

std::shared_ptr<const failure> not_begun(const definition_base& shared, std::uint32_t attempt,
                                         std::exception_ptr thrown) noexcept
{
    try
    {
        return std::make_shared<const failure>(failure{.code = code_of(thrown),
                                                       .phase = phase::connect,
                                                       .attempt = attempt,
                                                       .exception = std::move(thrown),
                                                       .endpoint = shared.endpoint});
    }
    catch (...)
    {
        return out_of_memory();
    }
}

/// As std::visit, by a switch instead of a table of functions: what is done is all in one place.
template <class F>
void visit(const core::action& a, const F& f)
{
    boost::mp11::mp_with_index<std::variant_size_v<core::action>>(a.index(), [&](auto i)
                                                                  { f(*std::get_if<i>(&a)); });
}

constexpr unsigned bits_per_input = 4;
constexpr std::uint32_t input_mask = (1U << bits_per_input) - 1;
constexpr unsigned queue_bits = 32;
}

driver::driver(boost::intrusive_ptr<const definition_base> d)
    : definition_(std::move(d))
    , machine_(definition_->limits)
    , random_(entropy())
{
    if (definition_->thread_safe)
    {
        shared_ = std::make_unique<shared_state>(definition_->executor);
        shared_->spare_room = std::make_unique<waiting_room>();
    }
}

driver::~driver()
{
    assert(destroyed_ && "the handle destroys the service first");
}

const asio::any_io_executor& driver::executor() const noexcept
{
    return shared_ != nullptr ? shared_->executor : definition_->executor;
}

// What the handle calls

void driver::call(input i)
{
    use([i](driver& self) { self.feed(i); });
}

void driver::destroy()
{
    if (shared_ == nullptr)
        return end_unless_busy();
    // The end, on its way to the strand. If the context goes first, it is the end all the same.
    struct last_post
    {
        boost::intrusive_ptr<driver> self;

        explicit last_post(driver& d) : self(&d) {}
        last_post(last_post&& other) noexcept = default;
        last_post(const last_post&) = delete;
        last_post& operator=(const last_post&) = delete;
        ~last_post()
        {
            if (self != nullptr)
                self->forsake();
        }

        void operator()() { boost::intrusive_ptr<driver>(std::move(self))->end_unless_busy(); }
    };
    shared_->strand.post(last_post(*this), reserved_allocator<void, last_post_size>(shared_->room));
}

void driver::end_unless_busy() noexcept
{
    const boost::intrusive_ptr<driver> keep(this);
    destroyed_ = true;
    if (!busy_) // else whoever is busy sees it as soon as the user's code returns
        end();
}

/// The context is being destroyed, and with it whatever would have been told anything.
void driver::forsake() noexcept
{
    destroyed_ = true;
    definition_->clock->disarm(*this);
    if (holding_clock_)
        definition_->clock->release();
    holding_clock_ = false;
    room_ = nullptr;
    attempt_ = nullptr; // which holds this
}

service_state driver::state() const noexcept
{
    return shared_ != nullptr ? shared_->state.load() : machine_.state();
}

std::shared_ptr<const failure> driver::last_failure() const
{
    if (shared_ == nullptr)
        return last_failure_;
    const std::lock_guard lock(shared_->mutex);
    return shared_->last_failure;
}

// For operations

bool driver::serves_now() const noexcept
{
    return shared_ == nullptr && queue_ == 0 &&
           machine_.wait() == core::client_machine::wait_answer::serve;
}

void driver::wait(waiter& w)
{
    if (destroyed_ || w.cancelled)
        return w.complete(asio::error::operation_aborted);
    if (queue_ != 0)
        return room().late_connects.add(w);
    answer(w);
}

void driver::answer(waiter& w)
{
    switch (machine_.wait())
    {
    case core::client_machine::wait_answer::keep:
        return room().connects.add(w);
    case core::client_machine::wait_answer::serve:
        return w.complete({});
    case core::client_machine::wait_answer::stopped:
        return w.complete(errc::stopped);
    case core::client_machine::wait_answer::gave_up:
        return w.complete(last_code());
    }
}

void driver::stop(waiter& w)
{
    if (destroyed_ || w.cancelled)
        w.complete(asio::error::operation_aborted);
    else
        (busy_ ? room().late_stops : room().stops).add(w);
    feed(input::stop);
}

/// The queue of inputs is empty: now the late ones can be told where they stand.
void driver::answer_late()
{
    if (room_ == nullptr)
        return;
    waiting_room& r = *room_;
    while (const auto w = r.late_connects.take_first())
        answer(*w);
    r.stops.add_all(r.late_stops); // left only where the queue had no place for their stop
    if (r.empty())
        leave_room();
}

bool driver::queued(input i) const noexcept
{
    for (auto rest = queue_; rest != 0; rest >>= bits_per_input)
        if ((rest & input_mask) == static_cast<std::uint32_t>(i))
            return true;
    return false;
}

void driver::cancel(waiter& w)
{
    w.cancelled = true;
    give_up(w, asio::error::operation_aborted);
}

void driver::give_up(waiter& w, error_code ec)
{
    const boost::intrusive_ptr<waiter> keep(&w);
    if (waiter_list::remove(w))
        w.complete(ec);
}

waiting_room& driver::room()
{
    if (room_ == nullptr)
        room_ =
            shared_ != nullptr ? std::move(shared_->spare_room) : std::make_unique<waiting_room>();
    return *room_;
}

void driver::leave_room() noexcept
{
    if (shared_ != nullptr)
        shared_->spare_room = std::move(room_);
    room_ = nullptr;
}

/// The error of the last failure as a waiter gets it: never success, even where a connection that
/// ended in good order was the last thing that happened.
error_code driver::last_code() const noexcept
{
    const auto code = last_failure_ != nullptr ? last_failure_->code : error_code();
    return code ? code : error_code(asio::error::eof);
}

// Telling the machine

void driver::feed(input i) noexcept
{
    if (destroyed_)
        return;
    if (busy_)
        return enqueue(i);
    const boost::intrusive_ptr<driver> keep(this); // user code may drop the last handle
    busy_ = true;
#ifndef NDEBUG
    busy_on_ = this_thread();
#endif
    process(i);
    while (queue_ != 0 && !destroyed_)
    {
        const auto next = static_cast<input>(queue_ & input_mask);
        queue_ >>= bits_per_input;
        process(next);
    }
    if (destroyed_)
        return end();
    answer_late();
    busy_ = false;
}

/// Puts an input off that came while another is dealt with. There is room for eight, and equal
/// ones in a row are one; should user code manage to fill it within one callback, the last call
/// stands for those that found no place.
void driver::enqueue(input i) noexcept
{
    assert(busy_on_ == this_thread() &&
           "a service is used from several threads: give it a strand, or the option thread_safe");
    const auto code = static_cast<std::uint32_t>(i);
    unsigned place = 0;
    while (place < queue_bits && ((queue_ >> place) & input_mask) != 0)
        place += bits_per_input;
    if (place != 0 && ((queue_ >> (place - bits_per_input)) & input_mask) == code)
        return;
    if (place == queue_bits)
    {
        place -= bits_per_input;
        queue_ &= ~(input_mask << place);
    }
    queue_ |= code << place;
}

void driver::process(input i) noexcept
{
    const auto now = definition_->clock->now();
    switch (i)
    {
    case input::none:
        return;
    case input::start:
        return carry_out(machine_.start(now), nullptr, now);
    case input::stop:
        // A wait ends no sooner than the stop that it asked for.
        if (room_ != nullptr && !queued(input::stop))
            room_->stops.add_all(room_->late_stops);
        return carry_out(machine_.stop(now), nullptr, now);
    case input::retry_now:
        return carry_out(machine_.retry_now(now), nullptr, now);
    case input::reset:
        return carry_out(machine_.reset(now), nullptr, now);
    case input::timer:
        return carry_out(machine_.timer_fired(fired_, now), nullptr, now);
    case input::report:
        return process_reports(now);
    }
}

void driver::process_reports(time_point now) noexcept
{
    const auto a = attempt_;
    // Carrying one out may destroy the service: what is left is then for end() alone.
    const auto reported = [&](report r) { return !destroyed_ && attempt_ == a && a->take(r); };
    if (a == nullptr)
        return;
    if (reported(report::made))
        carry_out(machine_.made(a->id(), a->needs_preparation(), now), nullptr, now);
    if (reported(report::prepared))
        carry_out(machine_.prepared(a->id(), now), nullptr, now);
    if (reported(report::down))
        carry_out(machine_.down(a->id(), now), a->cause(), now);
    if (reported(report::gone))
    {
        attempt_ = nullptr; // what follows may begin the next one
        carry_out(machine_.gone(a->id(), now), a->cause(), now);
    }
}

// Doing what it says

/// Does one action each. Nothing here decides anything.
struct driver::performer
{
    driver& self;
    const std::shared_ptr<const failure>& cause;
    time_point now;
    follow_up& next;

    void operator()(const core::start_attempt& a) const
    {
        try
        {
            self.attempt_ = self.make_attempt(a.id);
            self.attempt_->dial(a.deadline);
        }
        catch (...) // there was no memory for it
        {
            next.not_begun = a.id;
            next.why_not_begun =
                not_begun(*self.definition_, self.machine_.attempts(), std::current_exception());
        }
    }

    // An attempt that could not be made has ended: the orders for it find nothing to do.

    void operator()(const core::prepare&) const { self.attempt_->prepare(); }

    void operator()(const core::cancel&) const
    {
        if (self.attempt_ != nullptr)
            self.attempt_->cancel();
    }

    void operator()(const core::close&) const
    {
        if (self.attempt_ != nullptr)
            self.attempt_->close();
    }

    void operator()(const core::abort&) const
    {
        if (self.attempt_ != nullptr)
            self.attempt_->abort();
    }

    void operator()(const core::abandon&) const
    {
        if (self.attempt_ != nullptr)
            std::exchange(self.attempt_, nullptr)->abandon();
    }

    void operator()(const core::choose_delay&) const
    {
        const retry::context context{.failures = self.machine_.failures(),
                                     .setbacks = self.machine_.setbacks(),
                                     .last = self.last_failure_.get(),
                                     .previous = self.machine_.previous_delay(),
                                     .disconnected = now - self.machine_.disconnected_since(),
                                     .random = self.random_};
        const auto choice =
            retry::choose(self.definition_->retry, context, self.definition_->limits.delay_floor);
        if (choice.thrown)
            self.notify({.kind = event_kind::policy_failed, .at = now, .exception = choice.thrown});
        next.delay = choice.delay;
    }

    void operator()(const core::arm& a) const
    {
        self.definition_->clock->arm(self, a.at, static_cast<std::uint32_t>(a.id));
    }

    void operator()(const core::disarm&) const { self.definition_->clock->disarm(self); }

    void operator()(const core::set_current&) const { self.set_current(); }
    void operator()(const core::clear_current&) const { self.clear_current(); }

    void operator()(const core::record_failure&) const
    {
        self.last_failure_ =
            cause == nullptr && self.attempt_ != nullptr ? self.attempt_->timed_out() : cause;
        if (self.last_failure_ != nullptr)
            self.definition_->failed(*self.last_failure_);
        self.publish();
    }

    void operator()(const core::serve_waiters&) const
    {
        if (self.room_ != nullptr)
            self.room_->connects.complete_all({});
    }

    void operator()(const core::count_failure&) const
    {
        if (self.room_ != nullptr)
            self.room_->connects.count_failure(self.last_code());
    }

    void operator()(const core::fail_waiters& a) const
    {
        if (self.room_ == nullptr)
            return;
        switch (a.why)
        {
        case core::fail_waiters::reason::stopped:
            return self.room_->connects.complete_all(errc::stopped);
        case core::fail_waiters::reason::gave_up:
            return self.room_->connects.complete_all(self.last_code());
        case core::fail_waiters::reason::destroyed:
            return self.room_->connects.complete_all(asio::error::operation_aborted);
        }
    }

    void operator()(const core::finish_stops& a) const
    {
        if (self.room_ == nullptr)
            return;
        switch (a.how)
        {
        case core::finish_stops::result::done:
            return self.room_->stops.complete_all({});
        case core::finish_stops::result::forced:
            return self.room_->stops.complete_all(errc::forced);
        case core::finish_stops::result::destroyed:
            return self.room_->stops.complete_all(asio::error::operation_aborted);
        }
    }

    void operator()(const core::emit& a) const
    {
        if (self.definition_->observe)
            self.notify({.kind = a.kind, .at = now});
    }
};

void driver::carry_out(const core::actions& first,
                       const std::shared_ptr<const failure>& first_cause, time_point now) noexcept
{
    const core::actions* todo = &first;
    const std::shared_ptr<const failure>* cause = &first_cause;
    core::actions more;
    std::shared_ptr<const failure> why;
    for (;;)
    {
        publish();
        hold_clock();
        follow_up next;
        const performer perform{*this, *cause, now, next};
        for (const auto& action : *todo)
        {
            if (destroyed_) // by user code just now: end() does the rest
                return;
            visit(action, perform);
        }
        if (room_ != nullptr && room_->empty())
            leave_room();
        if (destroyed_)
            return;
        if (next.delay)
            more = machine_.delay_chosen(*next.delay, now);
        else if (next.not_begun != core::attempt_id::none)
        {
            why = std::move(next.why_not_begun);
            cause = &why;
            more = machine_.gone(next.not_begun, now);
        }
        else
            return;
        todo = &more;
    }
}

/// The last thing: the service is destroyed, and everybody who waits is told so.
void driver::end() noexcept
{
    const auto now = definition_->clock->now();
    busy_ = true; // for good
    if (room_ != nullptr)
    {
        room_->connects.add_all(room_->late_connects);
        room_->stops.add_all(room_->late_stops);
    }
    follow_up none;
    for (const auto& action : machine_.destroy())
        visit(action, performer{*this, nullptr, now, none});
    room_ = nullptr;
    publish();
    hold_clock();
}

void driver::publish() noexcept
{
    if (shared_ == nullptr)
        return;
    shared_->state = machine_.state();
    const std::lock_guard lock(shared_->mutex);
    shared_->last_failure = last_failure_;
}

/// While it runs it arms timers again and again; see `clock::hold`.
void driver::hold_clock() noexcept
{
    const auto s = machine_.state();
    const bool wanted =
        s != service_state::idle && s != service_state::stopped && s != service_state::parked;
    if (wanted == holding_clock_)
        return;
    holding_clock_ = wanted;
    if (wanted)
        definition_->clock->hold();
    else
        definition_->clock->release();
}

void driver::expired()
{
    asio::post(
        executor(),
        [self = boost::intrusive_ptr<driver>(this), id = static_cast<core::timer_id>(number())]
        {
            self->fired_ = id;
            self->feed(input::timer);
        });
}

void driver::notify(event e) const noexcept
{
    if (destroyed_ || !definition_->observe) // destroyed by the policy just now, say
        return;
    e.state = machine_.state();
    e.name = definition_->name;
    e.endpoint = *definition_->endpoint;
    e.attempt = machine_.attempts();
    e.failures = machine_.failures();
    if (e.kind == event_kind::waiting)
    {
        e.next_attempt = machine_.deadline();
        e.delay = e.next_attempt - machine_.failed_at();
    }
    e.why = last_failure_;
    try
    {
        definition_->observe(e);
    }
    catch (...) // an observer has nobody to complain to
    {
    }
}
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_DRIVER_HPP
#define HOLDFAST_DETAIL_DRIVER_HPP

#include <holdfast/clock.hpp>
#include <holdfast/core/client_machine.hpp>
#include <holdfast/detail/attempt.hpp>
#include <holdfast/detail/definition.hpp>
#include <holdfast/detail/reserved_post.hpp>
#include <holdfast/detail/waiter.hpp>
#include <holdfast/retry/random.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace holdfast::detail
{
/// What a machine can be told by a driver; `none` ends the queue of those that wait.
enum class input : std::uint8_t
{
    none,
    start,
    stop,
    retry_now,
    reset,
    timer,  ///< The timer fired, as `fired_` says.
    report, ///< The attempt has something to tell.
};

/// Drives the machine of one service on Asio: tells it what happened and does what it says, and
/// decides nothing. Here is all that does not depend on the protocol's type.
///
/// It runs to completion: what arrives while actions are carried out (user code may call the
/// service from anywhere, or destroy it) is queued, so that user code sees final states only.
class driver : private clock::timer, public boost::intrusive_ref_counter<driver>
{
public:
    explicit driver(boost::intrusive_ptr<const definition_base> d);
    driver(const driver&) = delete;
    driver& operator=(const driver&) = delete;
    virtual ~driver();

    /// Where everything of this service runs: the definition's executor, or a strand of its own.
    const asio::any_io_executor& executor() const noexcept;
    const definition_base& shared() const noexcept { return *definition_; }
    const core::client_machine& machine() const noexcept { return machine_; }

    // What the handle calls. With `thread_safe` from any thread.

    void call(input i);
    void destroy();
    service_state state() const noexcept;
    std::shared_ptr<const failure> last_failure() const;

    /// Runs `f(*this)` where the service may be used: at once, or, thread-safe, in its strand.
    template <class F>
    void use(F f)
    {
        if (shared_ == nullptr)
            return f(*this);
        asio::dispatch(shared_->executor, [self = boost::intrusive_ptr<driver>(this),
                                           f = std::move(f)]() mutable { f(*self); });
    }

    // For operations, on the executor.

    /// Whether a waiter that came now, on the executor, would be served.
    bool serves_now() const noexcept;

    /// Adds a waiter for the connection, unless the answer is at hand.
    void wait(waiter& w);

    /// Adds a waiter for the end of the stop, then stops.
    void stop(waiter& w);

    /// Completes a waiter with `operation_aborted`, also one that is still to be added.
    void cancel(waiter& w);

    /// Takes a waiter out and completes it; does nothing if it was completed meanwhile.
    void give_up(waiter& w, error_code ec);

    // For the attempt, on the executor.

    void reported() noexcept { feed(input::report); }
    std::uint32_t attempt_number() const noexcept { return machine_.attempts(); }

protected:
    virtual boost::intrusive_ptr<attempt> make_attempt(core::attempt_id id) = 0;
    virtual void set_current() noexcept = 0;
    virtual void clear_current() noexcept = 0;
    attempt* present() const noexcept { return attempt_.get(); }

private:
    /// What one carrying-out leaves to be told to the machine before anything else.
    struct follow_up
    {
        std::optional<std::optional<duration>> delay; // the policy's answer
        core::attempt_id not_begun = core::attempt_id::none;
        std::shared_ptr<const failure> why_not_begun;
    };

    static constexpr std::size_t last_post_size = sizeof(void*) + post_overhead;

    struct shared_state // of a thread-safe service alone
    {
        explicit shared_state(const asio::any_io_executor& below)
            : strand(serial_executor::over(below))
            , executor(strand)
        {
        }

        serial_strand strand;
        asio::any_io_executor executor; // the same
        reserved_memory<last_post_size> room;
        std::unique_ptr<waiting_room> spare_room; // calls that come through the strand cannot throw
        std::atomic<service_state> state{service_state::idle};
        mutable std::mutex mutex;
        std::shared_ptr<const failure> last_failure; // guarded by mutex
    };

    void feed(input i) noexcept;
    void enqueue(input i) noexcept;
    void process(input i) noexcept;
    void process_reports(time_point now) noexcept;
    void carry_out(const core::actions& todo, const std::shared_ptr<const failure>& cause,
                   time_point now) noexcept;
    void publish() noexcept;
    void hold_clock() noexcept;
    void expired() override;

    struct performer;
    void notify(event e) const noexcept;
    void end_unless_busy() noexcept;
    void end() noexcept;
    void forsake() noexcept;

    void answer(waiter& w);
    void answer_late();
    bool queued(input i) const noexcept;

    error_code last_code() const noexcept;
    waiting_room& room();
    void leave_room() noexcept;

    boost::intrusive_ptr<const definition_base> definition_;
    core::client_machine machine_;
    retry::random random_;
    boost::intrusive_ptr<attempt> attempt_;
    std::shared_ptr<const failure> last_failure_;
    std::unique_ptr<waiting_room> room_;
    std::unique_ptr<shared_state> shared_;
    std::uint32_t queue_ = 0; // inputs that wait, four bits each, the next one lowest
    core::timer_id fired_ = core::timer_id::none;
    std::uint16_t busy_on_ = 0; // which thread is busy, in builds that check it
    bool busy_ : 1 = false;
    bool holding_clock_ : 1 = false;
    bool destroyed_ : 1 = false;
};

template <class Protocol>
class protocol_attempt;

/// The driver of a service with this protocol: it keeps the connection.
template <class Protocol>
class typed_driver final : public driver
{
public:
    explicit typed_driver(boost::intrusive_ptr<const definition<Protocol>> d) : driver(std::move(d))
    {
    }

    // A member, so that who keeps the reference sees what is current, and never what is gone.
    const std::shared_ptr<Protocol>& current() const noexcept { return current_; }

private:
    boost::intrusive_ptr<attempt> make_attempt(core::attempt_id id) override
    {
        return static_cast<const definition<Protocol>&>(shared()).make_attempt(*this, id);
    }

    void set_current() noexcept override
    {
        current_ = static_cast<protocol_attempt<Protocol>*>(present())->protocol();
    }

    // Only moved out first: the destructor of a protocol is user code, and may ask for current().
    void clear_current() noexcept override { const auto old = std::move(current_); }

    std::shared_ptr<Protocol> current_;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_SUBJECT_HPP
#define HOLDFAST_TEST_SIMULATION_SUBJECT_HPP

#include "simulation/invariants.hpp"
#include "simulation/model.hpp"

#include <holdfast/observe/event.hpp>
#include <holdfast/retry/context.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace simulation
{
class world;

/// One service under test, whatever its protocol: what users do to it, and what is known of it.
class subject
{
public:
    subject(world& w, int number);
    subject(const subject&) = delete;
    subject& operator=(const subject&) = delete;
    virtual ~subject() = default;

    const model& facts() const noexcept { return model_; }
    simulation::world& all() const noexcept { return world_; }
    bool alive() const noexcept { return !model_.destroyed; }

    // What users do.

    void start();
    void stop();
    void retry_now();
    void reset();
    void destroy();
    void async_stop();
    void async_wait();
    void cancel_some();
    virtual void move() = 0;
    virtual void keep_current() = 0;

    /// The two operations as a coroutine awaits them; what they give is dropped.
    virtual asio::awaitable<void> await_stop() = 0;
    virtual asio::awaitable<void> await_connection() = 0;

    virtual service_state state() const = 0;
    virtual std::shared_ptr<void> current() const = 0;

    // What user code of this service says of itself.

    /// It is being called: `what` is a literal, `protocol` the number of the protocol it is, or 0.
    void called(std::string_view what, invariants::origin o, int protocol = 0);

    /// The same for what must hold nothing but may call back: a destructor, a handler.
    void may_reenter();

    int protocol_made() noexcept { return ++model_.protocols; }
    void run_begins(int protocol) { model_.runs.push_back(protocol); }
    void run_ends(int protocol);
    void factory_starts();
    void factory_stops();

    void observed(const hf::event& e);
    std::optional<hf::duration> delay(const hf::retry::context& c);

    // What the world tells between handlers.

    void handled();
    void at_rest();
    void ended();

    /// Of an operation: its handler was called, or destroyed.
    void completed(call& c, error_code ec, const std::shared_ptr<void>& given);
    void dropped(const call& c);

protected:
    /// What an operation's handler needs to know when it is called, besides its results.
    bool on_strand() const noexcept;

    world& world_;
    model model_;

private:
    virtual void call_start() = 0;
    virtual void call_stop() = 0;
    virtual void call_retry_now() = 0;
    virtual void call_reset() = 0;
    virtual void call_destroy() = 0;
    virtual void begin_stop(const std::shared_ptr<call>& c) = 0;
    virtual void begin_wait(const std::shared_ptr<call>& c) = 0;

    std::shared_ptr<call> new_call(call::operation what);
    void take_in(const hf::event& e);

    bool factory_started_ = false;
    bool gone_ = false;       // destroyed, and has been at rest since
    bool failed_now_ = false; // since it was last at rest: so a count is told anew
    bool pushed_now_ = false;
    bool forgot_now_ = false; // likewise: so a count may still be forgotten
    std::size_t starts_at_rest_ = 0;
    int last_call_ = 0;
};

/// A service of one of the kinds there are, chosen at random.
std::unique_ptr<subject> make_subject(world& w, int number);
}

#endif

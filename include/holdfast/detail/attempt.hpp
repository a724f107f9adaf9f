// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_ATTEMPT_HPP
#define HOLDFAST_DETAIL_ATTEMPT_HPP

#include <holdfast/core/ids.hpp>
#include <holdfast/detail/code_of.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/failure.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace holdfast::detail
{
class driver;
struct definition_base;

/// What an attempt has told the driver and the machine has not been told yet.
enum class report : std::uint8_t
{
    made = 1,
    prepared = 2,
    down = 4,
    gone = 8,
};

/// One attempt, and the connection that came of it: owns everything from the lookup to the end of
/// the protocol's run. Here is all that does not depend on the types of endpoint and protocol.
///
/// It decides nothing: it does what the machine orders and reports what happens. Whatever user code
/// does in between (stop or destroy the service, say), the reports come in order, each once.
class attempt : public boost::intrusive_ref_counter<attempt>
{
public:
    attempt(driver& owner, core::attempt_id id);
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;
    virtual ~attempt();

    core::attempt_id id() const noexcept { return id_; }
    const asio::any_io_executor& executor() const noexcept;
    asio::cancellation_slot slot() noexcept { return signal_.slot(); }

    // The machine's orders. None throws; what goes wrong is reported.

    void dial(time_point deadline) noexcept;
    void prepare() noexcept;
    void cancel() noexcept;
    void close() noexcept;
    void abort() noexcept;

    /// The driver lets go: nothing is reported any more, and all is closed as soon as it can be.
    void abandon() noexcept;

    // What there is to tell.

    /// True once for each thing reported.
    bool take(report r) noexcept;
    virtual bool needs_preparation() const noexcept = 0;

    /// Why it is down; what the present phase is called when it has run out of time.
    std::shared_ptr<const failure> cause() const noexcept { return cause_; }
    std::shared_ptr<const failure> timed_out() const noexcept;

protected:
    virtual void do_dial(const dial_context& context) = 0;
    virtual void do_prepare() = 0;
    virtual void do_close() noexcept = 0;
    virtual void do_abort() noexcept {} // for what can do more than have its socket closed

    /// The attempt is at its end; called once, though not for one that is abandoned before it is
    /// made.
    virtual void ended() noexcept {}

    // What the parts of the attempt tell of themselves.

    /// False when the stream that was made must be dropped: the attempt was cancelled meanwhile.
    bool dial_ended(error_code ec) noexcept;
    /// The first sign of the end of the run, for what can tell before it is over.
    void run_fails(error_code ec, std::exception_ptr thrown) noexcept
    {
        fail(ec, std::move(thrown));
    }
    void not_made(error_code ec, std::exception_ptr thrown) noexcept;
    void run_begins() noexcept { running_ = holding_ = true; }
    void made() noexcept;
    void run_ended(error_code ec, std::exception_ptr thrown, bool ends_preparation) noexcept;
    void prepare_ended(std::exception_ptr thrown) noexcept;
    bool abandoned() const noexcept { return abandoned_; }
    void connection_begun() noexcept { begun_ = true; }
    bool take_begun() noexcept { return std::exchange(begun_, false); }
    const definition_base& shared() const noexcept;

    stream_link link_;

private:
    void fail(error_code ec, std::exception_ptr thrown) noexcept;
    void tell(report r) noexcept;
    void settle() noexcept;
    bool wait_for_end_of_link() noexcept;
    std::shared_ptr<const failure> make_failure(error_code ec,
                                                std::exception_ptr thrown) const noexcept;

    boost::intrusive_ptr<driver> driver_; // which holds this until it is gone or abandoned
    asio::cancellation_signal signal_;    // of the dial, then of the preparation
    std::shared_ptr<const failure> cause_;
    dial_report report_; // written by the dial, and its phase by this once it has dialled
    time_point since_;   // its begin; once prepared, the moment it was
    core::attempt_id id_;
    std::uint32_t number_;
    std::uint8_t reports_ = 0;
    bool abandoned_ = false;
    bool cancelled_ = false;
    bool dialling_ = false;
    bool running_ = false;
    bool preparing_ = false;
    bool holding_ = false; // what the run tells waits until it has been told that it was made
    bool begun_ = false;   // the factory was told of it; here, since the derived has no room for it
};

/// What is told where there is no memory to tell more.
std::shared_ptr<const failure> out_of_memory() noexcept;
}

#endif

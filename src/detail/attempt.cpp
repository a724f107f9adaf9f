// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/attempt.hpp>

#include <holdfast/detail/driver.hpp>
#include <holdfast/detail/timed_out.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>

namespace holdfast::detail
{
namespace
{
/// What is told of an attempt that nobody listens to any more.
std::shared_ptr<const failure> let_go() noexcept
{
    static const failure f{.code = asio::error::operation_aborted};
    return {std::shared_ptr<const failure>{}, &f};
}
}

std::shared_ptr<const failure> out_of_memory() noexcept
{
    static const failure f{
        .code = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory)};
    return {std::shared_ptr<const failure>{}, &f};
}

attempt::attempt(driver& owner, core::attempt_id id)
    : driver_(&owner)
    , since_(owner.shared().clock->now())
    , id_(id)
    , number_(owner.attempt_number())
{
}

attempt::~attempt() = default;

const asio::any_io_executor& attempt::executor() const noexcept
{
    return driver_->executor();
}

const definition_base& attempt::shared() const noexcept
{
    return driver_->shared();
}

void attempt::dial(time_point deadline) noexcept
{
    dialling_ = true;
    try
    {
        do_dial({.executor = executor(),
                 .clock = shared().clock,
                 .resolver = shared().resolver,
                 .deadline = deadline,
                 .attempt = number_,
                 .report = &report_});
    }
    catch (...) // an endpoint that throws has not begun
    {
        dialling_ = false;
        fail({}, std::current_exception());
        settle();
    }
}

void attempt::prepare() noexcept
{
    if (!running_) // it ended meanwhile, and says so
        return;
    preparing_ = true;
    report_.phase = phase::prepare;
    try
    {
        do_prepare();
    }
    catch (...)
    {
        prepare_ended(std::current_exception());
    }
}

void attempt::cancel() noexcept
{
    cancelled_ = true;
    try
    {
        signal_.emit(asio::cancellation_type::all);
    }
    catch (...) // somebody's operation needs memory to end: it is cut off when its time is over
    {
    }
}

void attempt::close() noexcept
{
    if (running_)
        do_close();
}

void attempt::abort() noexcept
{
    cancel();
    if (running_)
        do_abort();
    link_.cut_off();
}

void attempt::abandon() noexcept
{
    abandoned_ = true;
    const boost::intrusive_ptr<attempt> keep(this);
    close();
    abort();
}

bool attempt::take(report r) noexcept
{
    const auto bit = static_cast<std::uint8_t>(r);
    const bool there = (reports_ & bit) != 0;
    reports_ = static_cast<std::uint8_t>(reports_ & ~bit);
    return there;
}

std::shared_ptr<const failure> attempt::timed_out() const noexcept
{
    return make_failure(timed_out_in(report_.phase), nullptr);
}

bool attempt::dial_ended(error_code ec) noexcept
{
    signal_.slot().clear(); // nothing is left to cancel
    dialling_ = false;
    // A cancellation outranks what the dial brought: success may have overtaken it.
    if (cancelled_)
        ec = asio::error::operation_aborted;
    if (ec)
        fail(ec, nullptr);
    report_ = {.phase = phase::factory, .addresses = {}, .detail = {}};
    if (!ec)
        return true;
    link_.close(); // before anybody is told, and dials anew
    settle();
    return false;
}

void attempt::not_made(error_code ec, std::exception_ptr thrown) noexcept
{
    running_ = false;
    holding_ = false;
    fail(ec, std::move(thrown));
    link_.close();
    settle();
}

void attempt::made() noexcept
{
    holding_ = false;
    if (!needs_preparation())
        report_.phase = phase::session;
    if (abandoned()) // the factory destroyed the service
    {
        close();
        link_.close();
        return;
    }
    reports_ |= static_cast<std::uint8_t>(report::made);
    driver_->reported();
}

void attempt::run_ended(error_code ec, std::exception_ptr thrown, bool ends_preparation) noexcept
{
    running_ = false;
    if (ends_preparation)
        preparing_ = false;
    fail(ec, std::move(thrown));
    link_.close(); // wherever the stream is now, its socket is closed before the next attempt
    settle();
}

void attempt::prepare_ended(std::exception_ptr thrown) noexcept
{
    signal_.slot().clear();
    preparing_ = false;
    if (thrown)
        fail({}, std::move(thrown));
    if (cause_ != nullptr)
        return settle();
    report_.phase = phase::session;
    since_ = shared().clock->now();
    tell(report::prepared);
}

/// Keeps the first reason; what follows is its consequence.
void attempt::fail(error_code ec, std::exception_ptr thrown) noexcept
{
    if (cause_ != nullptr)
        return;
    if (!ec && !thrown && report_.phase != phase::session)
        ec = asio::error::eof; // before it was ready even a close in good order is a failure
    cause_ = make_failure(ec, std::move(thrown));
}

/// Tells the end, or the first sign of it.
void attempt::settle() noexcept
{
    if (dialling_ || running_ || preparing_)
        return tell(report::down);
    if (link_.ending() && wait_for_end_of_link())
        return tell(report::down);
    ended();
    tell(report::gone);
}

/// Comes back to `settle` when what is behind the stream has ended. False: there is no memory to.
bool attempt::wait_for_end_of_link() noexcept
{
    try
    {
        link_.when_ended([self = boost::intrusive_ptr<attempt>(this)] { self->settle(); });
        return true;
    }
    catch (...)
    {
        link_.cut_off();
        return false;
    }
}

void attempt::tell(report r) noexcept
{
    if (abandoned_)
        return;
    reports_ |= static_cast<std::uint8_t>(r);
    if (!holding_)
        driver_->reported();
}

std::shared_ptr<const failure> attempt::make_failure(error_code ec,
                                                     std::exception_ptr thrown) const noexcept
{
    if (abandoned_)
        return let_go();
    try
    {
        if (thrown)
            ec = code_of(thrown);
        // A reset has the kernel drop its queue: there is nothing left to ask for.
        const auto unacknowledged =
            ec == asio::error::connection_reset ? 0 : link_.unacknowledged();
        return std::make_shared<const failure>(failure{.code = ec,
                                                       .phase = report_.phase,
                                                       .attempt = number_,
                                                       .took = shared().clock->now() - since_,
                                                       .unacknowledged = unacknowledged,
                                                       .addresses = report_.addresses,
                                                       .exception = std::move(thrown),
                                                       .endpoint = shared().endpoint,
                                                       .detail = report_.detail});
    }
    catch (...)
    {
        return out_of_memory();
    }
}
}

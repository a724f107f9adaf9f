// SPDX-License-Identifier: BSL-1.0
#include <holdfast/service.hpp>

#include <holdfast/detail/code_of.hpp>
#include <holdfast/detail/reserved_post.hpp>

#include "quoted.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace holdfast
{
namespace
{
std::string checked_name(std::string name)
{
    if (name.find('/') != name.npos || name.starts_with('#'))
        throw std::invalid_argument("service: name " + detail::quoted(name) +
                                    " must not hold a / nor begin with #");
    return name;
}

/// What was thrown by a start, as a failure of the service at `path`, or of those below it.
tree_failure failure_of(const std::string& path)
{
    try
    {
        throw;
    }
    catch (const tree_error& e)
    {
        return e.why();
    }
    catch (...)
    {
        const auto thrown = std::current_exception();
        return {{{.path = path,
                  .step = service_step::start,
                  .code = detail::code_of(thrown),
                  .exception = thrown}}};
    }
}
}

/// One who waits for a service: until it is ready, or until it has stopped.
class service::operation final : public detail::waiter
{
public:
    operation(service& s, tree_failure* why, handler done)
        : service_(&s)
        , executor_(asio::prefer(s.executor_, asio::execution::outstanding_work.tracked))
        , why_(why)
        , done_(std::move(done))
    {
        auto slot = asio::get_associated_cancellation_slot(done_);
        if (slot.is_connected())
            slot.assign(
                [this](asio::cancellation_type type)
                {
                    const boost::intrusive_ptr<waiter> keep(this);
                    if (type != asio::cancellation_type::none && detail::waiter_list::remove(*this))
                        post(asio::error::operation_aborted, nullptr);
                });
    }

    /// Called by the service, which is there.
    void complete(error_code ec) noexcept override { post(ec, ec ? service_->telling_ : nullptr); }

private:
    /// In room of its own: on the executors of an `io_context` it cannot fail.
    void post(error_code ec, std::shared_ptr<const tree_failure> story)
    {
        code_ = ec;
        story_ = std::move(story);
        detail::post_reserved(room_, executor_,
                              [self = boost::intrusive_ptr<operation>(this)] { self->finish(); });
    }

    void finish()
    {
        asio::get_associated_cancellation_slot(done_).clear();
        if (story_ != nullptr && why_ != nullptr)
            *why_ = *story_;
        const auto work = std::move(executor_);
        std::move(done_)(code_);
    }

    service* service_;
    executor_type executor_; // the context does not run out of work meanwhile
    tree_failure* why_;
    handler done_;
    error_code code_;
    std::shared_ptr<const tree_failure> story_;
    detail::reserved_memory<sizeof(void*) + detail::post_overhead> room_;
};

service::service(executor_type executor, std::string name)
    : executor_(std::move(executor))
    , name_(checked_name(std::move(name)))
{
}

service::~service()
{
    tell(readies_, asio::error::operation_aborted, nullptr);
    tell(stops_, asio::error::operation_aborted, nullptr);
}

// Name and parent

void service::set_name(std::string name)
{
    if (parent_ != nullptr)
        throw std::logic_error("service: " + detail::quoted(path()) +
                               " has a parent; its name cannot be changed");
    name_ = checked_name(std::move(name));
}

std::string service::path() const
{
    if (parent_ == nullptr)
        return name_;
    const auto own = name_.empty() ? "#" + std::to_string(parent_->position(*this)) : name_;
    return parent_->path() + "/" + own;
}

void service::set_parent(service_collection& parent)
{
    parent.take(shared_from_this());
}

void service::disown_parent()
{
    const auto keep = shared_from_this();
    if (parent_ != nullptr)
        parent_->release(*this);
}

// Those who wait

void service::begin(request r, tree_failure* why, handler done)
{
    const auto keep = shared_from_this();
    const boost::intrusive_ptr<detail::waiter> w(new operation(*this, why, std::move(done)));
    switch (r)
    {
    case request::ready:
        return begin_ready(*w);
    case request::start:
        if (ready_)
            return w->complete({});
        readies_.add(*w); // before it may be told that the start has failed
        try
        {
            const bool ran = running();
            start();
            if (ran && running() && !busy_)
                do_await_ready();
        }
        catch (...) // who waits is told
        {
        }
        return;
    case request::stop:
    case request::disown:
        return begin_stop(*w, r);
    }
}

void service::begin_ready(detail::waiter& w)
{
    switch (state_)
    {
    case lifetime::stopped:
        return w.complete(errc::stopped);
    case lifetime::running:
        if (ready_)
            return w.complete({});
        readies_.add(w);
        if (!busy_)
            do_await_ready();
        return;
    case lifetime::idle:
    case lifetime::prepared:
    case lifetime::failing:
    case lifetime::stopping:
        return readies_.add(w);
    }
}

void service::begin_stop(detail::waiter& w, request r)
{
    stops_.add(w);
    if (r == request::stop)
        stop();
    else
        disown_parent();
    // Whatever was to be stopped has ended already, without telling `w` of an error.
    if (state_ != lifetime::stopping && state_ != lifetime::failing &&
        detail::waiter_list::remove(w))
        w.complete({});
}

void service::tell(detail::waiter_list& whom, error_code ec,
                   std::shared_ptr<const tree_failure> why)
{
    telling_ = std::move(why);
    whom.complete_all(ec);
    telling_ = nullptr;
}

// Start and stop

bool service::running() const noexcept
{
    switch (state_)
    {
    case lifetime::running:
        return true;
    case lifetime::failing:
    case lifetime::stopping:
        return start_after_;
    case lifetime::idle:
    case lifetime::prepared:
    case lifetime::stopped:
        return false;
    }
    return false;
}

void service::privileged_start()
{
    switch (state_)
    {
    case lifetime::idle:
    case lifetime::stopped:
        if (!busy_)
            return prepare_now();
        [[fallthrough]]; // from inside `do_stop`
    case lifetime::failing:
    case lifetime::stopping:
        prepare_after_ = true;
        return;
    case lifetime::prepared: // once is enough
    case lifetime::running:
        return;
    }
}

void service::start()
{
    switch (state_)
    {
    case lifetime::idle:
    case lifetime::prepared:
    case lifetime::stopped:
        if (!busy_)
            return start_now();
        [[fallthrough]]; // from inside the privileged start, or `do_stop`
    case lifetime::failing:
    case lifetime::stopping:
        start_after_ = true;
        return;
    case lifetime::running:
        return;
    }
}

void service::stop()
{
    prepare_after_ = false;
    start_after_ = false;
    switch (state_)
    {
    case lifetime::idle:
    case lifetime::stopped:
        state_ = lifetime::stopped;
        return tell(readies_, errc::stopped, nullptr);
    case lifetime::prepared:
    case lifetime::running:
    {
        const auto keep = shared_from_this();
        state_ = lifetime::stopping;
        ready_ = false;
        tell(readies_, errc::stopped, nullptr);
        if (!busy_) // else when the start has returned
            stop_now();
        return;
    }
    case lifetime::failing: // those who wait are told at its end
    case lifetime::stopping:
        return;
    }
}

void service::prepare_now()
{
    const auto keep = shared_from_this(); // user code may drop the last pointer but this
    state_ = lifetime::prepared;
    busy_ = true;
    try
    {
        do_privileged_start();
    }
    catch (...)
    {
        fail();
        throw;
    }
    busy_ = false;
    if (state_ == lifetime::stopping)
        stop_now();
    else if (std::exchange(start_after_, false))
        start_now();
}

void service::start_now()
{
    const auto keep = shared_from_this();
    state_ = lifetime::running;
    ready_ = false;
    busy_ = true;
    try
    {
        do_start();
    }
    catch (...)
    {
        fail();
        throw;
    }
    busy_ = false;
    after_start();
}

void service::after_start()
{
    if (state_ == lifetime::stopping) // asked to, meanwhile
        return stop_now();
    if (ready_when_started())
        became_ready();
    else if (!ready_)
        do_await_ready();
}

/// A start has thrown: what it had begun is ended, and then who waits is told of it all.
void service::fail()
{
    last_failure_ = std::make_shared<const tree_failure>(failure_of(path()));
    if (state_ != lifetime::stopping)
        start_after_ = false;
    state_ = lifetime::failing;
    ready_ = false;
    busy_ = false;
    stop_now();
}

void service::stop_now() noexcept
{
    busy_ = true;
    try
    {
        do_stop();
    }
    catch (...)
    {
        busy_ = false;
        return stopped({{{.path = path(),
                          .step = service_step::stop,
                          .code = detail::code_of(std::current_exception()),
                          .exception = std::current_exception()}}});
    }
    busy_ = false;
    if (state_ == lifetime::stopped)
        begin_again();
}

void service::stopped(error_code ec)
{
    tree_failure why;
    if (ec)
        why.services.push_back({.path = path(), .step = service_step::stop, .code = ec});
    end(ec, std::move(why));
}

void service::stopped(tree_failure why)
{
    const auto ec = why.services.empty() ? error_code() : why.services.front().code;
    end(ec, std::move(why));
}

void service::end(error_code ec, tree_failure why) noexcept
{
    if (state_ != lifetime::stopping && state_ != lifetime::failing)
        return; // it was told twice
    const auto keep = weak_from_this().lock();
    error_code not_ready = errc::stopped;
    std::shared_ptr<const tree_failure> story;
    if (state_ == lifetime::failing)
    {
        auto all = *last_failure_;
        not_ready = all.services.front().code;
        all.services.insert(all.services.end(), why.services.begin(), why.services.end());
        story = last_failure_ = std::make_shared<const tree_failure>(std::move(all));
    }
    else if (!why.services.empty())
        story = last_failure_ = std::make_shared<const tree_failure>(std::move(why));
    const bool failed = std::exchange(state_, lifetime::stopped) == lifetime::failing;
    tell(stops_, ec, story);
    if (failed || !start_after_)
        tell(readies_, not_ready, failed ? story : nullptr);
    if (!busy_) // else when `do_stop` has returned
        begin_again();
}

/// Does what was asked for while it stopped. What it throws nobody waits for but those in the list,
/// who are told.
void service::begin_again() noexcept
{
    try
    {
        if (std::exchange(prepare_after_, false))
            privileged_start();
        if (std::exchange(start_after_, false))
            start();
    }
    catch (...)
    {
        start_after_ = false;
    }
}

void service::became_ready()
{
    if (state_ != lifetime::running)
        return;
    ready_ = true;
    tell(readies_, {}, nullptr);
}

void service::will_not_be_ready(tree_failure why)
{
    if (state_ != lifetime::running || ready_ || why.services.empty())
        return;
    const auto ec = why.services.front().code;
    last_failure_ = std::make_shared<const tree_failure>(std::move(why));
    tell(readies_, ec, last_failure_);
}
}

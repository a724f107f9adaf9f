// SPDX-License-Identifier: BSL-1.0
#include <holdfast/multi_service.hpp>

#include "quoted.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace holdfast
{
namespace
{
using kind = core::tree_machine::action::kind;

multi_service_options checked(multi_service_options o, const asio::any_io_executor& executor)
{
    const auto refuse = [](const char* field)
    {
        throw std::invalid_argument(std::string("multi_service_options: ") + field +
                                    " must be more than 0");
    };
    if (o.child_stop_timeout && *o.child_stop_timeout <= duration::zero())
        refuse("child_stop_timeout");
    if (o.stop_timeout && *o.stop_timeout <= duration::zero())
        refuse("stop_timeout");
    if (o.clock == nullptr)
        o.clock = &default_clock(executor);
    return o;
}
}

multi_service::multi_service(executor_type executor, multi_service_options options)
    : service_collection(std::move(executor), options.name)
    , options_(checked(std::move(options), get_executor()))
    , machine_({.stop_timeout = options_.stop_timeout,
                .all_at_once = options_.stop == stop_order::all_at_once})
{
}

multi_service::~multi_service()
{
    options_.clock->disarm(timer_);
    for (const auto& e : children_)
        set_parent_of(*e.child, nullptr);
}

// Children

void multi_service::take(std::shared_ptr<service> child)
{
    add_child(child, {});
}

void multi_service::refuse_bad_child(const service& child) const
{
    for (const service* s = this; s != nullptr; s = s->parent())
        if (s == &child)
            throw std::invalid_argument("multi_service: " + detail::quoted(child.path()) +
                                        " cannot be a part of itself");
    if (names_.contains(child.name()))
        throw std::invalid_argument("multi_service: " + detail::quoted(path()) + " has a child " +
                                    detail::quoted(child.name()) + " already");
}

void multi_service::add_child(const std::shared_ptr<service>& child, const child_options& options)
{
    if (child == nullptr)
        throw std::invalid_argument("multi_service: there is no child to add");
    if (options.stop_timeout < duration::zero())
        throw std::invalid_argument("child_options: stop_timeout must not be negative");
    const auto keep = shared_from_this();
    if (child->parent() == this)
        return;
    refuse_bad_child(*child);
    child->disown_parent();
    refuse_bad_child(*child); // user code was called

    children_.reserve(children_.size() + 1);
    const auto name =
        child->name().empty() ? names_.end() : names_.emplace(child->name(), child.get()).first;
    core::tree_machine::admission admitted;
    try
    {
        admitted =
            machine_.add(options.stop_timeout != duration::zero() ? options.stop_timeout
                                                                  : options_.child_stop_timeout);
    }
    catch (...) // there was no memory
    {
        if (name != names_.end())
            names_.erase(name);
        throw;
    }
    children_.push_back({admitted.child, options, child});
    set_parent_of(*child, this);
    greet(child, admitted);
}

/// Tells a new child what the others were told. If it cannot be started it is none any more.
void multi_service::greet(const std::shared_ptr<service>& child,
                          const core::tree_machine::admission& a)
{
    try
    {
        if (a.privileged)
            child->privileged_start();
        if (a.start && child->parent() == this && running())
            child->start();
    }
    catch (...)
    {
        if (child->parent() == this)
            release(*child);
        throw;
    }
    await_ready_again();
}

void multi_service::release(service& child)
{
    const auto keep = shared_from_this();
    const auto keep_child = child.shared_from_this();
    const auto found =
        std::ranges::find(children_, &child, [](const entry& e) { return e.child.get(); });
    const bool told = machine_.remove(found->id);
    children_.erase(found);
    if (!child.name().empty())
        names_.erase(child.name());
    set_parent_of(child, nullptr);
    if (told)
    {
        child.stop();
        if (!has_ended(child))
        {
            leaving_.push_back(keep_child);
            child.async_stop(asio::bind_executor(
                get_executor(),
                [weak = weak_from_this(), &child](error_code)
                {
                    if (const auto self = std::static_pointer_cast<multi_service>(weak.lock()))
                        std::erase_if(self->leaving_,
                                      [&](const auto& c) { return c.get() == &child; });
                }));
        }
    }
    go_on_stopping(); // it may have been the one that was waited for
    await_ready_again();
}

void multi_service::retry_now()
{
    for (const auto& child : children()) // a copy: what is called may add and remove some
        child->retry_now();
}

std::size_t multi_service::position(const service& child) const noexcept
{
    return static_cast<std::size_t>(find_entry(child) - children_.data());
}

std::shared_ptr<service> multi_service::find(std::string_view path) const
{
    const auto slash = path.find('/');
    const auto found = names_.find(path.substr(0, slash));
    if (found == names_.end())
        return nullptr;
    if (slash == path.npos)
        return found->second->shared_from_this();
    const auto* const below = dynamic_cast<const multi_service*>(found->second);
    return below != nullptr ? below->find(path.substr(slash + 1)) : nullptr;
}

service& multi_service::at(std::string_view path) const
{
    const multi_service* tree = this;
    for (auto rest = path;;)
    {
        const auto slash = rest.find('/');
        const auto found = tree->names_.find(rest.substr(0, slash));
        auto* const child = found != tree->names_.end() ? found->second : nullptr;
        if (child != nullptr && slash == rest.npos)
            return *child;
        const auto* const below = dynamic_cast<const multi_service*>(child);
        if (below == nullptr)
            throw std::out_of_range(
                child != nullptr
                    ? "multi_service: " + detail::quoted(child->path()) + " has no children"
                    : "multi_service: " + detail::quoted(tree->path()) + " has no child " +
                          detail::quoted(rest.substr(0, slash)));
        tree = below;
        rest = rest.substr(slash + 1);
    }
}

std::vector<std::shared_ptr<service>> multi_service::children() const
{
    std::vector<std::shared_ptr<service>> all;
    all.reserve(children_.size());
    for (const auto& e : children_)
        all.push_back(e.child);
    return all;
}

const child_options& multi_service::options_of(const service& child) const
{
    const auto* const e = find_entry(child);
    if (e == nullptr)
        throw std::out_of_range("multi_service: " + detail::quoted(child.path()) +
                                " is no child of " + detail::quoted(path()));
    return e->options;
}

multi_service::entry* multi_service::find_entry(core::child_id id) noexcept
{
    const auto found = std::ranges::lower_bound(children_, id, {}, &entry::id);
    return found != children_.end() && found->id == id ? &*found : nullptr;
}

const multi_service::entry* multi_service::find_entry(const service& child) const noexcept
{
    const auto found =
        std::ranges::find(children_, &child, [](const entry& e) { return e.child.get(); });
    return found != children_.end() ? &*found : nullptr;
}

std::shared_ptr<service> find_service(multi_service& top, std::string_view path)
{
    if (path == top.name())
        return top.shared_from_this();
    if (!path.starts_with(top.name()) || path.substr(top.name().size(), 1) != "/")
        return nullptr;
    return top.find(path.substr(top.name().size() + 1));
}

// Starting

void multi_service::do_privileged_start()
{
    machine_.privileged_start();
    go_round();
}

void multi_service::do_start()
{
    ++life_;
    machine_.start();
    go_round();
}

/// Tells all children what they are to be told, until one of them throws, or all are stopped.
void multi_service::go_round()
{
    while (may_go_on())
    {
        const auto todo = machine_.next(options_.clock->now());
        if (todo.what == kind::told || todo.what == kind::wait)
            return;
        const auto child = find_entry(todo.child)->child;
        try
        {
            carry_out(todo);
        }
        catch (...)
        {
            if (child->parent() != this) // it has left; it remembers its failure itself
                continue;
            machine_.child_failed();
            throw tree_error(*child->last_failure()); // what was thrown is in it
        }
    }
}

/// Does one thing. Nothing here decides anything.
void multi_service::carry_out(const core::tree_machine::action& a)
{
    const auto* const found = find_entry(a.child);
    const auto child = found != nullptr ? found->child : nullptr; // it may leave meanwhile
    switch (a.what)
    {
    case kind::tell_before:
        return child->privileged_start();
    case kind::tell_start:
        return child->start();
    case kind::tell_stop:
        return tell_stop(*found, a.stop_number);
    case kind::give_up:
        return note(*child, service_step::stop_in_time,
                    boost::system::errc::make_error_code(boost::system::errc::timed_out));
    case kind::wait:
        if (machine_.deadline() != time_point::max())
            options_.clock->arm(timer_, machine_.deadline());
        return;
    case kind::told:
    case kind::stopped:
        return;
    }
}

// Stopping

void multi_service::do_stop()
{
    failures_.services.clear();
    machine_.stop(options_.clock->now());
    if (machine_.current() == core::tree_machine::state::idle) // no child was told anything
        return stopped();
    go_on_stopping();
}

void multi_service::go_on_stopping()
{
    if (stopping_children_ || machine_.current() != core::tree_machine::state::stopping)
        return;
    const auto keep = shared_from_this(); // user code may drop the last pointer but this
    stopping_children_ = true;
    for (auto what = kind::tell_stop; what != kind::wait && what != kind::stopped;)
    {
        const auto todo = machine_.next(options_.clock->now());
        what = todo.what;
        carry_out(todo);
    }
    stopping_children_ = false;
    if (machine_.current() != core::tree_machine::state::idle)
        return;
    options_.clock->disarm(timer_);
    stopped(std::exchange(failures_, {}));
}

void multi_service::tell_stop(const entry& e, std::uint32_t number)
{
    const auto child = e.child;
    child->async_stop(asio::bind_executor(
        get_executor(),
        [weak = weak_from_this(), id = e.id, number, stopped = child.get()](error_code ec)
        {
            if (const auto self = std::static_pointer_cast<multi_service>(weak.lock()))
                self->child_stopped(id, number, stopped, ec);
        }));
}

void multi_service::child_stopped(core::child_id id, std::uint32_t number, const service* child,
                                  error_code ec)
{
    if (!machine_.child_stopped(id, number))
        return;
    if (ec) // it is there: the machine knows it
        note(*child, service_step::stop, ec);
    go_on_stopping();
}

/// What went wrong in a child, as the child tells it, if that is a tree.
void multi_service::note(const service& child, service_step step, error_code ec)
{
    const auto before = failures_.services.size();
    const auto story = child.last_failure();
    if (step == service_step::stop && story != nullptr)
        std::ranges::copy_if(
            story->services, std::back_inserter(failures_.services),
            [](const service_failure& f) // what was told of its start was told
            { return f.step == service_step::stop || f.step == service_step::stop_in_time; });
    if (failures_.services.size() == before)
        failures_.services.push_back({.path = child.path(), .step = step, .code = ec});
}

void multi_service::stop_timer::expired()
{
    asio::post(tree.get_executor(),
               [weak = tree.weak_from_this()]
               {
                   if (const auto self = std::static_pointer_cast<multi_service>(weak.lock()))
                       self->go_on_stopping();
               });
}

// Readiness

void multi_service::do_await_ready()
{
    if (all_ready())
        return became_ready();
    const auto life = life_;
    for (auto& e : children_)
    {
        if (!e.options.must_be_ready || e.child->ready() || e.watched_in == life)
            continue;
        e.watched_in = life;
        e.child->async_ready(asio::bind_executor(
            get_executor(),
            [weak = weak_from_this(), id = e.id, life](error_code ec)
            {
                if (const auto self = std::static_pointer_cast<multi_service>(weak.lock()))
                    self->watched(id, life, ec);
            }));
    }
}

/// The children have changed: whether it is ready may have, too.
void multi_service::await_ready_again()
{
    if (machine_.current() == core::tree_machine::state::running && may_go_on() && !ready())
        do_await_ready();
}

void multi_service::watched(core::child_id id, std::uint32_t life, error_code ec)
{
    auto* const e = find_entry(id);
    if (e == nullptr || life != life_ || !may_go_on())
        return;
    e->watched_in = 0;
    if (!ec)
    {
        if (all_ready())
            became_ready();
        return;
    }
    const auto story = e->child->last_failure();
    const bool told = story != nullptr && story->services.front().code == ec;
    will_not_be_ready(
        told ? *story
             : tree_failure{
                   {{.path = e->child->path(), .step = service_step::becoming_ready, .code = ec}}});
}

bool multi_service::all_ready() const noexcept
{
    return std::ranges::all_of(children_, [](const entry& e)
                               { return !e.options.must_be_ready || e.child->ready(); });
}
}

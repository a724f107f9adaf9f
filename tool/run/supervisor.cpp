// SPDX-License-Identifier: BSL-1.0
#include "run/supervisor.hpp"

#include <holdfast/observe/log.hpp>

#include <boost/asio/bind_executor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tool
{
namespace
{
/// It cuts off what does not close, and abandons it a second later.
hf::duration stop_timeout_of(const supervised& s)
{
    return s.config().stop_timeout + std::chrono::seconds(2);
}
}

/// What a new configuration changes.
struct supervisor::difference
{
    std::vector<pointer> services{}; // all that there will be
    std::vector<pointer> fresh{};    // those of them that are new, or made anew
    std::vector<pointer> leaving{};  // those that there will be no more, or that were made anew
    std::vector<std::pair<pointer, pointer>> handed_over{}; // from whom to whom
    std::size_t changed = 0;
    daemon_config daemon{};
};

supervisor::supervisor(hf::multi_service& tree, configuration c, loader load,
                       hf::log_lines::sink line, note_sink note)
    : tree_(tree)
    , clock_(hf::default_clock(tree.get_executor()))
    , load_(std::move(load))
    , line_(std::move(line))
    , note_(std::move(note))
    , daemon_(std::move(c.daemon))
{
    services_.reserve(c.services.size());
    for (auto& s : c.services)
    {
        services_.push_back(make(std::move(s)));
        names_.emplace(services_.back()->config().name, services_.back());
    }
}

void supervisor::enter_tree()
{
    for (const auto& s : services_)
        add(s);
}

bool supervisor::adopt(std::string_view name, hf::owned_descriptor& listening)
{
    auto* const s = at(name);
    return s != nullptr && s->adopt(listening);
}

supervisor::~supervisor() = default;

supervisor::pointer supervisor::make(service_config c)
{
    const hf::log_lines log(line_, {.format = daemon_.log, .everything = daemon_.log_everything});
    auto counted = metrics_.for_service(c.name);
    return supervised::make(
        tree_.get_executor(), std::move(c),
        [this, log, counted = std::move(counted)](const hf::event& e, const supervised& whose)
        {
            log(e);
            const auto* const now = at(e.name);
            if (now == nullptr || now == &whose) // else it was replaced, and is about to end
                counted(e);
            changed()(e.name);
        },
        note_);
}

/// A name that was taken away may be there again while the old service is still stopping.
void supervisor::add(const pointer& s)
{
    names_[s->config().name] = s;
    if (s->config().autostart)
        tree_.add(s->service(), {.stop_timeout = stop_timeout_of(*s),
                                 .must_be_ready = s->config().must_be_ready});
}

supervised* supervisor::at(std::string_view name) const
{
    const auto found = names_.find(name);
    return found != names_.end() ? found->second.get() : nullptr;
}

std::vector<service_status> supervisor::all() const
{
    std::vector<service_status> result;
    result.reserve(services_.size());
    for (const auto& s : services_)
        result.push_back(s->status());
    return result;
}

std::optional<service_status> supervisor::find(std::string_view name) const
{
    const auto* const s = at(name);
    return s != nullptr ? std::optional(s->status()) : std::nullopt;
}

std::vector<hf::attempt_record> supervisor::attempts(std::string_view name) const
{
    const auto* const s = at(name);
    return s != nullptr ? s->history().attempts() : std::vector<hf::attempt_record>();
}

std::string supervisor::why(std::string_view name) const
{
    const auto* const s = at(name);
    return s != nullptr ? s->history().why(now()) : std::string();
}

bool supervisor::ready() const
{
    return std::ranges::all_of(
        services_, [](const auto& s)
        { return !s->config().must_be_ready || !s->config().autostart || s->history().ready(); });
}

std::string supervisor::metrics(hf::metrics_format format) const
{
    return metrics_.text(now(), format);
}

std::string supervisor::summary() const
{
    const auto connected =
        std::ranges::count_if(services_, [](const auto& s)
                              { return s->history().state() == hf::service_state::connected; });
    return fmt::format("{} of {} connected", connected, services_.size());
}

bool supervisor::start(std::string_view name)
{
    auto* const s = at(name);
    if (s == nullptr)
        return false;
    if (s->service()->parent() == nullptr)
        tree_.add(s->service(), {.stop_timeout = stop_timeout_of(*s), .must_be_ready = false});
    else
        s->service()->start();
    return true;
}

bool supervisor::stop(std::string_view name)
{
    auto* const s = at(name);
    if (s != nullptr)
        s->service()->stop();
    return s != nullptr;
}

bool supervisor::retry(std::string_view name)
{
    auto* const s = at(name);
    if (s != nullptr)
        s->retry();
    return s != nullptr;
}

bool supervisor::reconnect(std::string_view name)
{
    auto* const s = at(name);
    if (s != nullptr)
        s->reconnect();
    return s != nullptr;
}

reload_result supervisor::reload()
{
    difference d;
    try
    {
        compare(load_(), d);
        open(d);
    }
    catch (const std::exception& e)
    {
        for (const auto& s : d.fresh)
            if (at(s->config().name) == nullptr)
                metrics_.forget(s->config().name);
        note_(fmt::format("the configuration was not changed: {}", e.what()));
        return {.ok = false, .text = fmt::format("{}; nothing was changed", e.what())};
    }
    const auto added = d.fresh.size() - d.changed;
    const auto removed = d.leaving.size() - d.changed;
    auto text = fmt::format("{} added, {} changed, {} removed, {} unchanged", added, d.changed,
                            removed, d.services.size() - d.fresh.size());
    if (d.daemon != daemon_)
        text += "; what changed in [daemon] needs a restart";
    const auto failed = carry_out(d);
    for (const auto& f : failed)
        text += "; " + f;
    note_("the configuration was read again: " + text);
    return {.ok = failed.empty(), .text = std::move(text)};
}

void supervisor::compare(configuration next, difference& d)
{
    d.daemon = std::move(next.daemon);
    d.services.reserve(next.services.size());
    auto gone = names_;
    for (auto& c : next.services)
    {
        const auto old = gone.find(c.name);
        if (old != gone.end() && old->second->config() == c)
        {
            d.services.push_back(old->second);
            gone.erase(old);
            continue;
        }
        if (old != gone.end())
            ++d.changed;
        d.fresh.push_back(make(std::move(c)));
        d.services.push_back(d.fresh.back());
    }
    for (const auto& s : services_)
        if (gone.contains(s->config().name))
            d.leaving.push_back(s);
}

/// Opens what can fail to be opened; what somebody who leaves has open is handed over later.
void supervisor::open(difference& d) const
{
    const auto listens_at = [](const pointer& s)
    {
        const auto* const f = std::get_if<forward_job>(&s->config().job);
        return f != nullptr ? std::string_view(f->listen) : std::string_view();
    };
    std::map<std::string_view, pointer> listeners;
    for (const auto& s : d.leaving)
        if (s->listening())
            listeners.emplace(listens_at(s), s);
    for (const auto& s : d.fresh)
    {
        if (!s->config().autostart)
            continue; // opened when it is started
        const auto old = listeners.find(listens_at(s));
        if (old == listeners.end())
        {
            s->open();
            continue;
        }
        d.handed_over.emplace_back(old->second, s);
        listeners.erase(old); // another one who wants it fails, while nothing has changed
    }
}

/// What could not be started in the end, in a line each.
std::vector<std::string> supervisor::carry_out(difference& d)
{
    std::vector<std::string> failed;
    for (const auto& [from, to] : d.handed_over)
        to->take_over(*from);
    for (const auto& s : d.leaving)
    {
        names_.erase(s->config().name);
        leave(s);
    }
    services_ = std::move(d.services);
    for (const auto& s : d.fresh)
        try
        {
            add(s);
        }
        catch (const std::exception& e)
        {
            failed.push_back(fmt::format("{} was not started: {}", s->config().name, e.what()));
        }
    for (const auto& s : services_)
        if (std::ranges::find(d.fresh, s) == d.fresh.end())
            s->reopen();
    changed()("");
    return failed;
}

void supervisor::leave(const pointer& s)
{
    s->close();
    auto* const key = s->service().get();
    leaving_.emplace(key, s);
    s->service()->async_disown_parent(
        asio::bind_executor(tree_.get_executor(),
                            [this, key](error_code)
                            {
                                const auto node = leaving_.extract(key);
                                if (!node.empty() && at(node.mapped()->config().name) == nullptr)
                                    metrics_.forget(node.mapped()->config().name);
                            }));
}
}

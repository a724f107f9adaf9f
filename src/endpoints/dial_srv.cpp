// SPDX-License-Identifier: BSL-1.0
#include "dial_srv.hpp"

#include <holdfast/core/race.hpp>

#include "../cares/service_query.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <new>
#include <span>
#include <stdexcept>
#include <utility>
#include <variant>

namespace holdfast::detail
{
service_records service_memory::line_up(time_point now)
{
    const std::lock_guard lock(mutex_);
    if (until_ <= now)
        records_.clear();
    core::order_services(records_, random_);
    return records_;
}

service_records service_memory::keep(service_records records, time_point until)
{
    const std::lock_guard lock(mutex_);
    records_ = std::move(records);
    until_ = until;
    core::order_services(records_, random_);
    return records_;
}

service_records service_memory::forget() noexcept
{
    const std::lock_guard lock(mutex_);
    return std::exchange(records_, {});
}

namespace
{
std::string to_text(const core::service_record& r)
{
    return r.target + ':' + std::to_string(r.port);
}

/// Looks the servers up, and has those of each priority race, one priority after the other.
class srv_dial final : public srv_dial_base
{
public:
    srv_dial(handler done, const dial_context& context, std::shared_ptr<const srv::target> target)
        : dial_op(std::move(done), context)
        , target_(std::move(target))
    {
    }

private:
    using stream_type = srv::stream_type;

    struct lane
    {
        asio::cancellation_signal cancel{};
        bool dialling = false;
    };

    struct early_failure
    {
        std::size_t index;
        error_code why;
    };

    const tcp_options& options() const noexcept { return target_->options.tcp; }

    void begin() override
    {
        context_.report->phase = phase::lookup;
        began_ = now();
        records_ = target_->memory.line_up(began_);
        if (!records_.empty())
            return asio::post(context_.executor,
                              [self = shared_from_this(), this]
                              {
                                  if (pending())
                                      next_priority();
                              });
        give_up_at_ = began_ + options().timeout;
        arm(give_up_at_);
        const auto query = std::make_shared<service_query>(
            context_.executor, *context_.clock, target_->dns, target_->ascii_name,
            [self = shared_from_this(), this](error_code ec, service_answer found)
            { looked_up(ec, std::move(found)); });
        query_ = query;
        query->start();
    }

    void looked_up(error_code ec, service_answer found)
    {
        if (!pending())
            return;
        // A target `.` says that there is no such service; beside others it says nothing.
        const bool none = !ec && std::ranges::all_of(found.records, [](const auto& r)
                                                     { return r.target.empty(); });
        if (none)
            ec = errc::no_such_service;
        std::erase_if(found.records, [](const auto& r) { return r.target.empty(); });
        tell_lookup(ec, found);
        if (ec)
            return fail(ec);
        records_ = target_->memory.keep(std::move(found.records), now() + found.ttl);
        next_priority();
    }

    void tell_lookup(error_code ec, const service_answer& found)
    {
        dial_trace* const trace = trace_of(*context_.report);
        if (trace == nullptr)
            return;
        dial_step step{.phase = phase::lookup,
                       .what = "look up the servers of " + target_->ascii_name,
                       .began = began_,
                       .ended = now(),
                       .code = ec};
        for (const auto& r : found.records)
            step.facts.emplace_back("server", to_text(r) + " priority " +
                                                  std::to_string(r.priority) + " weight " +
                                                  std::to_string(r.weight));
        trace->step(std::move(step));
    }

    /// Those that are raced now: the ones with the priority of the first that is left.
    void next_priority()
    {
        begin_ = end_;
        const auto priority = records_[begin_].priority;
        while (end_ != records_.size() && records_[end_].priority == priority)
            ++end_;
        const auto count = end_ - begin_;
        lanes_.clear();
        for (std::size_t i = 0; i != count; ++i)
            lanes_.push_back(std::make_shared<lane>());
        race_.emplace(
            core::race::rules{.timeout = options().timeout, .stagger = options().stagger});
        const std::vector<core::ip_family> all(count, core::ip_family::v4); // keeps the order
        carry_out(race_->start(all, now()));
    }

    const core::service_record& record(std::size_t index) const { return records_[begin_ + index]; }

    void connected(const std::shared_ptr<lane>& l, std::size_t index, error_code ec,
                   stream_type&& stream)
    {
        if (!pending() || !std::exchange(l->dialling, false))
            return; // the race is over, or it was given up: the stream goes, if there is one
        if (ec)
            return carry_out(race_->failed(index, ec, now()));
        winner_ = std::move(stream);
        carry_out(race_->connected(index, now()));
    }

    void timer_fired(time_point now) override
    {
        if (race_)
            return carry_out(race_->timer_fired(now));
        if (now < give_up_at_)
            return;
        close_all();
        fail(errc::lookup_timed_out);
    }

    // A server that cannot even be dialled has failed in the middle of the actions: that is told
    // when they are done. So is the end of a race, since the next one may begin.
    void carry_out(core::race::actions todo)
    {
        for (;;)
        {
            if_early early;
            if_lost lost;
            for (const auto& action : todo)
                std::visit([&](const auto& a) { carry_out(a, early, lost); }, action);
            if (lost)
                return end_ != records_.size() ? next_priority() : fail(*lost);
            if (!early)
                return;
            todo = race_->failed(early->index, early->why, now());
        }
    }

    using if_early = std::optional<early_failure>;
    using if_lost = std::optional<error_code>;

    void carry_out(const core::race::connect& a, if_early& failed, if_lost&)
    {
        const auto& l = lanes_[a.index];
        const auto& r = record(a.index);
        try
        {
            const tcp server(r.target, r.port, options());
            l->dialling = true;
            server.async_connect(context_, asio::bind_cancellation_slot(
                                               l->cancel.slot(),
                                               [self = shared_from_this(), this, l,
                                                index = a.index](error_code ec, stream_type stream)
                                               { connected(l, index, ec, std::move(stream)); }));
        }
        catch (const std::invalid_argument&) // an address in place of a name, of another family
        {
            l->dialling = false;
            failed = {a.index, errc::invalid_name};
        }
    }

    void carry_out(const core::race::give_up& a, if_early&, if_lost&) { close(*lanes_[a.index]); }

    void carry_out(const core::race::report& a, if_early&, if_lost&)
    {
        context_.report->addresses.push_back({to_text(record(a.index)), a.why, a.took});
    }

    void carry_out(const core::race::arm_timer& a, if_early&, if_lost&) { arm(a.at); }

    void carry_out(const core::race::win&, if_early&, if_lost&)
    {
        auto stream = std::move(*winner_);
        close_all();
        complete({}, std::move(stream));
    }

    void carry_out(const core::race::lose& a, if_early&, if_lost& why) { why = a.why; }

    static void close(lane& l) noexcept
    {
        if (std::exchange(l.dialling, false))
            l.cancel.emit(asio::cancellation_type::all);
    }

    void close_all() noexcept override
    {
        if (const auto query = query_.lock())
            query->drop();
        if (race_)
            race_->stop();
        for (const auto& l : lanes_)
            close(*l);
    }

    const std::shared_ptr<const srv::target> target_;
    time_point began_{};
    time_point give_up_at_{};
    std::weak_ptr<service_query> query_; // which holds this
    service_records records_;            // in the order in which they are tried
    std::size_t begin_ = 0;              // of those that are raced now
    std::size_t end_ = 0;
    std::optional<core::race> race_;
    std::vector<std::shared_ptr<lane>> lanes_;
    std::optional<stream_type> winner_;
};
}

void dial_srv(srv_dial_base::handler done, const dial_context& context,
              std::shared_ptr<const srv::target> target)
{
    srv_dial::start<srv_dial>(std::move(done), context, std::move(target));
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/core/race.hpp>
#include <holdfast/detail/stream_layers.hpp>

#include "dial_tcp.hpp"
#include "sockets.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::detail
{
namespace
{
/// What was looked up.
std::string lookup_text(const tcp::target& target)
{
    const auto family = target.options.family;
    return "look up " + target.ascii_host +
           (family == address_family::ipv4   ? " (IPv4 only)"
            : family == address_family::ipv6 ? " (IPv6 only)"
                                             : "");
}

/// Does what the race says, and tells it what happened.
class name_dial final : public tcp_dial
{
public:
    name_dial(handler done, const dial_context& context, std::shared_ptr<const tcp::target> target)
        : tcp_dial(std::move(done), context)
        , target_(std::move(target))
        , race_({.timeout = target_->options.timeout, .stagger = target_->options.stagger})
    {
    }

private:
    struct lane
    {
        asio::ip::tcp::endpoint peer;
        tcp_stream socket;
        time_point began{}; // known only if somebody is told of it
    };

    struct early_failure
    {
        std::size_t index;
        error_code why;
    };

    /// A plain handler: what bind_cancellation_slot makes is taken for one with an executor.
    struct lookup_handler
    {
        std::shared_ptr<tcp_dial> self;
        name_dial& dial;
        using cancellation_slot_type = asio::cancellation_slot;
        cancellation_slot_type get_cancellation_slot() const noexcept
        {
            return dial.lookup_.slot();
        }
        void operator()(error_code ec, const resolver::addresses& found) const
        {
            dial.guarded([&] { dial.looked_up(ec, found); });
        }
    };

    void begin() override
    {
        context_.report->phase = phase::lookup;
        lookup_until_ = now() + target_->options.timeout;
        arm(lookup_until_);
        context_.resolver->for_port(target_->port)
            .async_resolve(context_.executor, target_->ascii_host, target_->options.family,
                           lookup_handler{shared_from_this(), *this});
    }

    void looked_up(error_code ec, const resolver::addresses& found)
    {
        if (!pending())
            return;
        tell_lookup(ec, found);
        if (ec)
            return fail(ec);
        context_.report->phase = phase::connect;
        std::vector<core::ip_family> families;
        families.reserve(found.size());
        lanes_.reserve(found.size()); // they do not move from here on
        for (const auto& address : found)
        {
            families.push_back(address.is_v6() ? core::ip_family::v6 : core::ip_family::v4);
            lanes_.push_back({{address, target_->port}, tcp_stream(context_.executor)});
        }
        carry_out(race_.start(families, now()));
    }

    void connected(std::size_t index, error_code ec)
    {
        if (!pending())
            return; // the race is over, and the socket is closed
        lane& l = lanes_[index];
        if (!l.socket.is_open())
            return; // it was given up while this was on its way
        if (!ec)
            ec = finish_socket(l.socket, *target_, l.peer);
        if (ec)
            close(l.socket);
        carry_out(ec ? race_.failed(index, ec, now()) : race_.connected(index, now()));
    }

    void timer_fired(time_point now) override
    {
        if (race_.current() != core::race::state::idle)
            return guarded([&] { carry_out(race_.timer_fired(now)); });
        if (now < lookup_until_)
            return;
        tell_lookup(errc::lookup_timed_out);
        lookup_.emit(asio::cancellation_type::all);
        fail(errc::lookup_timed_out);
    }

    void cancel() override
    {
        if (race_.current() == core::race::state::idle)
            tell_lookup(asio::error::operation_aborted);
        tell_unfinished("");
        tcp_dial::cancel();
    }

    void tell_lookup(error_code ec, const resolver::addresses& found = {}) const
    {
        auto* const trace = trace_of(*context_.report);
        if (trace == nullptr)
            return;
        dial_step s{.phase = phase::lookup,
                    .what = lookup_text(*target_),
                    .began = lookup_until_ - target_->options.timeout,
                    .ended = now(),
                    .code = ec};
        const auto told = std::min(found.size(), core::race::address_limit);
        for (std::size_t i = 0; i < told; ++i)
            s.facts.emplace_back("address", found[i].to_string());
        if (told < found.size())
            s.detail = "of " + std::to_string(found.size()) + " addresses only " +
                       std::to_string(told) + " are tried";
        trace->step(std::move(s));
    }

    void tell(const lane& l, error_code ec, std::string detail = {}) const
    {
        if (auto* const trace = trace_of(*context_.report))
            tell_connect(*trace, l.peer, l.began, now(), ec, std::move(detail));
    }

    /// The race is over for those that have neither connected nor failed.
    void tell_unfinished(const char* why) const
    {
        for (const auto& l : lanes_)
            if (l.socket.is_open())
                tell(l, asio::error::operation_aborted, why);
    }

    // An address whose connect cannot even begin has failed in the middle of the actions: that is
    // told when they are done.
    void carry_out(core::race::actions todo)
    {
        for (;;)
        {
            std::optional<early_failure> early;
            for (const auto& action : todo)
                std::visit([&](const auto& a) { carry_out(a, early); }, action);
            if (!early)
                return;
            todo = race_.failed(early->index, early->why, now());
        }
    }

    void carry_out(const core::race::connect& a, std::optional<early_failure>& early)
    {
        lane& l = lanes_[a.index];
        if (trace_of(*context_.report) != nullptr)
            l.began = now();
        if (const error_code ec = prepare_socket(l.socket, *target_, l.peer.address()))
        {
            close(l.socket);
            early = {a.index, ec};
            return;
        }
        l.socket.async_connect(l.peer,
                               [self = shared_from_this(), this, index = a.index](error_code ec)
                               { guarded([&] { connected(index, ec); }); });
    }

    void carry_out(const core::race::give_up& a, std::optional<early_failure>&)
    {
        close(lanes_[a.index].socket);
    }

    void carry_out(const core::race::report& a, std::optional<early_failure>&)
    {
        const lane& l = lanes_[a.index];
        tell(l, a.why);
        context_.report->addresses.push_back({address_text(l.peer), a.why, a.took});
    }

    void carry_out(const core::race::arm_timer& a, std::optional<early_failure>&) { arm(a.at); }

    void carry_out(const core::race::win& a, std::optional<early_failure>&)
    {
        tell(lanes_[a.index], {});
        tcp_stream winner = std::move(lanes_[a.index].socket);
        tell_unfinished("another address was faster");
        close_all();
        complete({}, std::move(winner));
    }

    void carry_out(const core::race::lose& a, std::optional<early_failure>&) { fail(a.why); }

    void close_all() noexcept override
    {
        race_.stop();
        lookup_.emit(asio::cancellation_type::all);
        for (auto& l : lanes_)
            close(l.socket);
    }

    const std::shared_ptr<const tcp::target> target_;
    core::race race_;
    std::vector<lane> lanes_; // one for each address, in the order of the lookup
    time_point lookup_until_{};
    asio::cancellation_signal lookup_;
};
}

void dial_name(tcp_dial::handler done, const dial_context& context,
               std::shared_ptr<const tcp::target> target)
{
    tcp_dial::start<name_dial>(std::move(done), context, std::move(target));
}
}

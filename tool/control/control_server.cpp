// SPDX-License-Identifier: BSL-1.0
#include "control_server.hpp"

#include "control_answer.hpp"
#include "error.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <chrono>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace tool
{
using namespace std::chrono_literals;

namespace
{
control_socket socket_of(const asio::any_io_executor& executor, const control_options& o)
{
    if (o.listener)
        return {executor, *o.listener};
    return {executor, o.path, static_cast<mode_t>(o.users.empty() ? 0600 : 0666)};
}

/// Tells a client that just came why it has to go. So little fits into any socket at once.
void send_away(asio::local::stream_protocol::socket& client, std::string_view why)
{
    const auto line = error_line(why) + '\n';
    error_code ignored; // it has gone itself
    static_cast<void>(client.non_blocking(true, ignored));
    client.send(asio::buffer(line), 0, ignored);
}
}

control_server::control_server(const asio::any_io_executor& executor, services_control& services,
                               control_options options)
    : options_(std::move(options))
    , setting_{.services = services,
               .clock = options_.clock != nullptr ? *options_.clock : hf::default_clock(executor),
               .limits = options_.limits,
               .log = options_.log ? options_.log : [](std::string_view) {},
               .behind = [this] { tell_soon(); },
               .ended = [this](control_session& ended)
               { std::erase_if(sessions_, [&](const auto& s) { return s.get() == &ended; }); }}
    , socket_(socket_of(executor, options_))
    , tell_timer_(setting_.clock, executor, [this] { tell(); })
    , accept_timer_(setting_.clock, executor, [this] { accept(); })
    , changes_(services.changed().connect([this](std::string_view name) { changed(name); }))
{
    accept();
}

control_server::~control_server()
{
    here_.reset();
    for (const auto& s : std::exchange(sessions_, {}))
        s->end();
}

void control_server::accept()
{
    socket_.acceptor().async_accept(
        [this, here = std::weak_ptr(here_)](error_code ec, socket client)
        {
            if (!here.expired())
                accepted(ec, std::move(client));
        });
}

void control_server::accepted(error_code ec, socket client)
{
    if (std::exchange(accepts_, !ec) && ec)
        setting_.log(fmt::format("control: no client can be accepted: {}; tried again each second",
                                 ec.message()));
    if (ec)
        return accept_timer_.arm(setting_.clock.now() + 1s); // there may be no descriptors left
    if (may_command(client))
    {
        if (sessions_.size() >= options_.limits.clients_max)
            send_away(client, fmt::format("there are {} clients already, as many as there may be; "
                                          "try again later",
                                          sessions_.size()));
        else
        {
            const auto s = std::make_shared<control_session>(std::move(client), setting_);
            sessions_.push_back(s);
            s->begin();
        }
    }
    accept();
}

bool control_server::may_command(socket& client)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(client.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false; // it has gone
    if (peer.uid == 0 || peer.uid == ::geteuid() ||
        std::ranges::find(options_.users, peer.uid) != options_.users.end())
        return true;
    send_away(client, fmt::format("user {} may not control this program; its configuration says "
                                  "who may, besides root and its own user",
                                  peer.uid));
    log_refusal(fmt::format("user {} (process {})", peer.uid, peer.pid));
    return false;
}

/// At most one line in ten seconds: whoever is refused should not be able to fill the log.
void control_server::log_refusal(std::string_view who)
{
    const auto now = setting_.clock.now();
    if (refusal_logged_at_ != hf::time_point::min() && now - refusal_logged_at_ < 10s)
    {
        ++refusals_;
        return;
    }
    refusal_logged_at_ = now;
    const auto others = std::exchange(refusals_, 0);
    setting_.log(fmt::format("control: {} was refused{}", who,
                             others == 0 ? "" : fmt::format(", after {} others", others)));
}

void control_server::changed(std::string_view name)
{
    if (std::ranges::none_of(sessions_, [](const auto& s) { return s->watches(); }))
        return;
    if (name.empty())
        all_changed_ = true;
    else if (!all_changed_)
        names_.emplace(name);
    tell_soon();
}

void control_server::tell_soon()
{
    if (!tell_timer_.armed())
        tell_timer_.arm(std::max(setting_.clock.now(), told_at_ + options_.limits.watch_interval));
}

/// One line for all, and one that tells everything to those who missed some.
void control_server::tell()
{
    told_at_ = setting_.clock.now();
    const auto names = std::exchange(names_, {});
    const bool all = std::exchange(all_changed_, false);
    std::shared_ptr<const std::string> whole;
    std::shared_ptr<const std::string> change;
    const auto line = [](std::string text)
    { return std::make_shared<const std::string>(std::move(text) + '\n'); };
    for (const auto& s : std::vector(sessions_)) // of which some may end
    {
        if (!s->watches() || (names.empty() && !all && !s->behind()))
            continue;
        auto& said = all || s->behind() ? whole : change;
        if (!said)
            said = line(&said == &whole ? status_line(setting_.services)
                                        : change_line(setting_.services, names));
        s->tell(said);
    }
}
}

// SPDX-License-Identifier: BSL-1.0
#include "connector.hpp"

#include "note_line.hpp"
#include "pid_file.hpp"

#include <fmt/format.h>

#include <csignal>
#include <unistd.h>

namespace tool
{
namespace
{
hf::log_lines make_log(const connect_options& o)
{
    return hf::log_lines([](std::string_view line)
                         { write_at_once(STDERR_FILENO, std::string(line) + "\n"); },
                         {.format = o.log, .everything = o.verbose});
}

hf::client_options<hf::session> service_options(const connect_options& o, hf::observer observe,
                                                hf::resolver& names)
{
    hf::client_options<hf::session> options{
        .retry = o.retry, .observe = std::move(observe), .resolver = &names};
    if (o.attempt_timeout)
        options.attempt_timeout = options.prepare_timeout = *o.attempt_timeout;
    if (o.stable_after)
        options.stable_after = *o.stable_after;
    return options;
}

/// Signals that were ignored from the start (nohup, jobs in the background) stay so.
bool ignored(int signal)
{
    struct sigaction now{};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// Whether it ended in good order, or because the program wanted it to.
bool ended_well(const hf::failure& f)
{
    return (!f.code || f.code.category() == make_error_code(errc::idle).category()) &&
           f.unacknowledged == 0;
}
}

connector::connector(connect_options options)
    : options_(std::move(options))
    , log_(make_log(options_))
    , relay_(options_.relay, context_.get_executor())
    , service_(
          context_, options_.endpoint, [this](hf::stream stream, hf::session& session)
          { return relay_.run(std::move(stream), session); },
          service_options(options_, [this](const hf::event& e) { observe(e); }, names_))
{
    for (const auto& name : options_.names)
        names_.add(name);
}

exit_code connector::run()
{
    const pid_file file(options_.pid_file);
    ::signal(SIGPIPE, SIG_IGN);
    for (const int s : {SIGINT, SIGTERM, SIGHUP})
        if (!ignored(s))
            ending_signals_.add(s);
    user_signals_.add(SIGUSR1);
    user_signals_.add(SIGUSR2);
    wait_for_ending_signal();
    wait_for_user_signal();
    service_.start();
    context_.run();
    return result_.value_or(exit_code::failed);
}

void connector::observe(const hf::event& e)
{
    if (result_ && e.kind == hf::event_kind::waiting)
        return; // between the last loss and the stop
    if (e.kind == hf::event_kind::lost)
        return lost(e);
    if (!options_.quiet)
        log_(e);
    if (e.kind == hf::event_kind::waiting && std::exchange(reconnecting_, false))
        service_.retry_now();
    if (e.kind == hf::event_kind::parked)
    {
        if (options_.quiet)
            say(to_string(*e.why));
        finish(exit_code::gave_up);
    }
}

void connector::lost(const hf::event& e)
{
    const auto why = relay_.why_ended();
    if (why == relay::ending::output_closed)
    {
        options_.quiet = true; // nobody listens any more
        return finish(exit_code::ended);
    }
    if (!options_.quiet)
        log_(e);
    if (relay_.dropped() != 0)
        say(fmt::format("{} bytes were read and could not be sent; they are dropped",
                        relay_.dropped()));
    if (why == relay::ending::broken)
    {
        say("standard input or output: " + relay_.broken_by().message());
        return finish(exit_code::failed);
    }
    if (why == relay::ending::input_ended || options_.once)
    {
        const bool well = ended_well(*e.why);
        if (!well && options_.quiet)
            say(to_string(*e.why));
        return finish(well ? exit_code::ended : exit_code::failed);
    }
}

void connector::finish(exit_code result)
{
    if (result_)
        return;
    result_ = result;
    service_.async_stop([this](error_code) { context_.stop(); }); // forced or not, it is over
}

void connector::wait_for_ending_signal()
{
    ending_signals_.async_wait(
        [this](error_code ec, int)
        {
            if (ec)
                return;
            ending_signals_.clear(); // another one ends the process at once
            finish(exit_code::ended);
        });
}

void connector::wait_for_user_signal()
{
    user_signals_.async_wait(
        [this](error_code ec, int signal)
        {
            if (ec)
                return;
            if (signal == SIGUSR1)
                service_.retry_now();
            else
                reconnect();
            wait_for_user_signal();
        });
}

void connector::reconnect()
{
    reconnecting_ = relay_.close(errc::asked_to_reconnect);
    if (!reconnecting_)
        service_.retry_now();
}

void connector::say(std::string_view text) const
{
    write_at_once(STDERR_FILENO, note_line(options_.log, text));
}
}

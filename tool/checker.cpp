// SPDX-License-Identifier: BSL-1.0
#include "checker.hpp"

#include <holdfast/detail/timed_out.hpp>

#include <fmt/format.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

namespace tool
{
checker::checker(check_options options)
    : options_(std::move(options))
    , clock_(hf::default_clock(context_.get_executor()))
    , signals_(context_, SIGINT, SIGTERM)
{
    for (const auto& name : options_.names)
        names_.add(name);
}

exit_code checker::run()
{
    ::signal(SIGPIPE, SIG_IGN);
    signals_.async_wait(
        [this](error_code ec, int)
        {
            if (ec)
                return;
            interrupted_ = true;
            signals_.clear(); // another one ends the process at once
            cancel();
        });
    dial();
    context_.run();
    return exit_;
}

void checker::dial()
{
    ++attempts_;
    trace_.steps.clear();
    trace_.addresses.clear();
    trace_.detail = nullptr;
    result_ = {.endpoint = to_string(options_.endpoint), .began = now()};
    limit(options_.attempt_timeout);
    dialling_ = true;
    options_.endpoint.async_connect(
        hf::dial_context{.executor = context_.get_executor(),
                         .clock = &clock_,
                         .resolver = &names_,
                         .deadline = result_.began + options_.attempt_timeout,
                         .attempt = attempts_,
                         .report = &trace_},
        asio::bind_cancellation_slot(dial_.slot(), [this](error_code ec, hf::stream s)
                                     { dialled(ec, std::move(s)); }));
}

/// Cancels what is under way after `d`.
void checker::limit(hf::duration d)
{
    ran_out_ = false;
    timer_.expires_after(d);
    timer_.async_wait(
        [this, number = ++limits_](error_code ec)
        {
            if (ec || number != limits_)
                return;
            ran_out_ = true;
            cancel();
        });
}

void checker::end_limit()
{
    ++limits_;
    timer_.cancel();
}

void checker::cancel()
{
    if (dialling_)
        dial_.emit(asio::cancellation_type::all);
    if (reading_)
        read_.emit(asio::cancellation_type::all);
}

void checker::dialled(error_code ec, hf::stream stream)
{
    dialling_ = false;
    end_limit();
    if (ec)
    {
        fail(trace_.phase, ran_out_ && ec == asio::error::operation_aborted
                               ? hf::detail::timed_out_in(trace_.phase)
                               : ec);
        return end();
    }
    stream_ = std::move(stream);
    result_.peer = stream_.peer();
    result_.connected_after = now() - result_.began;
    if (options_.watch == hf::duration::zero())
        return end();
    watch();
}

// A server of TLS 1.3 refuses our certificate only after the handshake, and gives tickets then;
// and many things that stand before servers take a connection before they know whether they want
// it.
void checker::watch()
{
    trace_.phase = hf::phase::session;
    watched_since_ = now();
    limit(options_.watch);
    reading_ = true;
    stream_.async_read_some(asio::buffer(bytes_),
                            asio::bind_cancellation_slot(read_.slot(),
                                                         [this](error_code ec, std::size_t n)
                                                         { watched(ec, n); }));
}

void checker::watched(error_code ec, std::size_t n)
{
    reading_ = false;
    end_limit();
    hf::dial_step s{.phase = hf::phase::session,
                    .what = "watch the connection",
                    .began = watched_since_,
                    .ended = now()};
    if (ec == asio::error::operation_aborted)
        s.detail = "it stays, and the server says nothing first";
    else if (ec == asio::error::eof)
        s.detail = "the server ended it at once, in good order";
    else if (ec)
        s.code = ec;
    else
    {
        s.detail = fmt::format("the server sent {} bytes first", n);
        s.facts.emplace_back("first bytes",
                             quoted(std::string_view(bytes_.data(), std::min<std::size_t>(n, 61))));
    }
    trace_.steps.push_back(std::move(s));
    if (trace_.steps.back().code)
        fail(hf::phase::session, ec);
    end();
}

void checker::fail(hf::phase p, error_code ec)
{
    exit_ = exit_code::failed;
    result_.interrupted = interrupted_ && ec == asio::error::operation_aborted;
    result_.why = hf::failure{.code = ec,
                              .phase = p,
                              .attempt = attempts_,
                              .took = now() - result_.began,
                              .addresses = trace_.addresses,
                              .detail = trace_.detail};
}

void checker::end()
{
    stream_.close();
    stream_ = hf::stream();
    result_.steps = std::move(trace_.steps);
    print(result_);
    if (options_.twice && attempts_ == 1 && !result_.why && !interrupted_)
        return dial();
    signals_.cancel();
}

void checker::print(const checked& c) const
{
    const auto heading = attempts_ == 1 ? one_line(c.endpoint, 900) : std::string("once more");
    if (options_.json)
        fmt::print("{}\n", json_of(c));
    else
        fmt::print("{}\n{}\n", heading, text_of(c));
    std::fflush(stdout); // whoever reads it may have gone: then nobody misses it
}
}

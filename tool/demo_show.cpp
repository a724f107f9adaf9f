// SPDX-License-Identifier: BSL-1.0
#include "demo_show.hpp"

#include <holdfast/retry/backoff.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/color.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <tuple>
#include <utility>
#include <variant>

namespace tool
{
using hf::testing::serve_step;

namespace
{
constexpr auto in_tuple = asio::as_tuple(asio::use_awaitable);

hf::client_options<hf::session> service_options(hf::duration length, hf::observer observe)
{
    // Delays that fit into the show; others are better served by the defaults.
    return {.name = "demo",
            .retry = hf::retry::backoff{.initial = length / 80, .max = length / 20},
            .stable_after = length / 20,
            .observe = std::move(observe)};
}

double seconds(hf::duration d)
{
    return std::chrono::duration<double>(d).count();
}
}

demo_show::demo_show(hf::duration length, bool in_colour)
    : length_(length)
    , in_colour_(in_colour)
    , server_(context_.get_executor())
    , service_(
          context_, hf::tcp("127.0.0.1", server_.port()),
          [this](hf::tcp::stream_type s) { return talk(std::move(s)); },
          service_options(length, [this](const hf::event& e) { observe(e); }))
{
}

exit_code demo_show::run()
{
    std::exception_ptr failed;
    asio::co_spawn(context_, direct(),
                   [&](std::exception_ptr thrown)
                   {
                       failed = std::move(thrown);
                       context_.stop();
                   });
    context_.run();
    if (failed)
        std::rethrow_exception(failed);
    return exit_code::ended;
}

/// What happens to the service, in tenths of the whole.
asio::awaitable<void> demo_show::direct()
{
    begin_ = now();
    co_await act(
        "is not there: connections are refused",
        [this]
        {
            server_.stop_listening();
            service_.start();
        },
        2);
    co_await act("comes up, and answers", [this] { server_.listen(); }, 2);
    co_await act("drops the connection", [this] { server_.reset_connections(); }, 1);
    co_await act(
        "stalls: it accepts, and answers nothing",
        [this]
        {
            server_.otherwise(serve_step::stall());
            server_.close_connections();
        },
        2);
    co_await act(
        "is gone again",
        [this]
        {
            server_.stop_listening();
            server_.reset_connections();
        },
        1);
    co_await act(
        "comes back for good",
        [this]
        {
            server_.otherwise(serve_step::echo());
            server_.listen();
        },
        2);
    co_await service_.async_stop(asio::use_awaitable);
    summarise();
}

asio::awaitable<void> demo_show::act(std::string_view what, const std::function<void()>& change,
                                     unsigned tenths)
{
    show(colour::blue, "server", what);
    change();
    co_await hf::default_clock(context_.get_executor())
        .async_wait_until(context_.get_executor(), now() + length_ * tenths / 10,
                          asio::use_awaitable);
}

/// One connection: asks again and again, and ends what does not answer in time.
asio::awaitable<void> demo_show::talk(hf::tcp::stream_type stream)
{
    using namespace asio::experimental::awaitable_operators;
    auto& clock = hf::default_clock(context_.get_executor());
    const auto wait = [&](hf::duration d)
    { return clock.async_wait_until(context_.get_executor(), now() + d, asio::use_awaitable); };
    for (;;)
    {
        std::array<char, 64> answer;
        co_await asio::async_write(stream, asio::buffer("are you there?\n", 15),
                                   asio::use_awaitable);
        // As a tuple, since an error would wait for the other to succeed.
        const auto first =
            co_await (stream.async_read_some(asio::buffer(answer), in_tuple) || wait(length_ / 20));
        if (first.index() != 0)
            throw boost::system::system_error(errc::idle);
        if (const auto ec = std::get<0>(std::get<0>(first)); ec == asio::error::eof)
            co_return;
        else if (ec)
            throw boost::system::system_error(ec);
        ++answers_;
        co_await wait(length_ / 40);
    }
}

void demo_show::observe(const hf::event& e)
{
    switch (e.kind)
    {
    case hf::event_kind::dialling:
        ++attempts_;
        return show(colour::grey, "service", fmt::format("attempt {}", e.attempt));
    case hf::event_kind::connected:
        ++connections_;
        connected_at_ = e.at;
        return show(colour::green, "service", "connected");
    case hf::event_kind::failed:
        return show(colour::red, "service", to_string(*e.why));
    case hf::event_kind::lost:
        ++losses_;
        connected_ += e.at - std::exchange(connected_at_, {});
        return show(colour::red, "service", to_string(*e.why));
    case hf::event_kind::waiting:
        return show(colour::yellow, "service",
                    fmt::format("{} failure{} in a row, next attempt in {:.2f} s", e.failures,
                                e.failures == 1 ? "" : "s", seconds(e.delay)));
    case hf::event_kind::stopping:
        connected_ += connected_at_ == hf::time_point() ? hf::duration() : e.at - connected_at_;
        return;
    case hf::event_kind::stopped:
        return show(colour::grey, "service", "stopped");
    case hf::event_kind::already_started:
    case hf::event_kind::preparing:
    case hf::event_kind::parked:
    case hf::event_kind::forced:
    case hf::event_kind::policy_failed:
        return; // nothing of these happens here
    }
}

void demo_show::show(colour c, std::string_view who, std::string_view what) const
{
    const auto line = fmt::format("{:7.3f} s  {:8}", seconds(now() - begin_), who);
    fmt::text_style style;
    switch (c)
    {
    case colour::grey:
        style = fmt::fg(fmt::terminal_color::bright_black);
        break;
    case colour::green:
        style = fmt::fg(fmt::terminal_color::green);
        break;
    case colour::yellow:
        style = fmt::fg(fmt::terminal_color::yellow);
        break;
    case colour::red:
        style = fmt::fg(fmt::terminal_color::red);
        break;
    case colour::blue:
        style = fmt::fg(fmt::terminal_color::blue) | fmt::emphasis::bold;
        break;
    }
    fmt::print("{}{}\n", line, in_colour_ ? fmt::format(style, "{}", what) : std::string(what));
    std::fflush(stdout);
}

void demo_show::summarise() const
{
    const auto whole = seconds(now() - begin_);
    fmt::print("\n");
    fmt::print("In {:.1f} s: {} attempts, {} connections, {} of them lost and made again, {} "
               "answers.\nThe service was connected {:.0f} % of the time, and nobody had to help "
               "it.\n",
               whole, attempts_, connections_, losses_, answers_,
               100 * seconds(connected_) / whole);
}

hf::time_point demo_show::now() const
{
    return hf::default_clock(service_.get_executor()).now();
}
}

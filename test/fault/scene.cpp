// SPDX-License-Identifier: BSL-1.0
#include "fault/scene.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace fault
{
namespace
{
constexpr std::size_t answer_size = 7; // +PONG

asio::awaitable<void> prepare(hf::tcp::stream_type& s)
{
    std::array<char, answer_size> answer;
    co_await asio::async_write(s, asio::buffer("PING\r\n", 6), asio::use_awaitable);
    co_await asio::async_read(s, asio::buffer(answer), asio::use_awaitable);
}

std::string sentence(const hf::failure* why)
{
    if (why == nullptr)
        return "no failure";
    return std::string(to_string(why->phase)) + ": " +
           (why->code ? why->code.message() : "end of the stream");
}

std::string join(std::initializer_list<hf::error_code> codes)
{
    std::string text;
    for (const auto& c : codes)
        text += (text.empty() ? "" : " or ") + (c ? c.message() : "end of the stream");
    return text;
}
}

scene::scene(std::string name, int rows, asio::io_context& context, const client_settings& s)
    : name_(std::move(name))
    , rows_(rows)
    , context_(context)
    , asks_(s.asks)
{
    hf::client_options<hf::session> options{
        .retry = s.retry, .attempt_timeout = s.attempt_timeout, .prepare_timeout = prepare_timeout};
    options.observe = [this](const hf::event& e)
    {
        moments_.push_back({e.kind, std::chrono::steady_clock::now(), e.why});
        if (e.kind == hf::event_kind::lost || e.kind == hf::event_kind::failed)
            why_ = e.why;
    };
    service_ = std::make_unique<hf::client_service<hf::session>>(
        context_, hf::tcp(s.host, s.port, s.tcp),
        [this](hf::tcp::stream_type stream, hf::session& me)
        { return talk(std::move(stream), me); }, options);
}

scene::~scene()
{
    service_ = nullptr;
    context_.poll(); // the coroutine of the connection ends
}

asio::awaitable<void> scene::talk(hf::tcp::stream_type s, hf::session& me)
{
    struct shown // while it lasts
    {
        scene& self;
        shown(scene& sc, hf::tcp::stream_type& stream) : self(sc) { self.stream_ = &stream; }
        ~shown() { self.stream_ = nullptr; }
    };
    s.non_blocking(true);
    received_ = 0;
    asked_ = 0;
    if (asks_)
        co_await prepare(s);
    const shown to_the_test(*this, s);
    me.ready();
    for (std::array<char, 4096> buffer;;)
        received_ += co_await s.async_read_some(asio::buffer(buffer), asio::use_awaitable);
}

void scene::start()
{
    since_ = std::chrono::steady_clock::now();
    service_->start();
}

void scene::now(const std::function<void()>& change)
{
    context_.poll();
    next_ = moments_.size();
    since_ = std::chrono::steady_clock::now(); // a change shows before its command has ended
    change();
}

bool scene::run_until(const std::function<bool()>& enough, duration limit)
{
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!enough())
    {
        context_.restart();
        context_.run_one_until(until);
        if (std::chrono::steady_clock::now() >= until)
            return enough();
    }
    return true;
}

const scene::moment& scene::await(hf::event_kind kind, std::string_view step, allowed a)
{
    const auto found = [&]
    {
        while (next_ < moments_.size() && moments_[next_].kind != kind)
            ++next_;
        return next_ < moments_.size();
    };
    // A while longer than allowed, to know by how much it is late.
    if (run_until(found, a.to + 10s))
        return moments_[next_++];
    tell({name_, std::string(step), std::string(to_string(kind)), "nothing within the time",
          a.to + 10s, a.from, a.to, verdict::bad});
    throw ended();
}

void scene::ends_badly(hf::event_kind kind, std::string_view step, error_codes codes, allowed a)
{
    const auto& m = await(kind, step, a);
    const auto took = m.at - since_;
    const bool right = std::find(codes.begin(), codes.end(), m.why->code) != codes.end();
    tell({name_, std::string(step), join(codes), sentence(m.why.get()), took, a.from, a.to,
          right && took >= a.from && took <= a.to ? verdict::good : verdict::bad});
}

void scene::loses(error_codes codes, allowed a)
{
    ends_badly(hf::event_kind::lost, "loss", codes, a);
}

void scene::fails(error_codes codes, allowed a)
{
    ends_badly(hf::event_kind::failed, "failed attempt", codes, a);
}

void scene::connects(allowed a)
{
    const auto took = await(hf::event_kind::connected, "connected", a).at - since_;
    tell({name_, "connected", "connected", "connected", took, a.from, a.to,
          took >= a.from && took <= a.to ? verdict::good : verdict::bad});
}

void scene::is_answered(allowed a)
{
    const auto answers = [&] { return received_ / answer_size; };
    run_until([&] { return next_ < moments_.size() || answers() == asked_; }, a.to);
    const auto took = std::chrono::steady_clock::now() - since_;
    const bool lost = next_ < moments_.size();
    tell({name_, "answers", "all " + std::to_string(asked_) + " answered",
          lost ? "lost: " + sentence(why_.get()) : std::to_string(answers()) + " answered", took,
          a.from, a.to,
          !lost && answers() == asked_ && took >= a.from ? verdict::good : verdict::bad});
}

void scene::ping()
{
    asked_ += write("PING\r\n") == 6 ? 1 : 0;
}

void scene::stays_connected(duration time, const std::function<bool()>& enough)
{
    const auto begin = std::chrono::steady_clock::now();
    const auto lost = [&] { return next_ < moments_.size(); };
    const bool early = run_until([&] { return lost() || enough(); }, time);
    std::string seen = "stays connected";
    if (lost())
        seen = std::string(to_string(moments_[next_].kind)) + ": " + sentence(why_.get());
    else if (early)
        seen = "is done already";
    tell({name_, "no loss", "stays connected", seen, std::chrono::steady_clock::now() - begin, time,
          time + slack, early ? verdict::bad : verdict::good});
}

void scene::looks(std::string step, std::string expected, std::string seen, bool good)
{
    const auto took = std::chrono::steady_clock::now() - since_;
    tell({name_,
          std::move(step),
          std::move(expected),
          std::move(seen),
          took,
          {},
          {},
          good ? verdict::good : verdict::bad});
}

void scene::flood()
{
    constexpr std::size_t much = std::size_t{1} << 26;
    flood_.assign(much, 'x');
    asio::async_write(*stream_, asio::buffer(flood_),
                      [this](hf::error_code ec, std::size_t) { write_error_ = ec; });
}

std::size_t scene::write(std::string_view text)
{
    boost::system::error_code full;
    return stream_ == nullptr ? 0 : stream_->write_some(asio::buffer(text), full);
}

std::size_t scene::failures() const
{
    return static_cast<std::size_t>(
        std::count_if(moments_.begin(), moments_.end(), [&](const moment& m)
                      { return m.kind == hf::event_kind::failed && m.at >= since_; }));
}

void scene::tell(const row& r) const
{
    fault::write(rows_, r);
}
}

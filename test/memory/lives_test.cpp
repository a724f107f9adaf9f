// SPDX-License-Identifier: BSL-1.0
#include "memory/world.hpp"

#include <holdfast/detail/dial_op.hpp>
#include <holdfast/endpoints/tcp.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Each life goes through all that a service does, and each time one more of its allocations fails.
// Then a call has thrown, or an attempt or a connection has failed; but whoever waits is told once,
// the service can be stopped, and nothing is left.

namespace
{
using namespace memory;

/// A protocol object that reads until its stream ends.
template <class Stream>
class guest : public std::enable_shared_from_this<guest<Stream>>, counted
{
public:
    explicit guest(Stream s) : stream_(std::move(s)) {}

    template <class Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [self = this->shared_from_this()](auto&& done)
            {
                self->stream_.async_read_some(asio::buffer(self->room_),
                                              [self, done = std::forward<decltype(done)>(done)](
                                                  error_code ec, std::size_t) mutable
                                              { std::move(done)(ec); });
            },
            token);
    }

    void close() noexcept
    {
        error_code ignored; // it may be closed already
        stream_.close(ignored);
    }

private:
    Stream stream_;
    std::array<char, 16> room_{};
};

/// A callback protocol that writes more than the socket takes, and has nothing pending for a while.
class talker final : public hf::callback_protocol, counted
{
public:
    explicit talker(bool paused) : paused_(paused) {}

    void made(hf::transport& t) override
    {
        if (paused_)
            t.pause_reading();
        static const std::string much(4'000'000, 'x');
        t.write(much);
        transport_ = &t;
    }
    void received(std::string_view) override {}
    void lost(error_code) override { transport_ = nullptr; }

    hf::transport* transport_ = nullptr;

private:
    const bool paused_;
};

/// Lives a whole life with services of these.
template <class Endpoint, class Factory>
void live(world& w, const port& p, const Endpoint& e, const Factory& f,
          const hf::client_options<hf::detail::protocol_of<Endpoint, Factory>>& o)
{
    using protocol = hf::detail::protocol_of<Endpoint, Factory>;

    // All of them outlive the service.
    operation refused;
    operation early;
    operation cancelled;
    operation connected;
    operation first_stop;
    operation again;
    operation reconnected;
    operation stopped;
    operation destroyed;

    std::optional<hf::client_service<protocol>> service;
    {
        // Asio 1.81 does not survive that it has memory for one half of a strand only: it then
        // locks a mutex wherever it finds one.
        std::optional<spared> strand;
        if (o.thread_safe)
            strand.emplace();
        if (!world::may_throw([&] { service.emplace(w.context, e, f, o); }))
            return;
    }

    const auto wait = [&](operation& what, hf::wait_limit limit)
    {
        world::begin(what, [&](auto handler)
                     { service->async_when_connected(limit, std::move(handler)); });
    };
    const auto stop = [&](operation& what)
    { world::begin(what, [&](auto handler) { service->async_stop(std::move(handler)); }); };
    const auto start = [&]
    {
        while (!world::may_throw([&] { service->start(); })) // a failure happens once
            ;
    };
    const auto kernel_has_news = [&] { return service->state() == service_state::dialling; };
    const auto run_until_over = [&](const operation& what)
    { w.run_until([&] { return what.over(); }, kernel_has_news); };
    const auto has_ended = [](const operation& what)
    { return what.times == (what.thrown ? 0 : 1); };

    wait(refused, hf::fail_after{2});
    wait(early, hf::within{500ms});
    wait(cancelled, {});
    start();
    run_until_over(refused);
    run_until_over(early);
    cancelled.signal.emit(asio::cancellation_type::all);
    run_until_over(cancelled);

    p.listen();
    wait(connected, {hf::fail_after{1'000}, hf::within{1h}});
    world::may_throw([&] { service->retry_now(); });
    run_until_over(connected);

    stop(first_stop); // and a start while it stops
    start();
    wait(again, {});
    run_until_over(first_stop);
    run_until_over(again);

    const auto is_lost = [&]
    {
        p.lose_all(); // again and again: what was made here may not have arrived there yet
        return service->state() != service_state::connected;
    };
    w.run_until([&] { return is_lost() || w.dropped(); }, [] { return true; });
    wait(reconnected, {});
    run_until_over(reconnected);

    stop(stopped);
    run_until_over(stopped);
    EXPECT_TRUE(stopped.thrown || service->state() == service_state::stopped);

    start();
    wait(destroyed, hf::within{1h});
    service.reset();
    w.settle();

    EXPECT_TRUE(has_ended(refused));
    EXPECT_TRUE(has_ended(early));
    EXPECT_TRUE(has_ended(cancelled));
    EXPECT_TRUE(has_ended(connected));
    EXPECT_TRUE(has_ended(first_stop));
    EXPECT_TRUE(has_ended(again));
    EXPECT_TRUE(has_ended(reconnected));
    EXPECT_TRUE(has_ended(stopped));
    EXPECT_TRUE(has_ended(destroyed));
}

/// The same on real connections, to `host`, with some changes to the options.
template <class Factory, class Change>
void live_at(const char* host, world& w, const Factory& f, Change change)
{
    std::optional<spared> mine(std::in_place);
    const port p;
    const hf::tcp e(host, p.number());
    hf::client_options<hf::detail::protocol_of<hf::tcp, Factory>> o;
    o.clock = &w.clock;
    o.retry = hf::retry::fixed{1s};
    change(o);
    mine.reset();
    live(w, p, e, f, o);
    mine.emplace();
}

const auto as_usual = [](auto&) {};

const auto make_guest = [](auto stream)
{ return std::make_shared<guest<decltype(stream)>>(std::move(stream)); };

/// Reads until the end, as a coroutine.
asio::awaitable<void> read_all(hf::tcp::stream_type& stream)
{
    std::array<char, 16> room;
    for (;;)
        co_await stream.async_read_some(asio::buffer(room), asio::use_awaitable);
}

TEST(memory, a_protocol_object_loses_no_completion)
{
    fail_each(escapes::never, [](world& w) { live_at("127.0.0.1", w, make_guest, as_usual); });
}

TEST(memory, a_name_that_is_looked_up_loses_no_completion)
{
    fail_each(escapes::never, [](world& w) { live_at("localhost", w, make_guest, as_usual); });
}

TEST(memory, a_lookup_on_another_thread_loses_no_completion)
{
    fail_each(
        escapes::never, [](world& w) { live_at("localhost", w, make_guest, as_usual); },
        whose::everybody);
}

TEST(memory, a_callback_protocol_loses_no_completion)
{
    fail_each(
        escapes::never, [](world& w)
        { live_at("127.0.0.1", w, [] { return std::make_shared<talker>(false); }, as_usual); });
}

TEST(memory, a_callback_protocol_that_does_not_read_loses_no_completion)
{
    fail_each(
        escapes::never, [](world& w)
        { live_at("127.0.0.1", w, [] { return std::make_shared<talker>(true); }, as_usual); });
}

TEST(memory, a_preparation_loses_no_completion)
{
    fail_each(escapes::never,
              [](world& w)
              {
                  live_at("127.0.0.1", w, make_guest,
                          [](auto& o) { o.prepare = [](auto&) { delete new int; }; });
              });
}

TEST(memory, a_coroutine_that_prepares_loses_no_completion)
{
    fail_each(escapes::from_asio,
              [](world& w)
              {
                  live_at("127.0.0.1", w, make_guest,
                          [&w](auto& o)
                          {
                              o.prepare = [&w](auto&) -> asio::awaitable<void>
                              {
                                  co_await w.clock.async_wait_until(w.context.get_executor(),
                                                                    w.clock.now() + 1s,
                                                                    asio::use_awaitable);
                              };
                          });
              });
}

TEST(memory, a_session_loses_no_completion)
{
    fail_each(escapes::from_asio,
              [](world& w)
              {
                  live_at(
                      "127.0.0.1", w, [](hf::tcp::stream_type stream) -> asio::awaitable<void>
                      { co_await read_all(stream); }, as_usual);
              });
}

TEST(memory, a_session_that_prepares_itself_loses_no_completion)
{
    fail_each(escapes::from_asio,
              [](world& w)
              {
                  live_at(
                      "127.0.0.1", w,
                      [](hf::tcp::stream_type stream, hf::session& s) -> asio::awaitable<void>
                      {
                          co_await asio::post(stream.get_executor(), asio::use_awaitable);
                          s.ready();
                          co_await read_all(stream);
                      },
                      as_usual);
              });
}

/// Refuses, then never answers, then throws, then never answers.
class moody
{
public:
    using stream_type = hf::tcp::stream_type;

    template <class Token>
    auto async_connect(const hf::dial_context& context, Token&& token) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            [mood = mood_](auto&& done, const hf::dial_context& c)
            {
                dial::start<dial>(
                    hf::detail::plain_handler(std::forward<decltype(done)>(done), c.executor), c,
                    mood);
            },
            token, context);
    }

    friend std::string to_string(const moody&) { return "moody"; }

private:
    struct mood
    {
        int dials = 0;
        std::shared_ptr<void> unanswered{};
    };

    class dial final : public hf::detail::dial_op<stream_type>
    {
    public:
        dial(handler done, const hf::dial_context& context, std::shared_ptr<mood> m)
            : dial_op(std::move(done), context)
            , mood_(std::move(m))
        {
        }

    private:
        void begin() override
        {
            const int n = ++mood_->dials;
            if (n == 1)
                return post_failure(asio::error::connection_refused);
            if (n == 3)
                throw std::bad_alloc();
            mood_->unanswered = shared_from_this();
        }

        void close_all() noexcept override { mood_->unanswered = nullptr; }

        const std::shared_ptr<mood> mood_;
    };

    std::shared_ptr<mood> mood_ = std::make_shared<mood>();
};

TEST(memory, attempts_that_fail_hang_or_throw_lose_no_completion)
{
    fail_each(
        escapes::never,
        [](world& w)
        {
            operation third;
            operation timed;
            operation stopped;
            std::optional<spared> mine(std::in_place);
            const moody e;
            using protocol = hf::detail::protocol_of<moody, decltype(make_guest)>;
            hf::client_options<protocol> o;
            o.clock = &w.clock;
            o.retry = hf::retry::fixed{1s};
            std::optional<hf::client_service<protocol>> service;
            mine.reset();
            if (!world::may_throw([&] { service.emplace(w.context, e, make_guest, o); }))
                return;
            const auto nothing = [] { return false; };
            service->start();
            world::begin(third, [&](auto handler)
                         { service->async_when_connected(hf::fail_after{3}, std::move(handler)); });
            world::begin(timed, [&](auto handler)
                         { service->async_when_connected(hf::within{2h}, std::move(handler)); });
            w.run_until([&] { return third.over(); }, nothing);
            w.run_until([&] { return service->state() == service_state::dialling; }, nothing);
            world::begin(stopped, [&](auto handler) { service->async_stop(std::move(handler)); });
            w.run_until([&] { return stopped.over(); }, nothing);
            service.reset();
            w.settle();
            EXPECT_EQ(third.times, third.thrown ? 0 : 1);
            EXPECT_EQ(timed.times, timed.thrown ? 0 : 1);
            EXPECT_EQ(stopped.times, stopped.thrown ? 0 : 1);
            mine.emplace();
        });
}

TEST(memory, a_thread_safe_service_loses_no_completion)
{
    fail_each(escapes::from_asio, [](world& w)
              { live_at("127.0.0.1", w, make_guest, [](auto& o) { o.thread_safe = true; }); });
}
}

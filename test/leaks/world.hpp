// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_LEAKS_WORLD_HPP
#define HOLDFAST_TEST_LEAKS_WORLD_HPP

#include "leaks/heap.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace leaks
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::error_code;
using hf::service_state;
using namespace std::chrono_literals;

#if defined(LEAKS_SANITIZED)
inline constexpr long attempts = 1'000;
#else
inline constexpr long attempts = 10'000;
#endif

/// After so many attempts all is there that is made once: tables, queues and pools have their size.
inline constexpr long warm_up = 100;

/// Counts the objects of the test that live: derive from it.
class counted
{
public:
    counted() noexcept { ++live; }
    counted(const counted&) noexcept { ++live; }
    counted& operator=(const counted&) = default;
    ~counted() { --live; }

    static inline long live = 0;
};

/// What a process holds that can leak.
struct footprint
{
    long descriptors = 0;
    long objects = 0; ///< Of `counted`.
    long blocks = 0;
    long bytes = 0;
    bool operator==(const footprint&) const = default;

    static footprint now();
};

std::ostream& operator<<(std::ostream& out, const footprint& f);

/// A protocol that reads until its stream ends, or does not even begin.
template <class Stream>
class guest : public std::enable_shared_from_this<guest<Stream>>, counted
{
public:
    explicit guest(Stream s, bool reads = true) : stream_(std::move(s)), reads_(reads) {}

    template <class Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [self = this->shared_from_this()](auto&& done)
            {
                if (self->reads_)
                    self->read(std::forward<decltype(done)>(done));
                else
                    std::move(done)(error_code());
            },
            token);
    }

    void close() noexcept
    {
        error_code ignored; // it may be closed already
        stream_.close(ignored);
    }

private:
    template <class Handler>
    void read(Handler&& done)
    {
        stream_.async_read_some(
            asio::buffer(room_),
            [self = this->shared_from_this(),
             done = std::forward<Handler>(done)](error_code ec, std::size_t) mutable
            {
                if (ec)
                    std::move(done)(ec);
                else
                    self->read(std::move(done));
            });
    }

    Stream stream_;
    std::array<char, 16> room_{};
    const bool reads_;
};

/// What comes next when nothing is ready to run.
enum class next
{
    timer,  ///< The next timer expires: nobody but the test can bring anything about.
    kernel, ///< The kernel has something under way, unless the service waits for its next attempt.
};

/// A clock, a context, and the life of services on them. At its end nothing may be armed or live.
class world
{
public:
    explicit world(long n, next what = next::timer) : count(n), next_(what) {}
    ~world();
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    hf::testing::manual_clock clock;
    asio::io_context context;
    const long count; ///< How many attempts there are to be in this life.

    /// Runs one service until `count` attempts, or connections, have ended with `expected`, and
    /// looks that it held no more after the last than after the first few.
    template <class Endpoint, class Factory>
    void fail(error_code expected, Endpoint e, Factory f,
              hf::client_options<hf::detail::protocol_of<Endpoint, Factory>> o = {})
    {
        long ended = 0;
        long others = 0;
        o.observe = [&](const hf::event& what)
        {
            if (what.kind != hf::event_kind::failed && what.kind != hf::event_kind::lost)
                return;
            ++ended;
            others += what.why->code != expected;
        };
        const auto service = make(std::move(e), std::move(f), std::move(o));
        service->start();
        const auto run_until = [&](long n)
        {
            while (ended < n || service->state() != service_state::waiting)
                if (!step(service->state()))
                    FAIL() << "the service hangs, " << to_string(service->state());
        };
        ASSERT_NO_FATAL_FAILURE(run_until(std::min(count, warm_up)));
        const auto early = footprint::now();
        ASSERT_NO_FATAL_FAILURE(run_until(count));
        expect_no_growth(early);
        EXPECT_EQ(others, 0) << "attempts that did not end with " << expected.message();
    }

    /// Starts one service so many times and stops it as soon as it is in `state`.
    template <class Endpoint, class Factory>
    void stop_in(service_state state, Endpoint e, Factory f,
                 hf::client_options<hf::detail::protocol_of<Endpoint, Factory>> o = {})
    {
        const auto service = make(std::move(e), std::move(f), std::move(o));
        footprint early;
        for (long i = 0; i < count; ++i)
        {
            service->start();
            ASSERT_NO_FATAL_FAILURE(reach(*service, state));
            service->stop();
            ASSERT_NO_FATAL_FAILURE(reach(*service, service_state::stopped));
            EXPECT_EQ(clock.armed(), 0U);
            if (i == warm_up)
                early = footprint::now();
        }
        if (count > warm_up)
            expect_no_growth(early);
    }

    /// Makes and starts as many services, and destroys each as soon as it is in `state`.
    template <class Endpoint, class Factory>
    void destroy_in(service_state state, Endpoint e, Factory f,
                    hf::client_options<hf::detail::protocol_of<Endpoint, Factory>> o = {})
    {
        footprint early;
        for (long i = 0; i < count; ++i)
        {
            auto service = make(e, f, o);
            service->start();
            ASSERT_NO_FATAL_FAILURE(reach(*service, state));
            service.reset();
            settle();
            EXPECT_EQ(clock.armed(), 0U);
            if (i == warm_up)
                early = footprint::now();
        }
        if (count > warm_up)
            expect_no_growth(early);
    }

    /// Waits for ever, on this clock.
    asio::awaitable<void> hang()
    {
        co_await clock.async_wait_until(context.get_executor(), clock.now() + 24h,
                                        asio::use_awaitable);
    }

    /// Lets happen what is ready; no time passes.
    void settle() { clock.advance(0s, context); }

private:
    template <class Endpoint, class Factory, class Options>
    auto make(Endpoint e, Factory f, Options o)
    {
        using protocol = hf::detail::protocol_of<Endpoint, Factory>;
        o.clock = &clock;
        o.retry = hf::retry::fixed{1s};
        if (next_ == next::timer)
            o.attempt_timeout = 10s; // what nobody else ends is ended by the clock
        return std::make_unique<hf::client_service<protocol>>(context, std::move(e), std::move(f),
                                                              o);
    }

    template <class Service>
    void reach(Service& s, service_state state)
    {
        settle();
        while (s.state() != state)
            if (!step(s.state()))
                FAIL() << "the service hangs, " << to_string(s.state());
    }

    bool step(service_state s);
    void expect_no_growth(const footprint& early) const;

    const next next_;
};

/// Has `life` be lived once shortly, for what stays in a process for good, and once in full: then
/// the process must hold exactly what it held before.
template <class Life>
void expect_nothing_left(Life life)
{
    life(warm_up);
    const auto before = footprint::now();
    life(attempts);
    EXPECT_EQ(footprint::now(), before);
}
}

#endif

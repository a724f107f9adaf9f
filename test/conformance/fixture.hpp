// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_CONFORMANCE_FIXTURE_HPP
#define HOLDFAST_TEST_CONFORMANCE_FIXTURE_HPP

#include <holdfast/client_service.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace conformance
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::error_code;
using hf::service_state;
using hf::testing::dial_step;
using namespace std::chrono_literals;

/// A protocol object that reads to the end of its stream, and tells what was done to it.
class reader : public std::enable_shared_from_this<reader>
{
public:
    explicit reader(hf::testing::memory_stream s) : stream_(std::move(s)) {}
    ~reader()
    {
        if (on_destroyed)
            on_destroyed();
    }

    template <class Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [self = shared_from_this()](auto&& done)
            {
                any_handler(std::forward<decltype(done)>(done)).swap(self->done_);
                self->read();
            },
            token);
    }

    void close() noexcept
    {
        ++closes;
        const auto keep = shared_from_this();
        if (on_close)
            std::exchange(on_close, nullptr)();
        if (!ignores_close)
            stream_.close();
    }

    /// Ends the run, where `clings` has kept it from ending.
    void let_go(error_code ec = {})
    {
        any_handler done;
        done.swap(done_);
        if (done)
            std::move(done)(ec);
    }

    /// Drops the handler, which holds the attempt that holds this: for when the context is gone.
    void forget() { any_handler().swap(done_); }

    int closes = 0;
    bool ignores_close = false;
    bool clings = false;                ///< The run goes on after the end of the stream.
    std::function<void()> on_close;     ///< Called once, in `close()`.
    std::function<void()> on_end;       ///< Called once, just before the run ends.
    std::function<void()> on_destroyed; ///< Called in the destructor.

private:
    using any_handler = asio::any_completion_handler<void(error_code)>;

    void read()
    {
        stream_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](error_code ec, std::size_t)
                                { self->have_read(ec); });
    }

    void have_read(error_code ec)
    {
        if (!ec)
            return read();
        if (on_end)
            std::exchange(on_end, nullptr)();
        if (!clings)
            let_go(ec == asio::error::eof ? error_code() : ec);
    }

    hf::testing::memory_stream stream_;
    any_handler done_;
    std::array<char, 16> buffer_{};
};

/// What one asynchronous operation completed with; empty while it has not.
template <class... Results>
class outcome
{
    struct record // outlives the outcome: what a test leaves behind completes at its end
    {
        std::optional<error_code> code;
        std::tuple<Results...> results;
        int completions = 0;
    };
    std::shared_ptr<record> record_ = std::make_shared<record>();

public:
    std::optional<error_code>& code = record_->code;
    std::tuple<Results...>& results = record_->results;
    int& completions = record_->completions;

    auto handler()
    {
        return [r = record_](error_code ec, Results... given)
        {
            ++r->completions;
            r->code = ec;
            r->results = {std::move(given)...};
        };
    }

    const auto& protocol() const { return std::get<0>(results); }
};

using connect_outcome = outcome<std::shared_ptr<reader>>;
using stop_outcome = outcome<>;

/// The states in which handlers can run: all but `choosing`.
inline constexpr std::array lasting_states{service_state::idle,       service_state::dialling,
                                           service_state::preparing,  service_state::connected,
                                           service_state::discarding, service_state::waiting,
                                           service_state::parked,     service_state::stopping,
                                           service_state::restarting, service_state::stopped};

/// Names a test after the state that it is about.
struct name_of_state
{
    template <class Info>
    std::string operator()(const Info& info) const
    {
        return std::string(hf::to_string(info.param));
    }
};

/// A service on a scripted endpoint and a manual clock. At the end of every test nothing may be
/// left: no timer, no open stream.
class fixture : public ::testing::Test
{
protected:
    using options = hf::client_options<reader>;

    /// The service under test. Its delays are exactly 1, 2, 4 ... seconds unless `o` says
    /// otherwise.
    hf::client_service<reader>& make(options o = {.retry = plain()})
    {
        o.clock = &clock;
        if (!o.observe)
            o.observe = [this](const hf::event& e) { events.push_back(e); };
        service.emplace(
            context, endpoint,
            [this](hf::testing::memory_stream s) -> std::shared_ptr<reader>
            {
                if (refusals > 0)
                {
                    --refusals;
                    return nullptr;
                }
                auto made = std::make_shared<reader>(std::move(s));
                protocols.push_back(made);
                if (on_made)
                    on_made(*made);
                return made;
            },
            std::move(o));
        return *service;
    }

    /// The same, started, connected or not as the script has it.
    hf::client_service<reader>& run(options o = {.retry = plain()})
    {
        make(std::move(o)).start();
        settle();
        return *service;
    }

    /// Brings a new service into state `s`, in the simplest way that leads there. Nothing is
    /// waiting for it then. Not for `choosing`, in which no handler runs.
    void reach(service_state s)
    {
        options o{.retry = plain()};
        switch (s)
        {
        case service_state::idle:
            make(o);
            break;
        case service_state::dialling:
            endpoint.then(dial_step::hang());
            run(o);
            break;
        case service_state::preparing:
            o.prepare = [this](reader&) { return hang(); };
            run(o);
            break;
        case service_state::connected:
            run(o);
            break;
        case service_state::discarding:
            on_made = [](reader& r) { r.ignores_close = true; };
            o.prepare = [](reader&) { throw std::runtime_error("not this one"); };
            run(o);
            break;
        case service_state::choosing:
            break;
        case service_state::waiting:
            endpoint.then(refused);
            run(o);
            break;
        case service_state::parked:
            endpoint.then(refused);
            o.retry = [](unsigned) { return std::optional<hf::duration>(); };
            run(o);
            break;
        case service_state::stopping:
        case service_state::restarting:
            on_made = [](reader& r) { r.ignores_close = true; };
            run(o).stop();
            if (s == service_state::restarting)
                service->start();
            break;
        case service_state::stopped:
            make(o).stop();
            break;
        }
        settle();
        on_made = nullptr;
        EXPECT_EQ(service->state(), s);
    }

    /// A preparation, or anything else, that ends only when it is cancelled.
    asio::awaitable<void> hang() { return wait(24h); }

    asio::awaitable<void> wait(hf::duration d)
    {
        co_await clock.async_wait_until(context.get_executor(), clock.now() + d,
                                        asio::use_awaitable);
    }

    inline static const dial_step refused = dial_step::fail(asio::error::connection_refused);

    static hf::retry::backoff plain() { return {.jitter = hf::retry::jitter::none}; }

    /// Lets happen what is ready; no time passes.
    void settle() { clock.advance(0s, context); }

    void pass(hf::duration d) { clock.advance(d, context); }

    /// How often an event of this kind was told.
    int told(hf::event_kind k) const
    {
        int n = 0;
        for (const auto& e : events)
            n += e.kind == k;
        return n;
    }

    /// Ends it all while what a test has on its stack is still there.
    void finish()
    {
        service.reset();
        settle();
    }

    void TearDown() override
    {
        service.reset();
        protocols.clear();
        settle();
        EXPECT_EQ(clock.armed(), 0U);
        EXPECT_EQ(endpoint.open_streams(), 0U);
        EXPECT_LE(endpoint.open_streams_max(), live_at_once); // CS-18
    }

    std::size_t live_at_once = 1;         ///< How many connections the test may have open at once.
    int refusals = 0;                     ///< How many times more the factory refuses.
    std::function<void(reader&)> on_made; ///< Called in the factory, with each new protocol.

    hf::testing::manual_clock clock;
    asio::io_context context;
    hf::testing::scripted_endpoint endpoint;
    std::vector<std::shared_ptr<reader>> protocols;
    std::vector<hf::event> events;
    std::optional<hf::client_service<reader>> service;
};
}

#endif

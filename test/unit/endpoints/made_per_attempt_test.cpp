// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/made_per_attempt.hpp>

#include "dial_fixture.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/retry/immediately.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <vector>

namespace holdfast
{
static_assert(endpoint<made_per_attempt<tcp>>);
static_assert(endpoint<made_per_attempt<any_endpoint>>);

namespace
{
using namespace std::chrono_literals;
using tcp_socket = asio::ip::tcp;
namespace e = boost::system::errc;

class made_per_attempt_test : public dial_fixture
{
protected:
    made_per_attempt_test()
        : server_(std::make_unique<tcp_socket::acceptor>(
              io_, tcp_socket::endpoint(asio::ip::address_v4::loopback(), 0)))
    {
    }

    ~made_per_attempt_test() override { server_ = nullptr; }

    tcp here() const { return {"127.0.0.1", server_->local_endpoint().port()}; }

    /// A coroutine's wait on the clock of the test.
    asio::awaitable<void> pass(duration d)
    {
        co_await clock_.async_wait_until(io_.get_executor(), clock_.now() + d, asio::use_awaitable);
    }

    std::string detail() const { return report_.detail ? *report_.detail : std::string(); }

    std::unique_ptr<tcp_socket::acceptor> server_;
};

TEST_F(made_per_attempt_test, a_coroutine_makes_the_endpoint_that_is_dialled)
{
    const made_per_attempt made("the leader",
                                [this](const dial_context&) -> asio::awaitable<tcp>
                                {
                                    co_await pass(1s);
                                    co_return here();
                                });
    static_assert(std::same_as<decltype(made), const made_per_attempt<tcp>>);
    const auto result = dial(made);
    settle();
    EXPECT_EQ(result->completions, 0);
    EXPECT_EQ(report_.phase, phase::connect);
    EXPECT_EQ(detail(), "the endpoint is not made yet"); // what a time-out would tell
    clock_.advance(1s);
    finish(result);
    EXPECT_EQ(result->code, error_code());
    EXPECT_EQ(result->stream->remote_endpoint(), server_->local_endpoint());
    EXPECT_EQ(detail(), "");
    EXPECT_EQ(to_string(made), "the leader");
}

TEST_F(made_per_attempt_test, a_callable_without_a_coroutine_will_do)
{
    const auto result = dial(made_per_attempt("x",
                                              [this](const dial_context& context)
                                              {
                                                  EXPECT_EQ(context.attempt, 1U);
                                                  EXPECT_EQ(context.clock, &clock_);
                                                  return here();
                                              }));
    finish(result);
    EXPECT_EQ(result->code, error_code());
}

TEST_F(made_per_attempt_test, a_callable_with_a_handler_calls_it_from_within_or_from_any_thread)
{
    using made = made_per_attempt<tcp>;
    const auto within = dial(made("x", [this](const dial_context&, made::handler done)
                                  { std::move(done)(error_code(), here()); }));
    finish(within);
    EXPECT_EQ(within->code, error_code());

    std::thread other;
    const auto elsewhere =
        dial(made("x",
                  [&](const dial_context&, made::handler done)
                  {
                      other = std::thread([this, done = std::move(done)]() mutable
                                          { std::move(done)(error_code(), here()); });
                  }));
    other.join();
    finish(elsewhere);
    EXPECT_EQ(elsewhere->code, error_code());
    EXPECT_EQ(elsewhere->thread, std::this_thread::get_id());
}

TEST_F(made_per_attempt_test, an_error_in_place_of_an_endpoint_fails_the_dial)
{
    using made = made_per_attempt<tcp>;
    const auto failed = dial(made("x", [](const dial_context&, made::handler done)
                                  { std::move(done)(asio::error::access_denied, std::nullopt); }));
    finish(failed);
    EXPECT_EQ(failed->code, asio::error::access_denied);
    EXPECT_EQ(detail(), "the endpoint could not be made");

    const auto nothing = dial(made("x", [](const dial_context&, made::handler done)
                                   { std::move(done)(error_code(), std::nullopt); }));
    finish(nothing);
    EXPECT_EQ(nothing->code, errc::factory_refused);
}

TEST_F(made_per_attempt_test, what_is_thrown_fails_the_dial_and_is_told)
{
    const auto thrown = dial(made_per_attempt("x",
                                              [](const dial_context&) -> asio::awaitable<tcp>
                                              {
                                                  throw boost::system::system_error(
                                                      asio::error::access_denied, "vault");
                                                  co_return tcp("h", 1);
                                              }));
    finish(thrown);
    EXPECT_EQ(thrown->code, asio::error::access_denied);
    EXPECT_EQ(detail(), "the endpoint could not be made");

    const auto other = dial(made_per_attempt("x", [](const dial_context&) -> tcp
                                             { throw std::runtime_error("no\ntoken"); }));
    finish(other);
    EXPECT_EQ(other->code, errc::exception_thrown);
    EXPECT_EQ(detail(), R"(the endpoint could not be made: no\x0atoken)");

    using made = made_per_attempt<tcp>;
    const auto at_once = dial(made("x", [](const dial_context&, made::handler) { throw 1; }));
    finish(at_once);
    EXPECT_EQ(at_once->code, errc::exception_thrown);
}

TEST_F(made_per_attempt_test, what_the_endpoint_says_is_passed_on)
{
    const auto port = here().port();
    server_->close();
    const auto result =
        dial(made_per_attempt("x", [&](const dial_context&) { return tcp("127.0.0.1", port); }));
    finish(result);
    EXPECT_EQ(result->code, e::connection_refused);
    EXPECT_EQ(detail(), "");
}

TEST_F(made_per_attempt_test, CS_7F_a_coroutine_is_cancelled_and_not_waited_for)
{
    bool cancelled = false;
    const auto stubborn = [&](const dial_context& context) -> asio::awaitable<tcp>
    {
        try
        {
            co_await pass(1h);
        }
        catch (const boost::system::system_error& ex)
        {
            cancelled = ex.code() == asio::error::operation_aborted;
        }
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await pass(1h);
        context.report->detail = nullptr; // of nobody, by then
        co_return here();
    };
    auto report = std::make_unique<dial_report>();
    auto with = context();
    with.report = report.get();
    const auto result = dial(made_per_attempt("x", stubborn), with);
    settle();
    result->cancel.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(result->completions, 0);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
    EXPECT_TRUE(cancelled);
    report = nullptr;
    clock_.advance(1h, io_);
    EXPECT_EQ(open_sockets(), 1U); // what it made was not dialled
}

TEST_F(made_per_attempt_test, CS_7F_a_dial_of_what_was_made_is_cancelled)
{
    bool made = false;
    resolver_.hang("name.example");
    const made_per_attempt endpoint("x",
                                    [&](const dial_context&)
                                    {
                                        made = true;
                                        return tcp("name.example", 80);
                                    });
    const auto result = dial(endpoint);
    settle();
    EXPECT_TRUE(made);
    EXPECT_EQ(resolver_.pending_lookups(), 1U);
    result->cancel.emit(asio::cancellation_type::partial);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
    EXPECT_EQ(resolver_.pending_lookups(), 0U);
}

TEST_F(made_per_attempt_test, CS_7F_a_cancel_from_within_and_one_that_a_success_overtakes)
{
    asio::cancellation_signal cancel;
    std::optional<error_code> code;
    const auto dial_cancelled_by = [&](auto f)
    {
        code.reset();
        made_per_attempt("x", std::move(f))
            .async_connect(context(),
                           asio::bind_cancellation_slot(
                               cancel.slot(), [&](error_code ec, tcp::stream_type) { code = ec; }));
        settle();
    };
    dial_cancelled_by(
        [&](const dial_context&) -> asio::awaitable<tcp>
        {
            cancel.emit(asio::cancellation_type::all); // before its first wait
            co_return here();
        });
    EXPECT_EQ(code, error_code(asio::error::operation_aborted));
    dial_cancelled_by(
        [&](const dial_context&) -> asio::awaitable<tcp>
        {
            cancel.emit(asio::cancellation_type::all);
            co_await pass(1h);
            co_return here();
        });
    EXPECT_EQ(code, error_code(asio::error::operation_aborted));
    dial_cancelled_by(
        [&](const dial_context&)
        {
            asio::post(io_, [&] { cancel.emit(asio::cancellation_type::all); });
            return here(); // and has succeeded before that is run
        });
    EXPECT_EQ(code, error_code(asio::error::operation_aborted));
}

TEST_F(made_per_attempt_test, a_context_that_is_destroyed_takes_the_making_along)
{
    const auto alive = std::make_shared<int>(0);
    bool completed = false;
    made_per_attempt<tcp>::handler never;
    {
        asio::io_context gone;
        auto with = context();
        with.executor = gone.get_executor();
        const auto done = [&](error_code, tcp::stream_type) { completed = true; };
        made_per_attempt("x",
                         [&, alive](const dial_context& c) -> asio::awaitable<tcp>
                         {
                             co_await clock_.async_wait_until(c.executor, clock_.now() + 1h,
                                                              asio::use_awaitable);
                             co_return here();
                         })
            .async_connect(with, done);
        made_per_attempt<tcp>("x", [&, alive](const dial_context&, auto) {}) // drops the handler
            .async_connect(with, done);
        gone.poll();
        EXPECT_GT(alive.use_count(), 1);
    }
    EXPECT_EQ(alive.use_count(), 1);
    EXPECT_FALSE(completed);
}

TEST_F(made_per_attempt_test, a_dial_tells_of_the_making)
{
    struct : dial_trace
    {
        std::vector<dial_step> steps;
        void step(dial_step s) override { steps.push_back(std::move(s)); }
    } trace;
    auto with = context();
    with.report = &trace;
    finish(dial(made_per_attempt("the leader", [&](const dial_context&) { return here(); }), with));
    ASSERT_FALSE(trace.steps.empty());
    EXPECT_EQ(trace.steps[0].what, "make the leader");
    EXPECT_EQ(trace.steps[0].facts.at(0).second, to_string(here()));
    trace.steps.clear();
    finish(dial(made_per_attempt("the leader", [](const dial_context&) -> tcp { throw 1; }), with));
    ASSERT_EQ(trace.steps.size(), 1U);
    EXPECT_EQ(trace.steps[0].code, errc::exception_thrown);
}

TEST_F(made_per_attempt_test, a_service_has_it_made_for_each_attempt_within_its_deadline)
{
    std::vector<std::uint32_t> attempts;
    failure why;
    {
        client_service<session> service(
            io_,
            made_per_attempt("the leader",
                             [&](const dial_context& c) -> asio::awaitable<any_endpoint>
                             {
                                 attempts.push_back(c.attempt);
                                 EXPECT_EQ(c.deadline, clock_.now() + 30s);
                                 if (c.attempt == 2)
                                     throw std::runtime_error("no token");
                                 co_await pass(1h);
                                 co_return here();
                             }),
            [](stream) -> asio::awaitable<void> { co_return; },
            {.retry = retry::immediately{},
             .observe =
                 [&](const event& ev)
             {
                 if (ev.kind == event_kind::failed)
                     why = *ev.why;
             },
             .clock = &clock_,
             .resolver = &resolver_});
        service.start();
        clock_.advance(29s, io_);
        EXPECT_EQ(attempts.size(), 1U);
        clock_.advance(1s, io_);
        EXPECT_EQ(attempts, (std::vector<std::uint32_t>{1, 2, 3}));
        EXPECT_EQ(to_string(why), "the leader: attempt 2 failed in connect after 0.0 ms: an "
                                  "exception was thrown: the endpoint could not be made: no token");
        clock_.advance(30s, io_);
        EXPECT_EQ(why.code, errc::connect_timed_out);
        EXPECT_EQ(*why.detail, "the endpoint is not made yet");
    }
    settle();
}

TEST(made_per_attempt, must_have_a_name)
{
    EXPECT_THROW(made_per_attempt("", [](const dial_context&) { return tcp("h", 1); }),
                 std::invalid_argument);
}
}
}

// SPDX-License-Identifier: BSL-1.0
// Dials by way of proxies, which are the test itself.
#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/http_connect.hpp>
#include <holdfast/endpoints/socks5.hpp>

#include "unit/endpoints/dial_fixture.hpp"

#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/error.hpp>

#include <string>
#include <vector>

namespace holdfast
{
namespace
{
using namespace std::string_literals;
using namespace std::chrono_literals;
using testing::dial_step;
using testing::scripted_endpoint;

const auto takes_nobody = "\5\0"s;
const auto takes_user = "\5\2"s;
const auto user_is_known = "\1\0"s;
const auto reached = "\5\0\0\1\x7f\0\0\1\x04\x38"s;

/// A proxy that is the test: each dial of it is in `way_`.
class proxy_dial : public dial_fixture
{
protected:
    ~proxy_dial() override
    {
        EXPECT_EQ(way_.open_streams(), 0U);
        EXPECT_EQ(way_.pending_dials(), 0U);
    }

    auto socks(proxy_options o = {}) const
    {
        return socks5_over(way_, "example.com", 443, std::move(o));
    }

    auto http() const { return http_connect_over(way_, "example.com", 443); }

    /// Has the proxy say `text`, and our end read it.
    void say(std::string_view text)
    {
        EXPECT_TRUE(way_.last().peer().give(text));
        settle();
    }

    std::string heard() const { return way_.last().peer().take(); }
    std::string detail() const { return report_.detail ? *report_.detail : std::string(); }

    scripted_endpoint way_;
};

TEST_F(proxy_dial, CS_7D_goes_on_to_the_target_over_the_stream_below)
{
    const auto result = dial(socks());
    settle();
    EXPECT_EQ(heard(), "\5\1\0"s);
    say(takes_nobody);
    EXPECT_EQ(heard(), "\5\1\0\3\x0b"s + "example.com\1\xbb");
    EXPECT_EQ(report_.phase, phase::proxy);
    say(reached + "hello"); // the target may speak first
    ASSERT_EQ(result->completions, 1);
    EXPECT_EQ(result->code, error_code());
    EXPECT_EQ(report_.detail, nullptr);

    static_assert(std::is_same_v<socks5::stream_type, tcp::stream_type>);
    std::string text(16, 0);
    std::size_t size = 0;
    result->stream->async_read_some(asio::buffer(text),
                                    [&](error_code, std::size_t n) { size = n; });
    settle();
    EXPECT_EQ(text.substr(0, size), "hello");
    result->stream->close();
}

TEST_F(proxy_dial, takes_an_answer_one_byte_at_a_time)
{
    const auto by_socks = dial(socks({.user = "me", .password = "secret"}));
    settle();
    const auto whole = std::string(takes_user).append(user_is_known).append(reached);
    for (const char c : whole)
    {
        EXPECT_EQ(by_socks->completions, 0);
        say(std::string(1, c));
    }
    EXPECT_EQ(by_socks->completions, 1);
    EXPECT_EQ(by_socks->code, error_code());
    by_socks->stream->close();

    const auto by_http = dial(http());
    settle();
    for (const char c : "HTTP/1.1 200 OK\r\n\r\n"s)
    {
        EXPECT_EQ(by_http->completions, 0);
        say(std::string(1, c));
    }
    EXPECT_EQ(by_http->completions, 1);
    EXPECT_EQ(by_http->code, error_code());
    by_http->stream->close();
}

TEST_F(proxy_dial, a_question_is_written_whole_however_little_is_taken_at_once)
{
    way_.otherwise({.result = error_code(), .capacity = 3});
    const auto result = dial(http());
    std::string question;
    for (int i = 0; i < 100 && !question.ends_with("\r\n\r\n"); ++i)
    {
        settle();
        question += heard();
    }
    EXPECT_EQ(question, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
    settle();
    say("HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_EQ(result->completions, 1);
    result->stream->close();
}

TEST_F(proxy_dial, a_proxy_that_is_not_reached_is_told_apart_from_the_target)
{
    way_.then({.result = asio::error::connection_refused, .phase = phase::connect});
    const auto result = dial(socks());
    finish(result);
    EXPECT_EQ(result->code, asio::error::connection_refused);
    EXPECT_EQ(report_.phase, phase::connect);
    EXPECT_EQ(detail(), "the proxy scripted was not reached");
}

TEST_F(proxy_dial, a_refusal_says_what_was_asked_and_what_was_answered)
{
    const auto by_socks = dial(socks());
    settle();
    say(takes_nobody + "\5\5");
    finish(by_socks);
    EXPECT_EQ(by_socks->code, proxy_errc::target_refused);
    EXPECT_EQ(report_.phase, phase::proxy);
    EXPECT_EQ(detail(), "the proxy was asked for example.com:443");

    const auto by_http = dial(http());
    settle();
    say("HTTP/1.1 403 Filtered\r\n\r\n");
    finish(by_http);
    EXPECT_EQ(by_http->code, proxy_errc::forbidden);
    EXPECT_EQ(detail(), "the proxy was asked for example.com:443; it answered 403 Filtered");
}

TEST_F(proxy_dial, a_chain_says_which_of_the_proxies_was_not_reached)
{
    way_.then(dial_step::fail(asio::error::connection_refused));
    const auto chain = socks5_over(http_connect_over(way_, "second", 1080), "example.com", 443);
    const auto result = dial(chain);
    finish(result);
    EXPECT_EQ(detail(), "the proxy http-connect:second:1080:endpoint=scripted was not reached: the "
                        "proxy scripted was not reached");
}

TEST_F(proxy_dial, a_chain_asks_each_proxy_for_the_next)
{
    const auto chain = socks5_over(http_connect_over(way_, "second", 1080), "example.com", 443);
    const auto result = dial(chain);
    settle();
    EXPECT_EQ(heard(), "CONNECT second:1080 HTTP/1.1\r\nHost: second:1080\r\n\r\n");
    say("HTTP/1.1 200 OK\r\n\r\n" + takes_nobody);
    EXPECT_EQ(heard(), "\5\1\0"s + "\5\1\0\3\x0b"s + "example.com\1\xbb");
    say(reached);
    EXPECT_EQ(result->completions, 1);
    result->stream->close();
}

TEST_F(proxy_dial, a_proxy_that_hangs_up_is_noticed_in_each_state)
{
    const auto whole = takes_user + user_is_known + reached;
    for (std::size_t size = 0; size < whole.size(); ++size)
    {
        const auto result = dial(socks({.user = "me", .password = "secret"}));
        settle();
        say(whole.substr(0, size));
        way_.last().peer().close();
        finish(result);
        EXPECT_EQ(result->code, asio::error::eof) << size;
        EXPECT_EQ(report_.phase, phase::proxy);
        EXPECT_EQ(detail(), "the proxy was asked for example.com:443; it hung up");
    }
    const std::string header = "HTTP/1.1 200 OK\r\n\r\n";
    for (std::size_t size = 0; size < header.size(); ++size)
    {
        const auto result = dial(http());
        settle();
        say(header.substr(0, size));
        way_.last().peer().close();
        finish(result);
        EXPECT_EQ(result->code, asio::error::eof) << size;
    }
}

TEST_F(proxy_dial, a_connection_that_is_reset_gives_what_the_system_gives)
{
    const auto result = dial(socks());
    settle();
    way_.last().peer().reset();
    finish(result);
    EXPECT_EQ(result->code, asio::error::connection_reset);
    EXPECT_EQ(report_.phase, phase::proxy);
}

// The time of the proxy begins when it is reached, however long that took.
TEST_F(proxy_dial, has_a_time_out_of_its_own_that_begins_when_the_proxy_is_reached)
{
    way_.then(dial_step::succeed(1h));
    const auto result = dial(socks({.timeout = 5s}));
    settle();
    clock_.advance(1h);
    settle();
    EXPECT_EQ(heard(), "\5\1\0"s);
    clock_.advance(3s);
    settle();
    say(takes_nobody); // an answer does not begin it anew: it is one for all of the proxy's part
    clock_.advance(1999ms);
    settle();
    EXPECT_EQ(result->completions, 0);
    clock_.advance(1ms);
    finish(result);
    EXPECT_EQ(result->code, errc::proxy_timed_out);
    EXPECT_EQ(report_.phase, phase::proxy);
    EXPECT_EQ(detail(), "the proxy was asked for example.com:443");
}

TEST_F(proxy_dial, CS_7F_ends_promptly_when_cancelled_while_the_proxy_is_dialled)
{
    for (const auto& step : {dial_step::hang(), dial_step::succeed(1h)})
    {
        way_.then(step);
        const auto result = dial(socks());
        settle();
        result->cancel.emit(asio::cancellation_type::terminal);
        EXPECT_EQ(result->completions, 0);
        finish(result);
        EXPECT_EQ(result->code, asio::error::operation_aborted);
    }
}

TEST_F(proxy_dial, CS_7F_closes_a_connection_that_was_made_in_spite_of_a_cancellation)
{
    way_.then({.when_cancelled = dial_step::cancelled::succeed});
    const auto result = dial(socks());
    settle();
    result->cancel.emit(asio::cancellation_type::partial);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
    EXPECT_EQ(way_.open_streams(), 0U);
}

TEST_F(proxy_dial, CS_7F_ends_promptly_when_cancelled_at_each_byte_of_an_answer)
{
    const auto whole = takes_user + user_is_known + reached;
    for (std::size_t size = 0; size < whole.size(); ++size)
    {
        const auto result = dial(socks({.user = "me", .password = "secret"}));
        settle();
        say(whole.substr(0, size));
        result->cancel.emit(asio::cancellation_type::total);
        EXPECT_EQ(result->completions, 0);
        EXPECT_EQ(way_.open_streams(), 0U);
        finish(result);
        EXPECT_EQ(result->code, asio::error::operation_aborted);
    }
}

TEST_F(proxy_dial, CS_7F_a_cancellation_outranks_an_answer_that_came_before_it)
{
    const auto result = dial(socks());
    settle();
    say(takes_nobody);
    way_.last().peer().give(reached); // not read yet
    result->cancel.emit(asio::cancellation_type::terminal);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
    EXPECT_EQ(way_.open_streams(), 0U);
}

TEST_F(proxy_dial, CS_7F_ends_promptly_when_cancelled_in_the_middle_of_a_question)
{
    way_.otherwise({.result = error_code(), .capacity = 3});
    const auto result = dial(http());
    settle();
    result->cancel.emit(asio::cancellation_type::terminal);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
}

TEST_F(proxy_dial, CS_7F_cancelled_before_anything_has_run)
{
    const auto result = dial(socks());
    result->cancel.emit(asio::cancellation_type::terminal);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
    const auto here = dial(socks({.resolve_here = true}));
    here->cancel.emit(asio::cancellation_type::terminal);
    finish(here);
    EXPECT_EQ(here->code, asio::error::operation_aborted);
}

TEST_F(proxy_dial, a_dial_that_is_abandoned_with_its_context_leaves_nothing)
{
    scripted_endpoint way;
    {
        asio::io_context io;
        auto c = context();
        c.executor = io.get_executor();
        socks5_over(way, "example.com", 443)
            .async_connect(c, [](error_code, auto) { FAIL() << "nobody is called"; });
        io.poll();
    }
    EXPECT_EQ(way.open_streams(), 0U);
}

TEST_F(proxy_dial, asks_nobody_here_for_the_name_unless_told_to)
{
    const auto result = dial(socks());
    settle();
    say(takes_nobody + reached);
    EXPECT_EQ(result->completions, 1);
    EXPECT_EQ(resolver_.lookups().size(), 0U);
    result->stream->close();
}

TEST_F(proxy_dial, a_name_that_is_looked_up_here_reaches_the_proxy_as_an_address)
{
    resolver_.answer("example.com", {"2001:db8::1", "192.0.2.1"});
    auto c = context();
    for (c.attempt = 1; c.attempt <= 3; ++c.attempt)
    {
        const auto result = dial(socks({.resolve_here = true}), c);
        settle();
        heard();
        say(takes_nobody);
        // Of several, each attempt takes the next one.
        EXPECT_EQ(heard(), c.attempt == 2
                               ? "\5\1\0\1\xc0\0\2\1\1\xbb"s
                               : "\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\1\xbb"s);
        say(reached);
        EXPECT_EQ(result->completions, 1);
        result->stream->close();
    }
    const auto by_http = dial(http_connect_over(way_, "example.com", 443, {.resolve_here = true}));
    settle();
    EXPECT_EQ(heard().substr(0, 25), "CONNECT [2001:db8::1]:443");
    by_http->cancel.emit(asio::cancellation_type::all);
    finish(by_http);
}

TEST_F(proxy_dial, a_lookup_here_that_fails_ends_it_before_the_proxy_is_dialled)
{
    resolver_.fail("example.com", asio::error::host_not_found);
    const auto result = dial(socks({.resolve_here = true}));
    finish(result);
    EXPECT_EQ(result->code, asio::error::host_not_found);
    EXPECT_EQ(report_.phase, phase::lookup);
    EXPECT_EQ(way_.dial_count(), 0U);
}

TEST_F(proxy_dial, a_lookup_here_has_the_time_out_too_and_can_be_cancelled)
{
    resolver_.hang("example.com").hang("example.com");
    const auto late = dial(socks({.resolve_here = true, .timeout = 5s}));
    settle();
    clock_.advance(5s);
    finish(late);
    EXPECT_EQ(late->code, errc::lookup_timed_out);
    const auto cancelled = dial(socks({.resolve_here = true}));
    settle();
    cancelled->cancel.emit(asio::cancellation_type::partial);
    finish(cancelled);
    EXPECT_EQ(cancelled->code, asio::error::operation_aborted);
    EXPECT_EQ(way_.dial_count(), 0U);
}

struct recorded_steps final : dial_trace
{
    void step(holdfast::dial_step s) override { steps.push_back(std::move(s)); }
    std::vector<holdfast::dial_step> steps;
};

TEST_F(proxy_dial, tells_its_steps_without_a_secret)
{
    recorded_steps trace;
    auto c = context();
    c.report = &trace;
    resolver_.answer("example.com", {"192.0.2.1"});
    const auto result = dial(socks({.user = "me", .password = "secret", .resolve_here = true}), c);
    settle();
    clock_.advance(2s);
    say(takes_user + user_is_known + "\5\2");
    finish(result);
    ASSERT_EQ(trace.steps.size(), 2U);
    EXPECT_EQ(trace.steps[0].phase, phase::lookup);
    EXPECT_EQ(trace.steps[0].what, "look up example.com");
    EXPECT_EQ(trace.steps[0].facts.at(0), std::pair("address"s, "192.0.2.1"s));
    EXPECT_EQ(trace.steps[1].phase, phase::proxy);
    EXPECT_EQ(trace.steps[1].what, "ask the SOCKS5 proxy for example.com:443");
    EXPECT_EQ(trace.steps[1].ended - trace.steps[1].began, 2s);
    EXPECT_EQ(trace.steps[1].code, proxy_errc::forbidden);
    EXPECT_EQ(trace.steps[1].detail, "the proxy was asked for example.com:443");
    EXPECT_EQ(trace.steps[1].facts.at(0), std::pair("authentication"s, "user and password"s));
}

TEST_F(proxy_dial, completes_with_an_empty_stream_where_its_kind_is_erased)
{
    const auto over_any = socks5_over(any_endpoint(way_), "example.com", 443);
    error_code code;
    std::string peer = "?";
    asio::cancellation_signal cancel;
    over_any.async_connect(context(), asio::bind_cancellation_slot(cancel.slot(),
                                                                   [&](error_code ec, stream s)
                                                                   {
                                                                       code = ec;
                                                                       peer = s.peer();
                                                                   }));
    settle();
    cancel.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(code, asio::error::operation_aborted);
    EXPECT_EQ(peer, "");
}
}
}

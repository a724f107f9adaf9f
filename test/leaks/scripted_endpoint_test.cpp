// SPDX-License-Identifier: BSL-1.0
#include "leaks/world.hpp"

#include <holdfast/testing/scripted_endpoint.hpp>

#include <stdexcept>

// Attempts on connections in memory: all that goes on is the library's own and the test's.

namespace
{
using namespace leaks;
using hf::testing::dial_step;
using hf::testing::memory_stream;
using protocol = guest<memory_stream>;
using options = hf::client_options<protocol>;

/// A scripted endpoint that does the same each time, and has a record of the last dial only: one
/// of all would grow with each. Of the dial before nothing may go on when the next one begins.
class same_again
{
public:
    using stream_type = memory_stream;

    explicit same_again(dial_step s) : state_(std::make_shared<state>(std::move(s))) {}

    template <asio::completion_token_for<void(error_code, memory_stream)> Token>
    auto async_connect(const hf::dial_context& context, Token&& token) const
    {
        expect_nothing_left();
        state_->dial = hf::testing::scripted_endpoint{state_->step};
        return state_->dial.async_connect(context, std::forward<Token>(token));
    }

    /// The other end of the last connection.
    memory_stream& peer() const { return state_->dial.last().peer(); }

    void expect_nothing_left() const
    {
        EXPECT_EQ(state_->dial.pending_dials(), 0U);
        EXPECT_EQ(state_->dial.open_streams(), 0U);
    }

private:
    struct state
    {
        explicit state(dial_step s) : step(std::move(s)) {}
        ~state()
        {
            EXPECT_EQ(dial.pending_dials(), 0U);
            EXPECT_EQ(dial.open_streams(), 0U);
        }
        const dial_step step;
        hf::testing::scripted_endpoint dial;
    };

    std::shared_ptr<state> state_;
};

std::string to_string(const same_again&)
{
    return "same again";
}

same_again connects()
{
    return same_again(dial_step::succeed());
}

same_again hangs()
{
    return same_again(dial_step::hang());
}

std::shared_ptr<protocol> make_guest(memory_stream s)
{
    return std::make_shared<protocol>(std::move(s));
}

const error_code refused = asio::error::connection_refused;

TEST(failed_attempts, leave_nothing_where_the_connection_is_refused)
{
    expect_nothing_left(
        [](long n) { world(n).fail(refused, same_again(dial_step::fail(refused)), make_guest); });
}

TEST(failed_attempts, leave_nothing_where_the_failure_comes_late)
{
    expect_nothing_left(
        [](long n)
        { world(n).fail(refused, same_again(dial_step::fail(refused, 3s)), make_guest); });
}

TEST(failed_attempts, leave_nothing_where_the_connect_times_out)
{
    expect_nothing_left([](long n)
                        { world(n).fail(hf::errc::connect_timed_out, hangs(), make_guest); });
}

TEST(failed_attempts, leave_nothing_where_the_connect_succeeds_when_it_has_timed_out)
{
    auto step = dial_step::hang();
    step.when_cancelled = dial_step::cancelled::succeed;
    expect_nothing_left(
        [&](long n) { world(n).fail(hf::errc::connect_timed_out, same_again(step), make_guest); });
}

TEST(failed_attempts, leave_nothing_where_the_endpoint_throws)
{
    const auto step =
        dial_step::raise(std::make_exception_ptr(boost::system::system_error(refused)));
    expect_nothing_left([&](long n) { world(n).fail(refused, same_again(step), make_guest); });
}

TEST(failed_attempts, leave_nothing_where_the_factory_throws)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).fail(hf::errc::exception_thrown, connects(),
                          [](memory_stream) -> std::shared_ptr<protocol>
                          { throw std::runtime_error("none today"); });
        });
}

TEST(failed_attempts, leave_nothing_where_the_factory_gives_null)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).fail(hf::errc::factory_refused, connects(),
                          [](memory_stream) { return std::shared_ptr<protocol>(); });
        });
}

TEST(failed_attempts, leave_nothing_where_the_protocol_ends_at_once)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).fail(asio::error::eof, connects(), [](memory_stream s)
                          { return std::make_shared<protocol>(std::move(s), false); });
        });
}

TEST(failed_attempts, leave_nothing_where_the_peer_closes_at_once)
{
    expect_nothing_left(
        [](long n)
        {
            const auto e = connects();
            world(n).fail(asio::error::eof, e,
                          [e](memory_stream s)
                          {
                              e.peer().close();
                              return make_guest(std::move(s));
                          });
        });
}

TEST(failed_attempts, leave_nothing_where_the_peer_resets)
{
    expect_nothing_left(
        [](long n)
        {
            const auto e = connects();
            world(n).fail(asio::error::connection_reset, e,
                          [e](memory_stream s)
                          {
                              e.peer().reset();
                              return make_guest(std::move(s));
                          });
        });
}

TEST(failed_attempts, leave_nothing_where_the_peer_resets_during_the_preparation)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            const auto e = connects();
            const auto prepare = [&](protocol&) -> asio::awaitable<void>
            {
                e.peer().reset();
                return w.hang();
            };
            w.fail(asio::error::connection_reset, e, make_guest, {.prepare = prepare});
        });
}

TEST(failed_attempts, leave_nothing_where_the_preparation_fails)
{
    expect_nothing_left(
        [](long n)
        {
            const auto prepare = [](protocol&) -> asio::awaitable<void>
            {
                throw boost::system::system_error(asio::error::access_denied);
                co_return;
            };
            world(n).fail(asio::error::access_denied, connects(), make_guest, {.prepare = prepare});
        });
}

TEST(failed_attempts, leave_nothing_where_the_preparation_throws_outside_a_coroutine)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).fail(hf::errc::exception_thrown, connects(), make_guest,
                          {.prepare = [](protocol&) { throw std::runtime_error("not this one"); }});
        });
}

TEST(failed_attempts, leave_nothing_where_the_preparation_times_out)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            w.fail(hf::errc::prepare_timed_out, connects(), make_guest,
                   {.prepare = [&](protocol&) { return w.hang(); }, .prepare_timeout = 1s});
        });
}

TEST(failed_attempts, leave_nothing_where_a_session_throws)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).fail(refused, connects(),
                          [](memory_stream) -> asio::awaitable<void>
                          {
                              throw boost::system::system_error(refused);
                              co_return;
                          });
        });
}

/// A protocol of callbacks whose connection ends in one of them.
struct thrower : hf::callback_protocol, counted
{
    void made(hf::transport& t) override
    {
        t.write("hello"); // which is left unsent, or unread
        throw boost::system::system_error(refused);
    }
    void received(std::string_view) override {}
};

TEST(failed_attempts, leave_nothing_where_a_callback_throws)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).fail(refused, connects(),
                          [](const std::string&) { return std::make_shared<thrower>(); });
        });
}

TEST(stopped_attempts, leave_nothing_of_a_dial)
{
    expect_nothing_left([](long n)
                        { world(n).stop_in(service_state::dialling, hangs(), make_guest); });
}

TEST(stopped_attempts, leave_nothing_of_a_dial_that_succeeds_all_the_same)
{
    auto step = dial_step::hang();
    step.when_cancelled = dial_step::cancelled::succeed;
    expect_nothing_left(
        [&](long n) { world(n).stop_in(service_state::dialling, same_again(step), make_guest); });
}

TEST(stopped_attempts, leave_nothing_of_a_preparation)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            w.stop_in(service_state::preparing, connects(), make_guest,
                      {.prepare = [&](protocol&) { return w.hang(); }});
        });
}

TEST(stopped_attempts, leave_nothing_of_a_connection)
{
    expect_nothing_left([](long n)
                        { world(n).stop_in(service_state::connected, connects(), make_guest); });
}

TEST(stopped_attempts, leave_nothing_of_a_delay)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).stop_in(service_state::waiting, same_again(dial_step::fail(refused)),
                             make_guest);
        });
}

TEST(destroyed_services, leave_nothing_of_a_dial)
{
    expect_nothing_left([](long n)
                        { world(n).destroy_in(service_state::dialling, hangs(), make_guest); });
}

TEST(destroyed_services, leave_nothing_of_a_preparation)
{
    expect_nothing_left(
        [](long n)
        {
            world w(n);
            w.destroy_in(service_state::preparing, connects(), make_guest,
                         {.prepare = [&](protocol&) { return w.hang(); }});
        });
}

TEST(destroyed_services, leave_nothing_of_a_connection)
{
    expect_nothing_left([](long n)
                        { world(n).destroy_in(service_state::connected, connects(), make_guest); });
}

TEST(destroyed_services, leave_nothing_of_a_delay)
{
    expect_nothing_left(
        [](long n)
        {
            world(n).destroy_in(service_state::waiting, same_again(dial_step::fail(refused)),
                                make_guest);
        });
}
}

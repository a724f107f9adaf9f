// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/failover.hpp>

#include "unit/endpoints/dial_fixture.hpp"

#include <holdfast/endpoints/registry.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <set>
#include <stdexcept>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;
using testing::dial_step;

/// A scripted endpoint with a name, that counts what it is told.
struct named_endpoint
{
    using stream_type = testing::memory_stream;

    explicit named_endpoint(std::string n) : name(std::move(n)) {}

    template <class Token>
    auto async_connect(const dial_context& context, Token&& token) const
    {
        return script.async_connect(context, std::forward<Token>(token));
    }

    void failed(const failure& why, resolver&) const noexcept { told->push_back(why.phase); }

    std::string name;
    testing::scripted_endpoint script{};
    std::shared_ptr<std::vector<phase>> told = std::make_shared<std::vector<phase>>();
};

std::string to_string(const named_endpoint& e)
{
    return e.name;
}

const dial_step refused = dial_step::fail(asio::error::connection_refused);

class failover_test : public dial_fixture
{
protected:
    using names = std::vector<std::string>;

    failover_among<named_endpoint> all(failover_options o = {})
    {
        return failover_among<named_endpoint>({a, b, c}, o);
    }

    /// Which were dialled since the last time, in order of the list.
    std::vector<std::size_t> dialled()
    {
        std::vector<std::size_t> now{a.script.dial_count(), b.script.dial_count(),
                                     c.script.dial_count()};
        auto since = now;
        for (std::size_t i = 0; i != 3; ++i)
            since[i] -= before_[i];
        before_ = now;
        return since;
    }

    /// Dials to the end; true if it connected.
    bool connects(const failover_among<named_endpoint>& e)
    {
        const auto o = dial(e);
        clock_.advance(0s, io_);
        EXPECT_EQ(o->completions, 1);
        return !o->code;
    }

    failure of(phase p, duration took = 0s)
    {
        return {.code = errc::forced, .phase = p, .took = took};
    }

    named_endpoint a{"a"}, b{"b"}, c{"c"};

private:
    std::vector<std::size_t> before_{0, 0, 0};
};

TEST_F(failover_test, tries_each_in_order_and_keeps_the_error_of_each)
{
    a.script.otherwise(refused);
    b.script.otherwise(dial_step::fail(asio::error::host_unreachable, 2s));
    c.script.otherwise(dial_step::fail(errc::key_not_pinned));
    const auto o = dial(all());
    clock_.advance(2s, io_);
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, errc::key_not_pinned);
    EXPECT_EQ(report_.addresses,
              (std::vector<address_failure>{{"a", asio::error::connection_refused, 0s},
                                            {"b", asio::error::host_unreachable, 2s},
                                            {"c", errc::key_not_pinned, 0s}}));
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{1, 1, 1}));
}

TEST_F(failover_test, begins_with_what_worked_until_that_expires)
{
    const auto e = all({.remember = 60s});
    a.script.then(refused);
    EXPECT_TRUE(connects(e));
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{1, 1, 0}));
    clock_.advance(59s);
    EXPECT_TRUE(connects(e));
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{0, 1, 0}));
    clock_.advance(60s);
    EXPECT_TRUE(connects(e));
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{1, 0, 0}));
}

TEST_F(failover_test, goes_through_the_others_in_their_order_when_what_worked_fails)
{
    const auto e = all();
    a.script.then(refused).then(refused);
    EXPECT_TRUE(connects(e)); // b
    b.script.then(refused);
    report_ = {};
    EXPECT_TRUE(connects(e)); // c
    ASSERT_EQ(report_.addresses.size(), 2U);
    EXPECT_EQ(report_.addresses[0].address, "b");
    EXPECT_EQ(report_.addresses[1].address, "a");
}

TEST_F(failover_test, begins_at_the_first_again_when_none_worked)
{
    const auto e = all();
    a.script.then(refused).then(refused);
    EXPECT_TRUE(connects(e)); // b
    b.script.then(refused);
    c.script.then(refused);
    EXPECT_FALSE(connects(e));
    dialled();
    EXPECT_TRUE(connects(e));
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{1, 0, 0}));
}

TEST_F(failover_test, begins_with_the_next_one_after_a_connection_that_came_to_nothing)
{
    const auto e = all();
    for (const auto& why :
         {of(phase::prepare), of(phase::factory), of(phase::tls), of(phase::session, 9s)})
    {
        EXPECT_TRUE(connects(e));
        e.failed(why, resolver_);
        e.failed(why, resolver_); // of another attempt, which changes nothing
    }
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{2, 1, 1}));
    EXPECT_EQ(a.told->size(), 8U);
    EXPECT_EQ(c.told->size(), 8U);
}

TEST_F(failover_test, keeps_to_what_worked_after_a_connection_that_lasted)
{
    const auto e = all();
    a.script.then(refused);
    EXPECT_TRUE(connects(e));
    e.failed(of(phase::session, 10s), resolver_);
    dialled();
    EXPECT_TRUE(connects(e));
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{0, 1, 0}));
}

TEST_F(failover_test, gives_each_its_time)
{
    a.script.otherwise({.phase = phase::tls});
    b.script.otherwise({.phase = phase::lookup});
    const auto o = dial(all({.timeout = 3s}));
    clock_.advance(6s, io_);
    EXPECT_FALSE(o->code);
    EXPECT_EQ(report_.addresses, (std::vector<address_failure>{{"a", errc::tls_timed_out, 3s},
                                                               {"b", errc::lookup_timed_out, 3s}}));
    EXPECT_EQ(a.script.cancellations(), 1U);
}

TEST_F(failover_test, takes_a_success_that_overtook_the_end_of_its_time)
{
    a.script.then({.when_cancelled = dial_step::cancelled::succeed});
    const auto o = dial(all({.timeout = 3s}));
    clock_.advance(3s, io_);
    EXPECT_EQ(o->completions, 1);
    EXPECT_FALSE(o->code);
    EXPECT_EQ(b.script.dial_count(), 0U);
}

TEST_F(failover_test, shares_what_is_left_before_the_deadline)
{
    a.script.otherwise(dial_step::hang());
    b.script.otherwise(dial_step::hang());
    auto with = context();
    with.deadline = clock_.now() + 15s;
    const auto o = dial(all({.timeout = 10s}), with);
    settle();
    EXPECT_EQ(a.script.last().context().deadline, clock_.now() + 5s);
    clock_.advance(5s, io_);
    EXPECT_EQ(b.script.last().context().deadline, clock_.now() + 5s);
    clock_.advance(5s, io_);
    EXPECT_EQ(o->completions, 1);
    EXPECT_FALSE(o->code);
}

TEST_F(failover_test, goes_on_where_the_deadline_ended_it)
{
    const auto e = all({.timeout = 10s});
    a.script.otherwise(dial_step::hang());
    b.script.otherwise(dial_step::hang());
    auto with = context();
    with.deadline = clock_.now() + 2s; // a second each, and no more than two of them
    const auto o = dial(e, with);
    clock_.advance(2s, io_);
    o->cancel.emit(asio::cancellation_type::all); // as the owner of the attempt does
    settle();
    EXPECT_EQ(o->code, asio::error::operation_aborted);
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{1, 1, 0}));
    EXPECT_TRUE(connects(e));
    EXPECT_EQ(dialled(), (std::vector<std::size_t>{0, 0, 1}));
}

TEST_F(failover_test, goes_on_after_one_that_throws)
{
    a.script.then(dial_step::raise(std::make_exception_ptr(std::runtime_error("no"))));
    b.script.then(dial_step::raise(std::make_exception_ptr(std::bad_alloc())));
    EXPECT_TRUE(connects(all()));
    ASSERT_EQ(report_.addresses.size(), 2U);
    EXPECT_EQ(report_.addresses[0].code, errc::exception_thrown);
    EXPECT_EQ(report_.addresses[1].code, asio::error::no_memory);
}

TEST_F(failover_test, CS_7F_ends_promptly_when_it_is_cancelled)
{
    for (const auto when : {dial_step::cancelled::abort, dial_step::cancelled::succeed})
    {
        a.script.then(refused);
        b.script.then({.when_cancelled = when});
        const auto o = dial(all());
        settle();
        EXPECT_EQ(b.script.pending_dials(), 1U);
        o->cancel.emit(asio::cancellation_type::terminal);
        o->cancel.emit(asio::cancellation_type::terminal);
        settle();
        EXPECT_EQ(o->completions, 1);
        EXPECT_EQ(o->code, asio::error::operation_aborted);
        EXPECT_EQ(b.script.open_streams(), 0U);
        EXPECT_EQ(c.script.dial_count(), 0U);
    }
}

TEST_F(failover_test, CS_7F_ends_when_it_is_cancelled_together_with_a_failure_or_a_success)
{
    for (const auto& step : {refused, dial_step::succeed()})
    {
        a.script.then(step);
        const auto o = dial(all());
        o->cancel.emit(asio::cancellation_type::all); // before anything has run
        settle();
        EXPECT_EQ(o->completions, 1);
        EXPECT_EQ(o->code, asio::error::operation_aborted);
        EXPECT_EQ(a.script.open_streams(), 0U);
    }
    EXPECT_EQ(b.script.dial_count(), 0U);
}

TEST_F(failover_test, is_shuffled_anew_for_each_dial_and_by_its_seed)
{
    a.script.otherwise(refused);
    b.script.otherwise(refused);
    c.script.otherwise(refused);
    const auto orders = [&](std::uint64_t seed)
    {
        const auto e = all({.order = failover_order::shuffled, .seed = seed});
        std::vector<std::string> result;
        for (int i = 0; i != 60; ++i)
        {
            report_ = {};
            EXPECT_FALSE(connects(e));
            std::string order;
            for (const auto& f : report_.addresses)
                order += f.address;
            result.push_back(order);
        }
        return result;
    };
    const auto first = orders(1);
    EXPECT_EQ(orders(1), first);
    EXPECT_NE(orders(2), first);
    EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 6U);
}

TEST_F(failover_test, tells_each_step_to_a_trace)
{
    struct trace final : dial_trace
    {
        void step(holdfast::dial_step s) override
        {
            told.push_back(s.what + ": " + s.code.message());
        }
        std::vector<std::string> told;
    } steps;
    a.script.then(refused);
    auto with = context();
    with.report = &steps;
    const auto o = dial(all(), with);
    settle();
    EXPECT_EQ(steps.told,
              (std::vector<std::string>{"try a: Connection refused", "try b: Success"}));
}

TEST_F(failover_test, is_erased_for_endpoints_of_different_kinds)
{
    a.script.otherwise(refused);
    int completions = 0;
    failover{{any_endpoint(a), any_endpoint(b)}}.async_connect(context(),
                                                               [&](error_code ec, stream)
                                                               {
                                                                   ++completions;
                                                                   EXPECT_FALSE(ec);
                                                               });
    settle();
    EXPECT_EQ(completions, 1);
}

TEST_F(failover_test, refuses_options_that_make_no_sense)
{
    EXPECT_THROW(failover(std::vector<any_endpoint>{}), std::invalid_argument);
    EXPECT_THROW(failover(std::vector<any_endpoint>(65, any_endpoint(a))), std::invalid_argument);
    EXPECT_THROW(all({.timeout = 0s}), std::invalid_argument);
    EXPECT_THROW(all({.timeout = 25h}), std::invalid_argument);
    EXPECT_THROW(all({.remember = -1s}), std::invalid_argument);
    EXPECT_THROW(all({.stable_after = -1s}), std::invalid_argument);
}

std::string refusal(std::string_view text)
{
    try
    {
        parse_endpoint(text);
    }
    catch (const description_error& e)
    {
        return e.what();
    }
    return "accepted";
}

TEST(failover_description, is_printed_as_it_is_read)
{
    for (const std::string text :
         {R"(failover:tcp\:a\:1:tcp\:b\:1)",
          R"(failover:tcp\:a\:1:unix\:/run/b:order=shuffled:timeout=5s:remember=1m:stableAfter=1s)",
          R"(failover:failover\:tcp\\\:a\\\:1\:tcp\\\:b\\\:1:tcp\:c\:1)",
          R"(failover:tcp\:a\:1:remember=0s)"})
        EXPECT_EQ(to_string(parse_endpoint(text)), text);
    EXPECT_EQ(to_string(parse_endpoint(R"(failover:order=listed:tcp\:[\:\:1]\:1)")),
              R"(failover:tcp\:[\:\:1]\:1)");
}

TEST(failover_description, CS_77_says_what_is_wrong_and_where)
{
    EXPECT_NE(refusal("failover:").find("a description within this one has its colons as"),
              std::string::npos);
    EXPECT_NE(refusal("failover").find("no endpoint is given"), std::string::npos);
    EXPECT_NE(refusal("failover:tcp:a:1").find("(column 10): a description within this one"),
              std::string::npos);
    EXPECT_NE(refusal(R"(failover:tcp\:a\:x)").find(R"((column 18): port "x" is not)"),
              std::string::npos)
        << refusal(R"(failover:tcp\:a\:x)");
    EXPECT_NE(refusal(R"(failover:tcp\:a\:1\:timeout=5)").find("(column 10): a description within"),
              std::string::npos);
    EXPECT_NE(refusal(R"(failover:tcp\:a\:1:order=any)").find("order \"any\" is not one of"),
              std::string::npos);
    EXPECT_NE(refusal(R"(failover:tcp\:a\:1:remember=25h)").find("remember 25h is not between"),
              std::string::npos)
        << refusal(R"(failover:tcp\:a\:1:remember=25h)");
    EXPECT_EQ(refusal(R"(failover:tcp\:a\:1:tcp\:b\:1)"), "accepted");
}
}
}

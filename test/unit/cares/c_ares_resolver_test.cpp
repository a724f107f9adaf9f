// SPDX-License-Identifier: BSL-1.0
#include <holdfast/resolvers/c_ares_resolver.hpp>

#include <holdfast/resolvers/caching_resolver.hpp>

#include "support/dns_responder.hpp"
#include "unit/endpoints/dial_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;
using support::bytes;
using support::dns_question;
using support::dns_responder;

constexpr unsigned type_a = 1, type_aaaa = 28;
constexpr unsigned server_failure = 2, no_such_name = 3;

class c_ares_resolver_test : public ::testing::Test
{
protected:
    c_ares_resolver_test()
    {
        default_clock(io_->get_executor());
        asio::ip::udp::socket first(*io_, asio::ip::udp::v4()); // what the context opens for itself
        first.close();
    }

    struct outcome
    {
        int completions = 0;
        error_code code;
        resolver::addresses found;
        asio::cancellation_signal cancel;
    };

    /// Asks the server of the test, which begins now.
    void serve(dns_responder::answer a, dns_options o = {})
    {
        server_ = std::make_unique<dns_responder>(*io_, std::move(a));
        o.servers = {server_->server()};
        names_ = std::make_unique<c_ares_resolver>(o);
        descriptors_ = open_descriptors();
    }

    std::shared_ptr<outcome> look_up(const std::string& host,
                                     address_family family = address_family::any)
    {
        auto o = std::make_shared<outcome>();
        names_->async_resolve(
            io_->get_executor(), host, family,
            asio::bind_cancellation_slot(o->cancel.slot(),
                                         [o](error_code ec, resolver::addresses found)
                                         {
                                             ++o->completions;
                                             o->code = ec;
                                             o->found = std::move(found);
                                         }));
        EXPECT_EQ(o->completions, 0) << "completed inside the initiating call";
        return o;
    }

    template <class Condition>
    void run_until(Condition c)
    {
        const auto limit = std::chrono::steady_clock::now() + 30s;
        io_->restart();
        while (!c() && std::chrono::steady_clock::now() < limit)
            io_->run_one_until(limit);
        EXPECT_TRUE(c());
    }

    /// Looks it up to the end. Nothing is left then.
    std::shared_ptr<outcome> found(const std::string& host,
                                   address_family family = address_family::any)
    {
        const auto o = look_up(host, family);
        run_until([&] { return o->completions != 0; });
        settle();
        EXPECT_EQ(o->completions, 1);
        EXPECT_EQ(open_descriptors(), descriptors_);
        return o;
    }

    void settle()
    {
        io_->restart();
        io_->poll();
    }

    static std::vector<std::string> texts(const resolver::addresses& all)
    {
        std::vector<std::string> result;
        for (const auto& a : all)
            result.push_back(a.to_string());
        std::ranges::sort(result);
        return result;
    }

    static std::optional<bytes> both(const dns_question& q)
    {
        if (q.type == type_a)
            return q.answer(1).record(type_a, 60, {192, 0, 2, 1}).text;
        return q.answer(1)
            .record(type_aaaa, 30, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
            .text;
    }

    static std::optional<bytes> nothing(const dns_question&) { return std::nullopt; }

    std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>();
    std::unique_ptr<dns_responder> server_;
    std::unique_ptr<c_ares_resolver> names_;
    std::size_t descriptors_ = 0;
};

TEST_F(c_ares_resolver_test, gives_the_addresses_of_both_families_and_how_long_they_hold)
{
    serve(both);
    const auto o = found("db.example");
    EXPECT_FALSE(o->code) << o->code.message();
    EXPECT_EQ(texts(o->found), (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
    EXPECT_EQ(o->found.ttl, 30s);
}

TEST_F(c_ares_resolver_test, asks_for_the_family_that_is_wanted)
{
    serve(both);
    EXPECT_EQ(texts(found("db.example", address_family::ipv6)->found),
              std::vector<std::string>{"2001:db8::1"});
    ASSERT_EQ(server_->questions().size(), 1U);
    EXPECT_EQ(server_->questions()[0].type, type_aaaa);
    EXPECT_EQ(texts(found("db.example", address_family::ipv4)->found),
              std::vector<std::string>{"192.0.2.1"});
}

TEST_F(c_ares_resolver_test, gives_an_address_as_it_is)
{
    serve(nothing);
    EXPECT_EQ(texts(found("192.0.2.7")->found), std::vector<std::string>{"192.0.2.7"});
    EXPECT_EQ(found("192.0.2.7", address_family::ipv6)->code, errc::no_address);
    EXPECT_EQ(found("a..b")->code, errc::invalid_name);
    EXPECT_TRUE(server_->questions().empty());
}

TEST_F(c_ares_resolver_test, tells_apart_what_is_not_there_and_what_is_not_told)
{
    serve([](const dns_question& q) { return q.answer(0, no_such_name).text; });
    EXPECT_EQ(found("db.example")->code, asio::error::host_not_found);
    serve([](const dns_question& q) { return q.answer(0).text; });
    EXPECT_EQ(found("db.example")->code, errc::no_address);
    serve([](const dns_question& q) { return q.answer(0, server_failure).text; },
          {.timeout = 1min, .rounds = 1});
    EXPECT_EQ(found("db.example")->code, asio::error::host_not_found_try_again);
}

TEST_F(c_ares_resolver_test, asks_again_and_then_gives_up)
{
    serve(nothing, {.timeout = 10ms, .rounds = 2});
    EXPECT_EQ(found("db.example", address_family::ipv4)->code, errc::lookup_timed_out);
    EXPECT_EQ(server_->questions().size(), 2U);
}

TEST_F(c_ares_resolver_test, takes_an_answer_to_the_second_question)
{
    int asked = 0;
    serve([&](const dns_question& q) { return ++asked == 1 ? std::nullopt : both(q); },
          {.timeout = 200ms, .rounds = 4});
    EXPECT_FALSE(found("db.example", address_family::ipv4)->code);
}

TEST_F(c_ares_resolver_test, survives_answers_that_are_none)
{
    const std::vector<dns_responder::answer> bad{
        [](const dns_question&) { return bytes{}; },
        [](const dns_question&) { return bytes(1400, 0xff); },
        [](const dns_question& q) { return bytes(q.message.begin(), q.message.begin() + 12); },
        [](const dns_question& q) { return q.answer(5).text; },
        [](const dns_question& q) { return q.answer(1).record(type_a, 60, {1, 2}).text; },
        [](const dns_question& q) { return q.answer(1).number16(0xc0ff).number16(0xffff).text; },
    };
    for (const auto& answer : bad)
    {
        serve(answer, {.timeout = 10ms, .rounds = 1});
        EXPECT_TRUE(found("db.example", address_family::ipv4)->code);
    }
}

TEST_F(c_ares_resolver_test, CS_7F_is_abandoned_at_once_and_leaves_nothing)
{
    serve(nothing);
    const auto o = look_up("db.example");
    run_until([&] { return server_->questions().size() == 2; });
    EXPECT_GT(open_descriptors(), descriptors_);
    o->cancel.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(open_descriptors(), descriptors_);
    EXPECT_EQ(o->completions, 0);
    o->cancel.emit(asio::cancellation_type::terminal);
    server_->close();
    io_->restart();
    io_->run(); // to its end: there is no work left
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, asio::error::operation_aborted);
}

TEST_F(c_ares_resolver_test, CS_7F_completes_once_when_an_answer_crosses_a_cancellation)
{
    serve([](const dns_question& q) { return q.answer(0).text; });
    const auto at_once = look_up("a..b"), asked = look_up("db.example", address_family::ipv4);
    at_once->cancel.emit(asio::cancellation_type::all);
    run_until([&] { return !server_->questions().empty(); }); // the answer is in the socket
    asked->cancel.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(at_once->completions, 1);
    EXPECT_EQ(asked->completions, 1);
    EXPECT_EQ(asked->code, asio::error::operation_aborted);
}

TEST_F(c_ares_resolver_test, is_bounded)
{
    serve(nothing, {.lookups_max = 2});
    const auto first = look_up("a.example"), second = look_up("b.example");
    const auto third = look_up("c.example");
    settle();
    EXPECT_EQ(third->code, errc::too_many_lookups);
    first->cancel.emit(asio::cancellation_type::all);
    const auto fourth = look_up("d.example");
    settle();
    EXPECT_EQ(fourth->completions, 0);
    second->cancel.emit(asio::cancellation_type::all);
    fourth->cancel.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(open_descriptors(), descriptors_);
}

TEST_F(c_ares_resolver_test, goes_with_its_context)
{
    serve(nothing);
    const auto o = look_up("db.example");
    run_until([&] { return server_->questions().size() == 2; });
    server_.reset();
    io_.reset();
    EXPECT_EQ(o.use_count(), 1);
    EXPECT_EQ(o->completions, 0);
}

TEST_F(c_ares_resolver_test, may_be_destroyed_before_a_lookup_has_ended)
{
    serve(both);
    const auto o = look_up("db.example");
    names_.reset();
    run_until([&] { return o->completions != 0; });
    EXPECT_FALSE(o->code);
}

TEST_F(c_ares_resolver_test, stands_behind_a_cache)
{
    serve(both);
    testing::manual_clock clock;
    caching_resolver cache(*names_, clock);
    for (int i = 0; i != 2; ++i)
    {
        int completions = 0;
        cache.async_resolve(io_->get_executor(), "db.example", address_family::ipv4,
                            [&](error_code ec, const resolver::addresses&)
                            {
                                EXPECT_FALSE(ec);
                                ++completions;
                            });
        run_until([&] { return completions != 0; });
    }
    EXPECT_EQ(server_->questions().size(), 1U);
    clock.advance(60s); // as the answer says
    EXPECT_EQ(cache.entries(), 1U);
}

TEST(dns_options, that_make_no_sense_are_refused)
{
    const auto refused = [](const dns_options& o)
    { EXPECT_THROW(c_ares_resolver{o}, std::invalid_argument); };
    for (const char* const server :
         {"", "a", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x", "[::1",
          "[::1]:", "[::1]x", "fe80::1%lo", "192.0.2.1,192.0.2.2"})
        refused({.servers = {server}});
    refused({.servers = std::vector<std::string>(17, "192.0.2.1")});
    refused({.timeout = 0s});
    refused({.timeout = 61s});
    refused({.rounds = 0});
    refused({.rounds = 11});
    refused({.lookups_max = 0});
    for (const char* const server : {"192.0.2.1", "192.0.2.1:53", "::1", "[::1]", "[::1]:5353"})
        EXPECT_NO_THROW(c_ares_resolver({.servers = {server}}));
}
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/srv.hpp>

#include "support/dns_responder.hpp"
#include "unit/endpoints/dial_fixture.hpp"

#include <holdfast/core/service_order.hpp>
#include <holdfast/endpoints/registry.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <set>
#include <stdexcept>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;
using support::bytes;
using support::dns_question;
using support::dns_responder;

constexpr const char* name = "_x._tcp.example";

/// A domain of the test, and a server that accepts on its port in the kernel.
class srv_test : public dial_fixture
{
protected:
    srv_test()
    {
        resolver_.answer("up.example", {"127.0.0.1"});
        resolver_.answer("down.example", {"127.0.0.1"});
        resolver_.hang("stuck.example");
        down_ = closed_.local_endpoint().port();
        closed_.close();
    }

    ~srv_test() override
    {
        up_.close();
        dns_.close();
        settle();
    }

    srv endpoint(tcp_options tcp = {}) const
    {
        return srv(name,
                   {.dns = {.servers = {dns_.server()}, .timeout = 1min}, .tcp = std::move(tcp)});
    }

    std::uint16_t up_port() const { return up_.local_endpoint().port(); }

    /// Has the DNS say so.
    void say(std::vector<core::service_record> records, std::uint32_t ttl = 60)
    {
        answer_ = [=](const dns_question& q)
        {
            auto m = q.answer(static_cast<unsigned>(records.size()));
            for (const auto& r : records)
                m.service(ttl, r.priority, r.weight, r.port, r.target);
            return std::optional(m.text);
        };
    }

    std::vector<std::string> failed_addresses() const
    {
        std::vector<std::string> result;
        for (const auto& a : report_.addresses)
            result.push_back(a.address);
        return result;
    }

    std::string text(const std::string& host, std::uint16_t port) const
    {
        return host + ':' + std::to_string(port);
    }

    template <class Condition>
    void run_until(Condition c)
    {
        const auto limit = std::chrono::steady_clock::now() + 30s;
        io_.restart();
        while (!c() && std::chrono::steady_clock::now() < limit)
            io_.run_one_until(limit);
        EXPECT_TRUE(c());
    }

    std::uint16_t down_ = 0;
    dns_responder::answer answer_ = [](const dns_question&) { return std::optional<bytes>(); };
    dns_responder dns_{io_, [this](const dns_question& q) { return answer_(q); }};

private:
    asio::ip::tcp::acceptor closed_{io_, {asio::ip::address_v4::loopback(), 0}};
    asio::ip::tcp::acceptor up_{io_, {asio::ip::address_v4::loopback(), 0}};
};

TEST_F(srv_test, connects_to_the_server_that_the_dns_names)
{
    say({{0, 0, up_port(), "up.example"}});
    const auto o = dial(endpoint());
    finish(o);
    EXPECT_FALSE(o->code) << o->code.message();
    EXPECT_EQ(o->stream->remote_endpoint().port(), up_port());
    ASSERT_EQ(dns_.questions().size(), 1U);
    EXPECT_EQ(dns_.questions()[0].name, "_x._tcp.example.");
    EXPECT_EQ(dns_.questions()[0].type, 33U);
}

TEST_F(srv_test, goes_through_the_priorities_and_keeps_the_error_of_each)
{
    say({{20, 0, up_port(), "up.example"},
         {10, 0, down_, "down.example"},
         {5, 0, 1, "none.example"}});
    const auto o = dial(endpoint());
    finish(o);
    EXPECT_FALSE(o->code) << o->code.message();
    EXPECT_EQ(failed_addresses(), (std::vector{text("none.example", 1), text("127.0.0.1", down_),
                                               text("down.example", down_)}));
    ASSERT_EQ(report_.addresses.size(), 3U);
    EXPECT_EQ(report_.addresses[0].code, asio::error::host_not_found);
    EXPECT_EQ(report_.addresses[2].code, asio::error::connection_refused);
}

TEST_F(srv_test, fails_with_the_error_of_the_last)
{
    say({{0, 0, 1, "none.example"}, {1, 0, down_, "down.example"}});
    const auto o = dial(endpoint());
    finish(o);
    EXPECT_EQ(o->code, asio::error::connection_refused);
}

TEST_F(srv_test, races_equals_and_lets_the_losers_go)
{
    // Whichever is drawn first, the stuck one is not waited for.
    say({{0, 1, 80, "stuck.example"}, {0, 1, up_port(), "up.example"}});
    for (int i = 0; i != 8; ++i)
    {
        const auto before = resolver_.lookups().size();
        const auto o = dial(endpoint());
        run_until([&] { return resolver_.lookups().size() > before; });
        clock_.advance(250ms, io_);
        finish(o);
        EXPECT_FALSE(o->code);
        EXPECT_EQ(resolver_.pending_lookups(), 0U);
        o->stream.reset();
    }
}

TEST_F(srv_test, tries_the_next_beside_one_that_takes_long)
{
    resolver_.hang("slow.example");
    say({{0, 0, 80, "stuck.example"}, {0, 0, 80, "slow.example"}});
    const auto o = dial(endpoint({.timeout = 3s, .stagger = 100ms}));
    run_until([&] { return resolver_.lookups().size() == 1; });
    clock_.advance(99ms, io_);
    EXPECT_EQ(resolver_.lookups().size(), 1U);
    clock_.advance(1ms, io_);
    EXPECT_EQ(resolver_.lookups().size(), 2U);
    clock_.advance(3s, io_);
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, std::errc::timed_out);
    EXPECT_EQ(report_.addresses.size(), 2U);
}

TEST_F(srv_test, knows_a_service_that_the_domain_does_not_have)
{
    say({{0, 0, 0, ""}});
    auto o = dial(endpoint());
    finish(o);
    EXPECT_EQ(o->code, errc::no_such_service);
    answer_ = [](const dns_question& q) { return q.answer(0, 3).text; };
    o = dial(endpoint());
    finish(o);
    EXPECT_EQ(o->code, asio::error::host_not_found);
    answer_ = [](const dns_question& q) { return q.answer(0).text; };
    o = dial(endpoint());
    finish(o);
    EXPECT_EQ(o->code, asio::error::no_data);
    EXPECT_EQ(report_.phase, phase::lookup);
}

TEST_F(srv_test, fails_where_the_answer_is_malformed_or_has_nothing_of_use)
{
    answer_ = [](const dns_question& q) { return q.answer(1).record(33, 60, {0, 1}).text; };
    auto o = dial(endpoint());
    finish(o);
    EXPECT_EQ(o->code, asio::error::no_recovery);
    say({{0, 0, 80, "a b"}});
    o = dial(endpoint());
    finish(o);
    EXPECT_EQ(o->code, asio::error::no_data);
}

TEST_F(srv_test, remembers_the_answer_for_as_long_as_it_says)
{
    say({{0, 0, up_port(), "up.example"}}, 30);
    const auto e = endpoint();
    const auto connects = [&]
    {
        const auto o = dial(e);
        finish(o);
        EXPECT_FALSE(o->code);
    };
    connects();
    clock_.advance(30s - 1ns);
    connects();
    EXPECT_EQ(dns_.questions().size(), 1U);
    clock_.advance(1ns);
    connects();
    EXPECT_EQ(dns_.questions().size(), 2U);
}

TEST_F(srv_test, looks_up_anew_after_a_failure)
{
    say({{0, 0, up_port(), "up.example"}, {1, 0, 80, "other.example"}});
    const auto e = endpoint();
    auto o = dial(e);
    finish(o);
    tell_failed(e, {.phase = phase::prepare}, resolver_);
    EXPECT_EQ(resolver_.forgotten(), (std::vector<std::string>{"up.example", "other.example"}));
    o = dial(e);
    finish(o);
    EXPECT_EQ(dns_.questions().size(), 2U);
}

TEST_F(srv_test, gives_up_a_lookup_that_takes_too_long)
{
    const auto o = dial(endpoint({.timeout = 5s}));
    run_until([&] { return dns_.questions().size() == 1; });
    clock_.advance(5s, io_);
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, errc::lookup_timed_out);
}

TEST_F(srv_test, fails_where_the_dns_is_silent)
{
    const auto o =
        dial(srv(name, {.dns = {.servers = {dns_.server()}, .timeout = 10ms, .rounds = 1},
                        .tcp = {.timeout = 9h}}));
    run_until([&] { return dns_.questions().size() == 1; });
    // c-ares has a clock of its own.
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (o->completions == 0 && std::chrono::steady_clock::now() < limit)
        clock_.advance(11ms, io_);
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, errc::lookup_timed_out);
}

TEST_F(srv_test, CS_7F_ends_promptly_when_it_is_cancelled_in_each_phase)
{
    auto o = dial(endpoint()); // the service is looked up
    run_until([&] { return dns_.questions().size() == 1; });
    o->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, asio::error::operation_aborted);

    say({{0, 0, 80, "stuck.example"}}); // the server is
    o = dial(endpoint());
    run_until([&] { return resolver_.lookups().size() == 1; });
    o->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, asio::error::operation_aborted);
    EXPECT_EQ(resolver_.pending_lookups(), 0U);
    EXPECT_EQ(clock_.armed(), 0U);

    const auto e = endpoint(); // and once the answer is remembered
    say({{0, 0, up_port(), "up.example"}});
    finish(dial(e));
    o = dial(e);
    o->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, asio::error::operation_aborted);
}

TEST_F(srv_test, CS_7F_ends_when_it_is_cancelled_together_with_an_answer)
{
    say({{0, 0, up_port(), "up.example"}});
    const auto o = dial(endpoint());
    run_until([&] { return dns_.questions().size() == 1; }); // the answer is in the socket
    o->cancel.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, asio::error::operation_aborted);
    EXPECT_TRUE(resolver_.lookups().empty());
}

TEST_F(srv_test, tells_of_its_lookup_to_a_trace)
{
    struct trace final : dial_trace
    {
        void step(dial_step s) override { steps.push_back(std::move(s)); }
        std::vector<dial_step> steps;
    } told;
    say({{3, 4, up_port(), "up.example"}});
    auto with = context();
    with.report = &told;
    const auto o = dial(endpoint(), with);
    finish(o);
    ASSERT_FALSE(told.steps.empty());
    EXPECT_EQ(told.steps[0].what, "look up the servers of _x._tcp.example");
    EXPECT_EQ(told.steps[0].facts.at(0).second,
              text("up.example", up_port()) + " priority 3 weight 4");
}

std::string refusal(std::string_view text)
{
    auto known = registry::standard();
    srv::register_endpoints(known);
    try
    {
        parse_endpoint(text, known);
    }
    catch (const description_error& e)
    {
        return e.what();
    }
    return "accepted";
}

TEST(srv_description, is_printed_as_it_is_read)
{
    auto known = registry::standard();
    srv::register_endpoints(known);
    for (const std::string text :
         {R"(srv:_xmpp-client._tcp.example.org)",
          R"(srv:_x._tcp.a.b:timeout=5s:stagger=100ms:family=ipv6:noDelay=0:deadAfter=never)",
          R"(srv:_x._tcp.a.b:servers=127.0.0.1\:53,[\:\:1]\:53)",
          R"(failover:srv\:_x._tcp.a:tcp\:b\:1)"})
        EXPECT_EQ(to_string(parse_endpoint(text, known)), text);
    EXPECT_EQ(to_string(parse_endpoint("srv:name=_x._tcp.a:family=4", known)),
              "srv:_x._tcp.a:family=ipv4");
}

TEST(srv_description, CS_77_says_what_is_wrong_and_where)
{
    const std::vector<std::pair<std::string, std::string>> cases{
        {"srv:", "srv: (column 5): name is empty; expected srv:NAME, then key=value"},
        {"srv:example.org", "(column 5): name \"example.org\" is not one of a service, such as "
                            "_xmpp-client._tcp.example.org"},
        {"srv:_x._tcp", "(column 5): name \"_x._tcp\" is not one of a service"},
        {"srv:_x.tcp.a", "(column 5): name \"_x.tcp.a\" is not one of a service"},
        {"srv:_x._tcp..a", "(column 5): name \"_x._tcp..a\" is not valid"},
        {"srv:_x._tcp.a:timeout=0", "(column 23): timeout \"0\" is not above zero"},
        {"srv:_x._tcp.a:stagger=1ms", "(column 23): stagger 1ms is below 10 ms"},
        {"srv:_x._tcp.a:family=5", "(column 22): family \"5\" is not one of"},
        {"srv:_x._tcp.a:servers=a", "(column 23): server \"a\" is not an address and a port"},
        {"srv:_x._tcp.a:port=1", "(column 15): unknown key \"port\""},
        {"srv:_x._tcp.a:80", "(column 15): this argument is one too many"},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_NE(refusal(text).find(expected), std::string::npos) << refusal(text);
}
}
}

// SPDX-License-Identifier: BSL-1.0
// What those who look at the status page can take from it, and how it tells them of changes.
#include "page/visitors.hpp"

#include "page_fixture.hpp"

#include <deque>

namespace
{
using namespace page_test;
using tool::change_feed;
using tool::visitors;

const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string watch = "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view pushed = "event: services\n";

TEST_F(status_page, refuses_a_header_that_is_too_long)
{
    make();
    EXPECT_EQ(get("/healthz", "X: " + std::string(7000, 'x') + "\r\n").status, 200);
    EXPECT_EQ(get("/healthz", "X: " + std::string(8192, 'x') + "\r\n").status, 431);
    EXPECT_EQ(get("/" + std::string(1'000'000, 'x')).status, 431) << "and reads no more of it";
    std::string fields;
    for (int n = 0; n < 1000; ++n)
        fields += "X: y\r\n\r"; // never ends
    EXPECT_NE(get("/healthz", fields).status, 200);
}

TEST_F(status_page, closes_on_who_sends_a_request_too_slowly)
{
    make();
    auto silent = connect();
    auto slow = connect();
    slow.send("GET /heal");
    ASSERT_TRUE(wait([&] { return clock.armed() == 2; }));
    clock.advance(visitors::request_max - 1s, context);
    EXPECT_FALSE(silent.closed() || slow.closed());
    slow.send("thz");
    clock.advance(1s, context);
    EXPECT_TRUE(wait([&] { return silent.closed() && slow.closed(); })) << "a byte gains no time";
    EXPECT_EQ(slow.received(), "");
}

TEST_F(status_page, closes_a_connection_that_has_been_idle)
{
    make();
    auto c = connect();
    c.send(request);
    ASSERT_TRUE(wait([&] { return c.has("ok\n"); }));
    clock.advance(visitors::idle_max - 1s, context);
    EXPECT_FALSE(c.closed());
    clock.advance(1s, context);
    EXPECT_TRUE(wait([&] { return c.closed(); }));
}

TEST_F(status_page, counts_a_request_from_its_first_byte)
{
    make();
    auto c = connect();
    c.send(request);
    ASSERT_TRUE(wait([&] { return c.has("ok\n"); }));
    clock.advance(visitors::idle_max - 1s, context);
    c.send("GET ");
    ASSERT_TRUE(wait([&] { return clock.next() == clock.now() + visitors::request_max; }));
    clock.advance(visitors::request_max, context);
    EXPECT_TRUE(wait([&] { return c.closed(); }));
}

TEST_F(status_page, closes_on_who_takes_no_answer)
{
    for (int n = 0; n < 1000; ++n)
        services.add("service-" + std::to_string(n));
    make();
    client c(context, page->local_endpoint(), 4096);
    for (int n = 0; n < 20; ++n)
        c.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(wait([&] { return clock.next() == clock.now() + visitors::answer_max; }));
    clock.advance(visitors::answer_max, context);
    EXPECT_TRUE(wait([&] { return clock.armed() == 0; })) << "it waits on";
}

TEST_F(status_page, tells_those_who_are_too_many_to_come_back_later)
{
    make();
    std::deque<client> clients;
    for (std::size_t n = 0; n < visitors::clients_max; ++n)
        clients.emplace_back(context, page->local_endpoint());
    ASSERT_TRUE(wait([&] { return clock.armed() == visitors::clients_max; }));
    const auto r = exchange(request);
    EXPECT_EQ(r.status, 503);
    EXPECT_TRUE(r.has("Retry-After: "));
    clients.pop_front();
    ASSERT_TRUE(wait([&] { return clock.armed() < visitors::clients_max; }));
    EXPECT_EQ(get("/healthz").status, 200);
    for (auto& c : clients)
        EXPECT_FALSE(c.closed()) << "those who were there stay";
}

TEST_F(status_page, is_not_taken_by_many_who_ask_nothing)
{
    make();
    std::deque<client> clients;
    for (std::size_t n = 0; n < visitors::clients_max + visitors::refused_max + 100; ++n)
        clients.emplace_back(context, page->local_endpoint());
    const auto closed = [&]
    {
        std::size_t n = 0;
        for (const auto& c : clients)
            n += c.closed() ? 1 : 0;
        return n;
    };
    EXPECT_TRUE(wait([&] { return closed() >= 100; }));
    EXPECT_LE(clock.armed(), visitors::clients_max + visitors::refused_max);
    clock.advance(visitors::request_max, context);
    EXPECT_TRUE(wait([&] { return closed() == clients.size(); }));
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(status_page, pushes_what_has_changed)
{
    services.add("a");
    services.add("b");
    make();
    auto c = connect();
    c.send(watch);
    ASSERT_TRUE(wait([&] { return c.has("\r\n\r\n"); }));
    EXPECT_TRUE(c.has("Content-Type: text/event-stream\r\n"));
    services.connect("b");
    clock.advance(0s, context);
    ASSERT_TRUE(wait([&] { return c.has("\n\n"); }));
    EXPECT_TRUE(c.has(R"("all":false,"services":[{"name":"b",)")) << c.received();
    EXPECT_FALSE(c.has(R"("name":"a")")) << "nothing has changed about it";
    services.remove("a");
    clock.advance(change_feed::push_interval, context);
    EXPECT_TRUE(wait([&] { return c.has(R"("services":[],"removed":["a"])"); })) << c.received();
    services.replace({});
    clock.advance(change_feed::push_interval, context);
    EXPECT_TRUE(wait([&] { return c.has(R"("all":true,"services":[],"removed":[])"); }));
}

TEST_F(status_page, pushes_at_most_four_times_a_second_and_then_how_it_stands)
{
    services.add("a");
    make();
    auto c = connect();
    c.send(watch);
    ASSERT_TRUE(wait([&] { return c.has("\r\n\r\n"); }));
    for (int n = 0; n < 100; ++n)
    {
        services.fail("a");
        clock.advance(10ms, context);
    }
    services.connect("a");
    clock.advance(1s, context);
    ASSERT_TRUE(wait([&] { return c.has(R"("connections":1,)"); }));
    EXPECT_GE(count(c.received(), pushed), 4U);
    EXPECT_LE(count(c.received(), pushed), 6U);
}

TEST_F(status_page, pushes_a_comment_when_nothing_happens)
{
    make();
    auto c = connect();
    c.send(watch);
    ASSERT_TRUE(wait([&] { return c.has("\r\n\r\n"); }));
    clock.advance(change_feed::comment_interval * 3, context);
    EXPECT_TRUE(wait([&] { return count(c.received(), "\n:\n\n") == 3; })) << c.received();
    EXPECT_FALSE(c.has(pushed));
}

TEST_F(status_page, has_nothing_to_do_when_nobody_watches)
{
    make();
    {
        auto c = connect();
        c.send(watch);
        ASSERT_TRUE(wait([&] { return c.has("\r\n\r\n"); }));
        EXPECT_EQ(clock.armed(), 1U);
    }
    EXPECT_TRUE(wait([&] { return clock.armed() == 0; })) << "it is not seen to have gone";
    services.add("a");
    EXPECT_EQ(clock.armed(), 0U);
}

TEST_F(status_page, drops_a_watcher_who_does_not_keep_up)
{
    for (int n = 0; n < 1000; ++n)
        services.add("service-" + std::to_string(n));
    make();
    client slow(context, page->local_endpoint(), 4096);
    slow.send(watch);
    auto quick = connect();
    quick.send(watch);
    ASSERT_TRUE(wait([&] { return quick.has("\r\n\r\n"); }));
    std::size_t pushes = 0;
    const auto push = [&]
    {
        services.replace(services.all());
        clock.advance(change_feed::push_interval, context);
        ++pushes;
        return wait([&] { return count(quick.received(), pushed) == pushes; });
    };
    // The kernel takes some megabytes for it, and then so many pushes wait.
    for (int n = 0; n < 40; ++n)
        ASSERT_TRUE(push());
    quick.close();
    EXPECT_TRUE(wait([&] { return clock.armed() == 0; })) << "the slow one is still there";
}

TEST_F(status_page, has_only_so_many_watchers)
{
    make();
    std::deque<client> watchers;
    for (std::size_t n = 0; n < change_feed::watchers_max; ++n)
    {
        watchers.emplace_back(context, page->local_endpoint());
        watchers.back().send(watch);
    }
    ASSERT_TRUE(wait([&] { return watchers.back().has("\r\n\r\n"); }));
    auto late = connect();
    late.send(watch);
    EXPECT_TRUE(wait([&] { return late.has("HTTP/1.1 503"); }));
}

TEST_F(status_page, ends_with_a_watcher_who_has_more_to_say)
{
    make();
    auto c = connect();
    c.send(watch + request);
    EXPECT_TRUE(wait([&] { return c.has("\r\n\r\n"); }));
    c.send(request);
    EXPECT_TRUE(wait([&] { return c.closed(); }));
    EXPECT_FALSE(c.has("ok\n"));
}
}

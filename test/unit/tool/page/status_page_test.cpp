// SPDX-License-Identifier: BSL-1.0
// What the status page answers, over real connections.
#include "page/status_page.hpp"

#include "page_fixture.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/system/system_error.hpp>

#include <ctime>
#include <iostream>
#include <sys/socket.h>
#include <unistd.h>

namespace
{
using namespace page_test;

const std::string token = "correct-horse-battery";

std::string refusal(const std::function<void()>& make)
{
    try
    {
        make();
    }
    catch (const std::invalid_argument& e)
    {
        return e.what();
    }
    return "accepted";
}

TEST_F(status_page, shows_people_each_service_and_why_it_is_not_connected)
{
    services.add("cache");
    services.add("queue");
    services.connect("cache");
    services.fail("queue");
    make();
    const auto r = get("/");
    EXPECT_EQ(r.status, 200);
    EXPECT_TRUE(r.has("Content-Type: text/html; charset=utf-8\r\n")) << r.header;
    EXPECT_NE(r.body.find("1 of 2 not connected"), r.body.npos);
    EXPECT_NE(r.body.find("Connection refused (in connect)"), r.body.npos);
    EXPECT_LT(r.body.find(">queue<"), r.body.find(">cache<")) << "trouble stands first";
    EXPECT_EQ(r.body.find("<!--"), r.body.npos) << "a mark was not filled in";
}

TEST_F(status_page, tells_programs_each_service)
{
    services.add("cache");
    services.fail("cache");
    make();
    const auto all = get("/api/services");
    EXPECT_TRUE(all.has("Content-Type: application/json\r\n")) << all.header;
    EXPECT_NE(
        all.body.find(R"("ready":false,"services":[{"name":"cache","endpoint":"tcp:cache:7")"),
        all.body.npos)
        << all.body;
    EXPECT_NE(all.body.find(R"("phase":"connect","reason":"Connection refused")"), all.body.npos);
    EXPECT_NE(all.body.find(R"("addresses":[{"address":"192.0.2.1:7",)"), all.body.npos);
    EXPECT_NE(all.body.find(R"("next_attempt_seconds":10.000000)"), all.body.npos);
    const auto one = get("/api/services/cache?now");
    EXPECT_NE(one.body.find(R"("attempts":[{"attempt":1,)"), one.body.npos) << one.body;
    EXPECT_EQ(get("/api/services/none").status, 404);
}

TEST_F(status_page, tells_whether_the_process_lives_and_what_it_still_waits_for)
{
    services.add("cache");
    make();
    EXPECT_EQ(get("/healthz").body, "ok\n");
    EXPECT_EQ(get("/readyz").status, 503);
    EXPECT_EQ(get("/readyz").body, "not ready: cache\n");
    services.connect("cache");
    EXPECT_EQ(get("/readyz").body, "ok\n");
}

TEST_F(status_page, tells_metrics_in_the_format_that_is_asked_for)
{
    make();
    EXPECT_TRUE(get("/metrics").has("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    const auto r = get("/metrics", "Accept: application/openmetrics-text;version=1.0.0,*/*\r\n");
    EXPECT_TRUE(r.has("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
    EXPECT_TRUE(r.body.ends_with("# EOF\n"));
}

TEST_F(status_page, is_made_of_files_of_its_own)
{
    make();
    const auto whole = get("/");
    for (const auto* file : {"/style.css", "/page.js", "/icon.svg"})
    {
        EXPECT_NE(whole.body.find(file), whole.body.npos);
        EXPECT_EQ(get(file).status, 200);
        EXPECT_GT(get(file).body.size(), 100U);
    }
    EXPECT_TRUE(whole.has("Content-Security-Policy: default-src 'none'; script-src 'self'"));
    EXPECT_TRUE(whole.has("frame-ancestors 'none'"));
    for (const auto* part : {"<style", " style=", " onclick", "http:", "https:", "javascript:"})
        EXPECT_EQ(count(whole.body, part), 0U) << part << " would be refused by the policy";
}

TEST_F(status_page, says_on_every_answer_how_it_is_to_be_treated)
{
    make();
    for (const auto* target : {"/", "/healthz", "/none", "/api/services"})
    {
        const auto r = get(target);
        EXPECT_TRUE(r.has("Cache-Control: no-store\r\n")) << target;
        EXPECT_TRUE(r.has("X-Content-Type-Options: nosniff\r\n")) << target;
        EXPECT_TRUE(r.has("Referrer-Policy: no-referrer\r\n")) << target;
    }
}

TEST_F(status_page, answers_head_without_the_body)
{
    make();
    const auto r = get("/healthz", "", "HEAD");
    EXPECT_EQ(r.status, 200);
    EXPECT_TRUE(r.has("Content-Length: 3\r\n"));
    EXPECT_EQ(r.body, "");
    EXPECT_EQ(exchange("HEAD /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200)
        << "and it ends";
}

TEST_F(status_page, refuses_what_is_not_there_and_what_would_change_something)
{
    make();
    EXPECT_EQ(get("/none").status, 404);
    EXPECT_EQ(get("/../etc/passwd").status, 404);
    EXPECT_EQ(get("//").status, 404);
    for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"})
    {
        const auto r = get("/", "", method);
        EXPECT_EQ(r.status, 405) << method;
        EXPECT_TRUE(r.has("Allow: GET, HEAD\r\n"));
    }
}

TEST_F(status_page, refuses_what_is_no_request)
{
    make();
    EXPECT_EQ(exchange("\x16\x03\x01\x02\x00\x01 no\r\n\r\n").status, 400);
    EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost localhost\r\n\r\n").status, 400);
    EXPECT_EQ(exchange("GET / HTTP/1.1\r\n\r\n").status, 400) << "no host";
    EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n").status, 400);
    EXPECT_EQ(exchange("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                       "\r\n")
                  .status,
              400);
    EXPECT_EQ(exchange("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n").status, 400);
    EXPECT_EQ(exchange("GET /healthz HTTP/1.0\r\n\r\n").status, 200) << "as health checks do";
}

TEST_F(status_page, refuses_bodies)
{
    make();
    EXPECT_EQ(get("/", "Content-Length: 5\r\n", "POST").status, 413);
    EXPECT_EQ(get("/", "Content-Length: 99999999999\r\n").status, 413);
    EXPECT_EQ(get("/", "Transfer-Encoding: chunked\r\n", "POST").status, 413);
}

TEST_F(status_page, answers_requests_that_come_together_one_after_the_other)
{
    make();
    auto c = connect();
    const std::string one = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    c.send(one + one + "GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(wait([&] { return c.closed(); }));
    EXPECT_EQ(count(c.received(), "HTTP/1.1 200 OK"), 2U);
    EXPECT_GT(c.received().find("HTTP/1.1 404"), c.received().rfind("HTTP/1.1 200"));
}

TEST_F(status_page, asks_for_the_token)
{
    make({.token = token});
    const auto r = get("/");
    EXPECT_EQ(r.status, 401);
    EXPECT_TRUE(r.has("WWW-Authenticate: Bearer realm=\"holdfast\"\r\n")) << r.header;
    EXPECT_TRUE(r.has("WWW-Authenticate: Basic realm=\"holdfast\""));
    for (const auto* target : {"/metrics", "/readyz", "/api/services", "/api/events", "/page.js",
                               "/none", "/api/services/none"})
        EXPECT_EQ(get(target).status, 401) << target;
    EXPECT_EQ(get("/healthz").status, 200);
    EXPECT_EQ(get("/", "Authorization: Bearer " + token + "\r\n").status, 200);
    EXPECT_EQ(get("/", "Authorization: Bearer " + token + "x\r\n").status, 401);
    EXPECT_EQ(r.body.find(token), r.body.npos);
}

TEST_F(status_page, is_for_this_host_by_its_own_names)
{
    make();
    const auto status = [this](const std::string& host)
    {
        return exchange("GET / HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n\r\n").status;
    };
    EXPECT_EQ(status("evil.example"), 421) << "a name that was made to lead here";
    EXPECT_EQ(status("evil.example:" + std::to_string(page->local_endpoint().port())), 421);
    EXPECT_EQ(status("localhost.evil.example"), 421);
    EXPECT_EQ(status("127.0.0.1.evil.example"), 421);
    EXPECT_EQ(status(""), 421);
    EXPECT_EQ(status("127.0.0.1"), 200);
    EXPECT_EQ(status("LOCALHOST:9"), 200);
    EXPECT_EQ(status("[::1]:80"), 200);
}

TEST_F(status_page, escapes_what_others_wrote)
{
    services.add("a");
    auto s = *services.find("a");
    s.endpoint = "tcp:<script>alert(1)</script>&\"'\x01";
    s.job = "</summary><b>";
    s.state = hf::service_state::waiting;
    auto f = std::make_shared<hf::failure>();
    f->detail = std::make_shared<const std::string>("<img src=x onerror=alert(2)>\n\"");
    s.last_failure = f;
    services.set(s);
    make();
    const auto whole = get("/").body;
    EXPECT_EQ(whole.find("<script>alert"), whole.npos);
    EXPECT_EQ(whole.find("<img"), whole.npos);
    EXPECT_EQ(whole.find("</summary><b>"), whole.npos);
    EXPECT_NE(whole.find("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;\xef\xbf\xbd"),
              whole.npos);
    const auto json = get("/api/services").body;
    EXPECT_NE(json.find(R"(<img src=x onerror=alert(2)>\u000a\")"), json.npos) << json;
    EXPECT_EQ(count(json, "\n"), 1U);
}

TEST_F(status_page, does_not_listen_where_others_can_look_without_a_token)
{
    EXPECT_EQ(refusal([&] { make({.address = "0.0.0.0:0"}); }),
              "status: 0.0.0.0 can be reached from other machines, and no token is asked of them; "
              "set status_token, or use 127.0.0.1");
    EXPECT_NE(refusal([&] { make({.address = "[::]:0"}); }), "accepted");
    EXPECT_NE(refusal([&] { make({.address = "0.0.0.0:0", .token = "guessable"}); })
                  .find("status_token: has 9 characters"),
              std::string::npos);
    EXPECT_NE(refusal([&] { make({.token = "with a space in it"}); }), "accepted");
    EXPECT_EQ(refusal([&] { make({.address = "0.0.0.0:0", .token = token}); }), "accepted");
}

TEST_F(status_page, says_which_address_makes_no_sense)
{
    EXPECT_EQ(refusal([&] { make({.address = "nonsense\n"}); }),
              R"(status: "nonsense\x0a" is no address with a port, such as 127.0.0.1:8080 or )"
              "[::1]:8080");
    for (const auto* text : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", ":80",
                             "localhost:80", "127.0.0.1:8o", "[::1]"})
        EXPECT_NE(refusal([&] { make({.address = text}); }), "accepted") << text;
}

TEST_F(status_page, says_where_it_cannot_listen)
{
    make();
    const auto taken = "127.0.0.1:" + std::to_string(page->local_endpoint().port());
    try
    {
        const tool::status_page other(context.get_executor(), services, {.address = taken});
        FAIL() << "two listen on one port";
    }
    catch (const boost::system::system_error& e)
    {
        EXPECT_EQ(e.code(), boost::asio::error::address_in_use);
        EXPECT_NE(std::string_view(e.what()).find("status: listening on " + taken),
                  std::string_view::npos)
            << e.what();
    }
}

TEST_F(status_page, listens_on_ipv6)
{
    make({.address = "[::1]:0"});
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(status_page, takes_over_a_socket_that_listens)
{
    asio::ip::tcp::acceptor given(context, {asio::ip::address_v4::loopback(), 0});
    const auto at = given.local_endpoint();
    make({.listening = given.release()});
    EXPECT_EQ(page->local_endpoint(), at);
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(status_page, takes_over_a_unix_socket_where_no_browser_comes_by_another_name)
{
    const auto path = ::testing::TempDir() + "status_page." + std::to_string(::getpid());
    ::unlink(path.c_str());
    asio::local::stream_protocol::acceptor given(context, path);
    make({.listening = given.release()});
    asio::local::stream_protocol::socket s(context);
    s.connect(path);
    asio::write(
        s, asio::buffer(std::string_view("GET /healthz HTTP/1.1\r\nHost: status.example\r\n\r\n")));
    std::string received;
    asio::async_read_until(s, asio::dynamic_buffer(received), "\n\r\nok\n", [](auto, auto) {});
    EXPECT_TRUE(wait([&] { return received.find("HTTP/1.1 200 OK") == 0; })) << received;
    ::unlink(path.c_str());
}

TEST_F(status_page, takes_over_nothing_that_does_not_listen)
{
    asio::ip::tcp::acceptor others(context, {asio::ip::address_v4::any(), 0});
    EXPECT_NE(refusal([&] { make({.listening = others.release()}); }).find("status_token"),
              std::string::npos);
    const int descriptor = ::dup(STDIN_FILENO);
    EXPECT_NE(refusal([&] { make({.listening = descriptor}); }).find("no stream socket"),
              std::string::npos);
    ::close(descriptor);
}

TEST_F(status_page, closes_everything_when_it_is_stopped)
{
    make();
    auto idle = connect();
    auto half = connect();
    half.send("GET / HTTP/1.1\r\n");
    auto watching = connect();
    watching.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(wait([&] { return watching.has("\r\n\r\n"); }));
    page->stop();
    EXPECT_EQ(clock.armed(), 0U);
    services.add("nobody-looks");
    EXPECT_TRUE(wait([&] { return idle.closed() && half.closed() && watching.closed(); }));
    EXPECT_EQ(page->local_endpoint(), asio::ip::tcp::endpoint());
}

TEST_F(status_page, can_be_destroyed_at_any_time_and_asks_nothing_after)
{
    for (int handlers = 0; handlers < 16; ++handlers)
    {
        make();
        auto c = connect();
        c.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        context.restart();
        for (int n = 0; n < handlers; ++n)
            context.poll_one();
        page.reset();
        const auto before = asked;
        EXPECT_TRUE(wait([&] { return c.closed(); }));
        context.poll();
        EXPECT_EQ(asked, before) << "after " << handlers << " handlers";
    }
}

// 100 ms is what it may cost; a machine under load may take longer, so it is told, not asked.
TEST_F(status_page, of_a_thousand_services_takes_little_time)
{
    for (int n = 0; n < 1000; ++n)
    {
        const auto name = "service-" + std::to_string(n);
        services.add(name);
        for (int minute = 0; minute < n % 7; ++minute)
            services.fail(name);
        if (n % 7 < 3)
            services.connect(name);
    }
    make();
    const auto begin = std::clock();
    const auto page_size = get("/").body.size();
    const auto middle = std::clock();
    const auto json_size = get("/api/services").body.size();
    const auto end = std::clock();
    const auto milliseconds = [](std::clock_t t)
    { return 1000.0 * static_cast<double>(t) / CLOCKS_PER_SEC; };
    std::cout << "/ of 1000 services: " << page_size << " bytes in " << milliseconds(middle - begin)
              << " ms; /api/services: " << json_size << " bytes in " << milliseconds(end - middle)
              << " ms\n";
    EXPECT_LT(milliseconds(end - begin), 5000);
}
}

// SPDX-License-Identifier: BSL-1.0
// Real proxies on this machine: Dante and microsocks (SOCKS5), tinyproxy (HTTP CONNECT), HAProxy
// (the PROXY protocol).
#include "integration/proxies.hpp"
#include "support/listener.hpp"
#include "support/process.hpp"

#include <boost/asio/ip/address.hpp>

#include <set>
#include <string>
#include <vector>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using hf::proxy_condition;
using hf::proxy_errc;
using proxies::configuration;
using proxies::dante;
using support::listener;
using support::server_process;

void echo(listener::socket& s)
{
    std::string buffer(4096, 0);
    boost::system::error_code ec;
    while (!ec)
    {
        const auto n = s.read_some(asio::buffer(buffer), ec);
        if (!ec)
            asio::write(s, asio::buffer(buffer.data(), n), ec);
    }
}

void greet(listener::socket& s)
{
    boost::system::error_code ignored;
    asio::write(s, asio::buffer("good day\n", 9), ignored);
}

std::string to(const std::string& host, std::uint16_t port)
{
    return "tcp://" + host + ':' + std::to_string(port);
}

std::string by(const std::string& kind, const server_process& proxy)
{
    return kind + "://127.0.0.1:" + std::to_string(proxy.port());
}

/// Microsocks, whose only user is `me` with the password `secret`.
server_process microsocks()
{
    return server_process(
        [](std::uint16_t port)
        {
            return proxies::told_when_ready(
                "microsocks -i 127.0.0.1 -p " + std::to_string(port) + " -u me -P secret", port);
        },
        "ready");
}

server_process tinyproxy(const std::string& more = {})
{
    return server_process(
        [=](std::uint16_t port)
        {
            const auto filter = configuration("tinyproxy.filter", port, "forbidden\n");
            const auto file = configuration("tinyproxy", port,
                                            "Port " + std::to_string(port) +
                                                "\nListen 127.0.0.1\nTimeout 60\nLogLevel Info\n"
                                                "MaxClients 20\nFilter \"" +
                                                filter + "\"\n" + more);
            return std::vector<std::string>{"/usr/bin/tinyproxy", "-d", "-c", file};
        },
        "Accepting connections");
}

using socks5_proxy = proxies::fixture;
using http_proxy = proxies::fixture;
using proxy_protocol_server = proxies::fixture;

TEST_F(socks5_proxy, dante_connects_to_a_name_and_to_addresses_of_both_families)
{
    SKIP_WITHOUT_PROGRAM("danted");
    const listener v4(echo);
    const listener v6(echo, asio::ip::address_v6::loopback());
    const auto proxy = dante();
    for (const auto& target :
         {to("localhost", v4.port()), to("127.0.0.1", v4.port()), to("[::1]", v6.port())})
    {
        auto d = dial(target + "?via=" + by("socks5", proxy));
        ASSERT_FALSE(d.code) << target << ": " << d.code.message() << ": " << d.detail();
        EXPECT_EQ(exchange(*d.stream, "hello", 5), "hello");
    }
}

TEST_F(socks5_proxy, what_the_target_says_first_arrives_whole)
{
    SKIP_WITHOUT_PROGRAM("danted");
    const listener target(greet);
    const auto proxy = dante();
    auto d = dial(to("127.0.0.1", target.port()) + "?via=" + by("socks5", proxy));
    ASSERT_FALSE(d.code);
    EXPECT_EQ(exchange(*d.stream, "", 9), "good day\n");
}

TEST_F(socks5_proxy, dante_says_what_its_rules_forbid_and_what_refused)
{
    SKIP_WITHOUT_PROGRAM("danted");
    const auto forbidden = support::free_port();
    const auto proxy = dante("none", forbidden);
    const auto by_rule = dial(to("127.0.0.1", forbidden) + "?via=" + by("socks5", proxy));
    EXPECT_EQ(by_rule.code, proxy_errc::forbidden);
    EXPECT_EQ(by_rule.code, proxy_condition::proxy_refused);
    EXPECT_EQ(by_rule.report.phase, hf::phase::proxy);
    const auto refused =
        dial(to("127.0.0.1", support::free_port()) + "?via=" + by("socks5", proxy));
    EXPECT_EQ(refused.code, proxy_errc::target_refused);
    EXPECT_EQ(refused.code, proxy_condition::target_failed);
}

TEST_F(socks5_proxy, dante_wants_a_user_that_the_machine_knows)
{
    SKIP_WITHOUT_PROGRAM("danted");
    const auto proxy = dante("username");
    const auto nobody = dial("tcp://127.0.0.1:1?via=" + by("socks5", proxy));
    EXPECT_EQ(nobody.code, proxy_errc::authentication_required);
    const auto wrong =
        dial("tcp://127.0.0.1:1?via=socks5://me:secret@127.0.0.1:" + std::to_string(proxy.port()));
    EXPECT_EQ(wrong.code, proxy_errc::authentication_refused);
    EXPECT_EQ(wrong.detail().find("secret"), std::string::npos);
}

TEST_F(socks5_proxy, microsocks_takes_the_right_user_and_password_alone)
{
    SKIP_WITHOUT_PROGRAM("microsocks");
    const listener target(echo);
    const auto proxy = microsocks();
    const auto as = [&](const std::string& user)
    {
        return dial(to("127.0.0.1", target.port()) + "?via=socks5://" + user +
                    "127.0.0.1:" + std::to_string(proxy.port()));
    };
    auto right = as("me:secret@");
    ASSERT_FALSE(right.code) << right.code.message();
    EXPECT_EQ(exchange(*right.stream, "hello", 5), "hello");
    right.stream.reset(); // the target serves one after the other
    EXPECT_EQ(as("me:wrong@").code, proxy_errc::authentication_refused);
    EXPECT_EQ(as("").code, proxy_errc::authentication_required);
}

TEST_F(socks5_proxy, one_that_is_not_there_is_told_apart_from_its_target)
{
    const auto port = std::to_string(support::free_port());
    const auto d = dial("tcp://127.0.0.1:1?via=socks5://127.0.0.1:" + port);
    EXPECT_EQ(d.code, asio::error::connection_refused);
    EXPECT_EQ(d.report.phase, hf::phase::connect);
    EXPECT_EQ(d.detail(), "the proxy tcp:127.0.0.1:" + port + " was not reached");
}

TEST_F(http_proxy, tinyproxy_connects_to_a_name_and_to_addresses_of_both_families)
{
    SKIP_WITHOUT_PROGRAM("tinyproxy");
    const listener v4(echo);
    const listener v6(echo, asio::ip::address_v6::loopback());
    const auto proxy = tinyproxy();
    for (const auto& target :
         {to("localhost", v4.port()), to("127.0.0.1", v4.port()), to("[::1]", v6.port())})
    {
        auto d = dial(target + "?via=" + by("http-connect", proxy));
        ASSERT_FALSE(d.code) << target << ": " << d.code.message() << ": " << d.detail();
        EXPECT_EQ(exchange(*d.stream, "hello", 5), "hello");
    }
}

TEST_F(http_proxy, what_the_target_says_first_arrives_whole)
{
    SKIP_WITHOUT_PROGRAM("tinyproxy");
    const listener target(greet);
    const auto proxy = tinyproxy();
    auto d = dial(to("127.0.0.1", target.port()) + "?via=" + by("http-connect", proxy));
    ASSERT_FALSE(d.code);
    EXPECT_EQ(exchange(*d.stream, "", 9), "good day\n");
}

TEST_F(http_proxy, tinyproxy_takes_the_right_user_and_password_alone)
{
    SKIP_WITHOUT_PROGRAM("tinyproxy");
    const listener target(echo);
    const auto proxy = tinyproxy("BasicAuth me secret\n");
    const auto as = [&](const std::string& user)
    {
        return dial(to("127.0.0.1", target.port()) + "?via=http-connect://" + user +
                    "127.0.0.1:" + std::to_string(proxy.port()));
    };
    EXPECT_EQ(as("").code, proxy_errc::authentication_required);
    EXPECT_EQ(as("me:wrong@").code, proxy_errc::authentication_refused);
    auto right = as("me:secret@");
    ASSERT_FALSE(right.code) << right.code.message();
    EXPECT_EQ(exchange(*right.stream, "hello", 5), "hello");
}

TEST_F(http_proxy, tinyproxy_says_what_it_filters_and_what_it_did_not_reach)
{
    SKIP_WITHOUT_PROGRAM("tinyproxy");
    const auto proxy = tinyproxy();
    const auto filtered = dial("tcp://forbidden:80?via=" + by("http-connect", proxy));
    EXPECT_EQ(filtered.code, proxy_errc::forbidden);
    EXPECT_EQ(filtered.detail(), "the proxy was asked for forbidden:80; it answered 403 Filtered");
    const auto refused =
        dial(to("127.0.0.1", support::free_port()) + "?via=" + by("http-connect", proxy));
    EXPECT_EQ(refused.code, proxy_errc::general_failure);
    EXPECT_NE(refused.detail().find("it answered 500 Unable to connect"), std::string::npos)
        << refused.detail();
}

TEST_F(http_proxy, is_reached_by_way_of_a_socks5_proxy)
{
    SKIP_WITHOUT_PROGRAM("danted");
    SKIP_WITHOUT_PROGRAM("tinyproxy");
    const listener target(echo);
    const auto near = dante();
    const auto far = tinyproxy();
    auto d = dial(to("127.0.0.1", target.port()) + "?via=" + by("socks5", near) +
                  "&via=" + by("http-connect", far));
    ASSERT_FALSE(d.code) << d.code.message() << ": " << d.detail();
    EXPECT_EQ(exchange(*d.stream, "hello", 5), "hello");
    const auto nobody =
        dial(to("127.0.0.1", target.port()) + "?via=" + by("socks5", near) +
             "&via=http-connect://127.0.0.1:" + std::to_string(support::free_port()));
    EXPECT_EQ(nobody.code, proxy_errc::target_refused); // says the nearer one of the other
}

TEST_F(http_proxy, another_kind_of_proxy_is_not_taken_for_one)
{
    SKIP_WITHOUT_PROGRAM("danted");
    const auto socks = dante();
    const auto d = dial("tcp://127.0.0.1:1?via=" + by("http-connect", socks));
    EXPECT_TRUE(d.code == proxy_errc::malformed_answer || d.code == asio::error::eof ||
                d.code == asio::error::connection_reset)
        << d.code.message();
    EXPECT_EQ(d.report.phase, hf::phase::proxy);
}

TEST_F(http_proxy, the_program_tells_whose_fault_it_is_and_no_password)
{
    SKIP_WITHOUT_PROGRAM("tinyproxy");
    const auto proxy = tinyproxy("BasicAuth me secret\n");
    const auto description =
        "tcp://forbidden:80?via=http-connect://me:secret@127.0.0.1:" + std::to_string(proxy.port());
    support::process p(
        {HOLDFAST_PROGRAM, "connect", description, "--once", "--fail-after", "1", "--verbose"});
    EXPECT_EQ(p.wait(), 3) << p.errors();
    EXPECT_NE(p.errors().find("failed in proxy"), std::string::npos) << p.errors();
    EXPECT_NE(p.errors().find("the proxy does not allow it: the proxy was asked for forbidden:80; "
                              "it answered 403 Filtered"),
              std::string::npos)
        << p.errors();
    EXPECT_EQ(p.errors().find("secret"), std::string::npos) << p.errors();
}

/// HAProxy, which wants the header of the PROXY protocol, and answers with what it was told.
server_process haproxy(const std::string& address)
{
    return server_process(
        [=](std::uint16_t port)
        {
            const auto file =
                configuration("haproxy", port,
                              "global\n log stdout format raw local0\n"
                              "defaults\n mode http\n timeout client 30s\n timeout connect 30s\n"
                              " timeout server 30s\n"
                              "frontend told\n bind " +
                                  address + ':' + std::to_string(port) +
                                  " accept-proxy\n"
                                  " http-request return status 200 content-type text/plain "
                                  "lf-string \"%[src]:%[src_port] to %[dst]:%[dst_port]\\n\"\n");
            return proxies::told_when_ready("/usr/sbin/haproxy -db -f " + file, port, address);
        },
        "ready");
}

/// The last line of the answer.
std::string last_line(const std::string& answer)
{
    const auto begin = answer.find("\r\n\r\n");
    return begin == answer.npos ? answer : answer.substr(begin + 4);
}

TEST_F(proxy_protocol_server, haproxy_believes_the_header)
{
    SKIP_WITHOUT_PROGRAM("haproxy");
    const std::string ask = "GET / HTTP/1.0\r\n\r\n";
    for (const std::string address : {"127.0.0.1", "[::1]"})
    {
        const auto server = haproxy(address == "[::1]" ? "::1" : address);
        const auto there = "proxy-protocol://" + address + ':' + std::to_string(server.port());
        const auto told = [&](const std::string& keys)
        {
            auto d = dial(there + keys);
            EXPECT_FALSE(d.code) << d.code.message();
            return std::pair(last_line(exchange(*d.stream, ask, 4096)), d.stream->local());
        };
        const bool v6 = address == "[::1]";
        for (const std::string version : {"version=1", "version=2"})
        {
            const auto port = std::to_string(server.port());
            const std::string plain = v6 ? "::1" : address;
            // Without addresses given it is told those that it sees.
            auto [real, local] = told('?' + version);
            const auto here = local.substr(local.rfind(':') + 1);
            EXPECT_EQ(real, plain + ':' + here + " to " + plain + ':' + port + '\n');

            const std::string source = v6 ? "[2001:db8::1]:4242" : "192.0.2.1:4242";
            const std::string target = v6 ? "[2001:db8::2]:25" : "192.0.2.2:25";
            const auto coded = [](std::string text)
            {
                for (auto at = text.find_first_of("[]"); at != text.npos;
                     at = text.find_first_of("[]"))
                    text.replace(at, 1, text[at] == '[' ? "%5B" : "%5D");
                return text;
            };
            const auto given =
                told('?' + version + "&source=" + coded(source) + "&destination=" + coded(target))
                    .first;
            EXPECT_EQ(given, v6 ? "2001:db8::1:4242 to 2001:db8::2:25\n"
                                : "192.0.2.1:4242 to 192.0.2.2:25\n");

            auto [unknown, seen] = told('?' + version + "&local=1");
            EXPECT_EQ(unknown, plain + ':' + seen.substr(seen.rfind(':') + 1) + " to " + plain +
                                   ':' + port + '\n');
        }
        // And without a header it hangs up.
        auto none = dial(to(address, server.port()));
        ASSERT_FALSE(none.code);
        EXPECT_EQ(exchange(*none.stream, ask, 4096), "");
    }
}

/// HAProxy, which passes connections with the header of the PROXY protocol on to a port.
server_process passing_haproxy(std::uint16_t behind)
{
    return server_process(
        [=](std::uint16_t port)
        {
            const auto file = configuration(
                "haproxy.tcp", port,
                "defaults\n mode tcp\n timeout client 30s\n timeout connect 30s\n"
                " timeout server 30s\nlisten passing\n bind 127.0.0.1:" +
                    std::to_string(port) +
                    " accept-proxy\n server behind 127.0.0.1:" + std::to_string(behind) + "\n");
            return proxies::told_when_ready("/usr/sbin/haproxy -db -f " + file, port);
        },
        "ready");
}

TEST_F(proxy_protocol_server, haproxy_passes_on_what_follows_the_header_alone)
{
    SKIP_WITHOUT_PROGRAM("haproxy");
    const listener target(echo);
    const auto server = passing_haproxy(target.port());
    for (const std::string version : {"1", "2"})
    {
        auto d = dial("proxy-protocol:127.0.0.1:" + std::to_string(server.port()) +
                      ":version=" + version);
        ASSERT_FALSE(d.code);
        EXPECT_EQ(exchange(*d.stream, "hello", 5), "hello");
    }
}

// The header has no answer: a server behind that is not there shows as a connection that is lost.
TEST_F(proxy_protocol_server, haproxy_hangs_up_if_nobody_is_behind_it)
{
    SKIP_WITHOUT_PROGRAM("haproxy");
    const auto server = passing_haproxy(support::free_port());
    auto d = dial("proxy-protocol:127.0.0.1:" + std::to_string(server.port()));
    ASSERT_FALSE(d.code);
    EXPECT_EQ(exchange(*d.stream, "hello", 5), "");
}
}

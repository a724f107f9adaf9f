// SPDX-License-Identifier: BSL-1.0
// `holdfast check`, as its users run it.
#include "support/listener.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

namespace
{
namespace asio = boost::asio;
using support::listener;
using support::process;

std::vector<std::string> check(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {HOLDFAST_PROGRAM, "check"});
    return arguments;
}

bool holds(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// A server that waits until it is left.
void wait_for_end(listener::socket& s)
{
    std::string text;
    boost::system::error_code end;
    asio::read(s, asio::dynamic_buffer(text), end);
}

TEST(check, tells_of_each_step_to_a_server)
{
    listener server(wait_for_end);
    auto description = server.description();
    description.replace(0, sizeof "tcp:127.0.0.1" - 1, "tcp:localhost");
    process p(check({description, "-4", "--watch", "10ms"}));
    EXPECT_EQ(p.wait(), 0) << p.output();
    EXPECT_EQ(p.errors(), "");
    const auto& text = p.output();
    const auto lookup = text.find("lookup   look up localhost (IPv4 only): done in ");
    const auto address = text.find("address           127.0.0.1\n");
    const auto connect = text.find("connect  connect to 127.0.0.1:");
    const auto watched = text.find("it stays, and the server says nothing first\n");
    const auto end = text.find("\nconnected to 127.0.0.1:");
    EXPECT_NE(end, std::string::npos) << text;
    EXPECT_TRUE(lookup < address && address < connect && connect < watched && watched < end)
        << text;
}

TEST(check, takes_addresses_that_it_is_given_for_a_name)
{
    listener server(wait_for_end);
    const auto port = std::to_string(server.port());
    process p(check({"tcp:no.such.host.invalid:" + port, "--watch", "10ms", "--resolve",
                     "no.such.host.invalid:" + port + ":127.0.0.1"}));
    EXPECT_EQ(p.wait(), 0) << p.output();
    EXPECT_TRUE(holds(p.output(), "\nconnected to 127.0.0.1:" + port)) << p.output();
}

TEST(check, tells_what_the_server_says_first)
{
    listener server(
        [](auto& s)
        {
            asio::write(s, asio::buffer("220 good day\r\n", 14));
            wait_for_end(s);
        });
    process p(check({server.description(), "--watch", "20s"}));
    EXPECT_EQ(p.wait(), 0) << p.output();
    EXPECT_TRUE(holds(p.output(), "the server sent 14 bytes first")) << p.output();
    EXPECT_TRUE(holds(p.output(), R"("220 good day\x0d\x0a")")) << p.output();
}

TEST(check, fails_where_nobody_listens_and_says_so)
{
    const auto port = std::to_string(support::free_port());
    process p(check({"tcp:127.0.0.1:" + port}));
    EXPECT_EQ(p.wait(), 1);
    EXPECT_TRUE(holds(p.output(), "\ncause: nothing listens on 127.0.0.1:" + port + '\n'))
        << p.output();
    EXPECT_TRUE(holds(p.output(), "\ntry:   ")) << p.output();
}

TEST(check, works_as_its_help_says)
{
    process help(check({"--help"}));
    EXPECT_EQ(help.wait(), 0);
    EXPECT_TRUE(holds(help.output(), "nobody listens too: tcp:localhost:1\n")) << help.output();
    process example(check({"tcp:localhost:1"}));
    EXPECT_EQ(example.wait(), 1) << example.output();
    EXPECT_TRUE(holds(example.output(), "\ncause: nothing listens on ")) << example.output();
}

TEST(check, refuses_what_makes_no_sense_with_one_line_that_names_the_part)
{
    const std::pair<std::vector<std::string>, std::string> refusals[] = {
        {{}, "DESCRIPTION"},
        {{"tcp:localhost"}, "port"},
        {{"pigeon:roof"}, "pigeon"},
        {{"tcp:localhost:1", "-4", "-6"}, "-6"},
        {{"unix:/run/x", "-4"}, "-4"},
        {{"tcp:localhost:1", "--attempt-timeout", "0"}, "--attempt-timeout"},
        {{"tcp:localhost:1", "--watch", "soon"}, "--watch"},
        {{"tcp:localhost:1", "--resolve", "localhost:1"}, "--resolve"},
    };
    for (const auto& [arguments, names] : refusals)
    {
        process p(check(arguments));
        EXPECT_EQ(p.wait(), 2) << p.errors();
        EXPECT_EQ(std::count(p.errors().begin(), p.errors().end(), '\n'), 1) << p.errors();
        EXPECT_TRUE(holds(p.errors(), names)) << p.errors();
        EXPECT_EQ(p.output(), "");
    }
}

TEST(check, tells_of_a_server_that_resets_at_once)
{
    listener server(
        [](auto& s)
        {
            s.set_option(asio::socket_base::linger(true, 0));
            s.close();
        });
    process p(check({server.description(), "--watch", "20s"}));
    EXPECT_EQ(p.wait(), 1) << p.output();
    // The reset may overtake the connect, and be seen by that.
    EXPECT_TRUE(holds(p.output(), "failed in session after ") ||
                holds(p.output(), "failed in connect after "))
        << p.output();
    EXPECT_TRUE(holds(p.output(), "ended it at once: Connection reset by peer\n") ||
                holds(p.output(), "ended the connection as soon as it was made\n"))
        << p.output();
}

TEST(check, takes_a_server_that_hangs_up_in_good_order_for_one_that_is_there)
{
    listener server([](auto&) {});
    process p(check({server.description(), "--watch", "20s"}));
    EXPECT_EQ(p.wait(), 0) << p.output();
    EXPECT_TRUE(holds(p.output(), "the server ended it at once, in good order")) << p.output();
}

TEST(check, prints_a_line_of_JSON_for_each_attempt)
{
    listener server(wait_for_end);
    process p(check({server.description(), "--json", "--twice", "--watch", "0"}));
    EXPECT_EQ(p.wait(), 0) << p.output();
    EXPECT_EQ(std::count(p.output().begin(), p.output().end(), '\n'), 2) << p.output();
    process reader({HOLDFAST_PYTHON, "-c",
                    "import json, sys\n"
                    "for line in sys.stdin:\n"
                    "    o = json.loads(line)\n"
                    "    print(o['connected'], [s['phase'] for s in o['steps']])"});
    reader.write(p.output());
    reader.close_input();
    EXPECT_EQ(reader.wait(), 0) << reader.errors();
    EXPECT_EQ(reader.output(), "True ['connect']\nTrue ['connect']\n");
}

TEST(check, never_tells_a_password)
{
    process p(check({"tcp://user:hunter2@localhost:1/"}));
    EXPECT_EQ(p.wait(), 2);
    EXPECT_FALSE(holds(p.errors() + p.output(), "hunter2")) << p.errors();
}

#if defined(HOLDFAST_CERTIFICATES)
/// Accepts in the kernel, and says nothing.
class silent_server
{
public:
    std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }

    void wait_for_client()
    {
        asio::ip::tcp::socket s(context_);
        acceptor_.accept(s);
        clients_.push_back(std::move(s));
    }

private:
    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
    std::vector<asio::ip::tcp::socket> clients_;
};

TEST(check, tells_TLS_to_a_port_that_waits_from_TLS_to_one_that_speaks_plainly)
{
    const silent_server silent;
    process waits(check({"tls:127.0.0.1:" + silent.port(), "--attempt-timeout", "300ms"}));
    EXPECT_EQ(waits.wait(), 1);
    EXPECT_TRUE(holds(waits.output(),
                      "\ncause: the server took the connection, and does not answer to TLS\n"))
        << waits.output();
    EXPECT_TRUE(holds(waits.output(), "shake hands with 127.0.0.1: given up after "))
        << waits.output();

    listener plain(
        [](auto& s)
        {
            asio::write(s, asio::buffer("220 hello there, who is it\r\n", 28));
            wait_for_end(s);
        });
    auto description = plain.description();
    description.replace(0, 3, "tls");
    process talks(check({description}));
    EXPECT_EQ(talks.wait(), 1);
    EXPECT_TRUE(holds(talks.output(), "\ncause: what the server sent is not TLS"))
        << talks.output();
}

TEST(check, tells_of_a_server_that_hangs_up_in_the_handshake)
{
    listener server(
        [](auto& s)
        {
            std::string hello(4096, 0);
            s.read_some(asio::buffer(hello));
        });
    auto description = server.description();
    description.replace(0, 3, "tls");
    process p(check({description}));
    EXPECT_EQ(p.wait(), 1);
    EXPECT_TRUE(
        holds(p.output(), "\ncause: the server hung up in the middle of the TLS handshake\n"))
        << p.output();
}

TEST(check, tells_what_it_knows_when_it_is_interrupted)
{
    for (const int signal : {SIGINT, SIGTERM})
    {
        silent_server silent;
        process p(check({"tls:127.0.0.1:" + silent.port()}));
        silent.wait_for_client();
        p.send_signal(signal);
        EXPECT_EQ(p.wait(), 1) << p.errors();
        EXPECT_TRUE(holds(p.output(), "connect to 127.0.0.1:" + silent.port() + ": done"))
            << p.output();
        EXPECT_TRUE(holds(p.output(), "\ncause: it was interrupted")) << p.output();
    }
}
#endif
}

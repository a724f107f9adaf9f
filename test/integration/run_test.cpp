// SPDX-License-Identifier: BSL-1.0
// `holdfast run`, as its users run it: a daemon, its servers, and the commands that talk to it.
#include "integration/daemon.hpp"
#include "support/missing.hpp"
#include "support/server_process.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include <pwd.h>
#include <unistd.h>

namespace
{
namespace asio = boost::asio;

std::string contents(const std::string& path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string service(const std::string& name, const std::string& lines)
{
    return "[services." + name + "]\n" + lines + "\n";
}

/// A client of a port of this machine.
class client
{
public:
    explicit client(std::uint16_t port)
    {
        socket_.connect({asio::ip::address_v4::loopback(), port});
    }

    void send(const std::string& text) { asio::write(socket_, asio::buffer(text)); }

    /// A line that comes; empty if the end does.
    std::string line()
    {
        std::string text;
        boost::system::error_code ec;
        asio::read_until(socket_, asio::dynamic_buffer(text), '\n', ec);
        return text;
    }

private:
    asio::io_context context_;
    asio::ip::tcp::socket socket_{context_};
};

TEST(run, keeps_a_connection_to_a_server_that_is_killed_and_started_again)
{
    auto redis = support::server_process::redis();
    daemon_process d(service("cache", "endpoint = \"" + redis.description() +
                                          "\"\nprepare = [{ send = 'PING\\r\\n' }, { expect = "
                                          "'PONG' }]"));
    EXPECT_TRUE(d.shows("cache", R"("state":"connected")"));
    redis.kill();
    EXPECT_TRUE(d.shows("cache", "Connection refused"));
    EXPECT_NE(d.command({"why", "cache"}).find("Connection refused"), std::string::npos);
    redis.restart();
    EXPECT_TRUE(d.shows("cache", R"("state":"connected")"));
    d.process().send_signal(SIGTERM);
    EXPECT_EQ(d.process().wait(), 0) << d.process().errors();
}

TEST(run, pipes_clients_through_one_after_the_other)
{
    auto redis = support::server_process::redis();
    const auto port = support::free_port();
    daemon_process d(service("door", "endpoint = \"" + redis.description() +
                                         "\"\nforward = \"127.0.0.1:" + std::to_string(port) +
                                         "\"\nforward_clients = 2\nforward_wait = \"10m\""));
    ASSERT_TRUE(d.shows("door", R"("state":"connected")"));
    {
        client first(port);
        first.send("PING\r\n");
        EXPECT_EQ(first.line(), "+PONG\r\n");
        client second(port);
        client third(port);
        EXPECT_EQ(client(port).line(), "") << "there is room for two";
        first.send("CLIENT ID\r\n");
        const auto id = first.line();
        EXPECT_EQ(id.substr(0, 1), ":");
        second.send("CLIENT ID\r\n");
        first.send("QUIT\r\n");
        EXPECT_EQ(first.line(), "+OK\r\n");
        EXPECT_EQ(first.line(), "") << "its connection is over, and so is it";
        const auto other = second.line();
        EXPECT_EQ(other.substr(0, 1), ":");
        EXPECT_NE(other, id) << "each has a connection of its own";
        redis.kill();
        EXPECT_EQ(second.line(), "");
        redis.restart();
        third.send("PING\r\n");
        EXPECT_EQ(third.line(), "+PONG\r\n");
        redis.kill();
        EXPECT_EQ(third.line(), "");
    }
    client waits(port);
    waits.send("PING\r\n");
    redis.restart();
    EXPECT_EQ(waits.line(), "+PONG\r\n") << "who came meanwhile";
    d.command({"stop", "door"});
    EXPECT_TRUE(d.shows("door", R"("state":"stopped")"));
    EXPECT_EQ(client(port).line(), "") << "nobody is kept waiting for a service that was stopped";
}

TEST(run, keeps_what_a_server_says_first_for_the_client)
{
    const auto port = support::free_port();
    daemon_process d(service("door", "endpoint = \"exec:sh:-c:echo hello; cat\"\nforward = "
                                     "\"127.0.0.1:" +
                                         std::to_string(port) + "\""));
    ASSERT_TRUE(d.shows("door", R"("state":"connected")"));
    client c(port);
    EXPECT_EQ(c.line(), "hello\n");
    c.send("again\n");
    EXPECT_EQ(c.line(), "again\n");
}

TEST(run, waits_without_work_while_a_server_talks_to_nobody)
{
    daemon_process d(service("door", "endpoint = \"exec:yes\"\nforward = \"127.0.0.1:" +
                                         std::to_string(support::free_port()) + "\""));
    ASSERT_TRUE(d.shows("door", R"("state":"connected")"));
    const auto ticks = [&]
    {
        std::istringstream fields(contents("/proc/" + std::to_string(d.process().pid()) + "/stat"));
        std::string field;
        for (int i = 0; i < 14; ++i)
            fields >> field;
        return std::stol(field);
    };
    const auto before = ticks();
    for (int i = 0; i < 300; ++i) // a second or two
        d.command({"status"});
    EXPECT_LT(ticks() - before, 30) << "hundredths of a second";
}

TEST(run, runs_a_command_on_each_connection)
{
    auto redis = support::server_process::redis();
    const daemon_process d(service("job", "endpoint = \"" + redis.description() +
                                              "\"\nexec = \"printf 'INCR runs\\\\r\\\\n'; head -n "
                                              "1 >> %/out; printf 'QUIT\\\\r\\\\n'\""));
    EXPECT_TRUE(comes_true([&] { return contents(d.path("out")).starts_with(":1\r\n:2\r\n"); }))
        << contents(d.path("out"));
}

TEST(run, writes_lines_and_opens_the_file_anew_when_it_is_told)
{
    daemon_process d(service("feed", "endpoint = \"exec:sh:-c:seq 100000 | sed s/.*/line/; "
                                     "printf rest; exec cat\"\nlog = \"%/lines\"") +
                     service("still", "endpoint = \"exec:sh:-c:printf rest; exit 0\"\nlog = "
                                      "\"%/rests\""));
    EXPECT_TRUE(comes_true([&] { return contents(d.path("lines")).size() >= 500'000; }));
    EXPECT_TRUE(comes_true([&] { return contents(d.path("rests")).starts_with("rest\nrest\n"); }))
        << "the last line has an end too";
    std::filesystem::rename(d.path("lines"), d.path("lines.1"));
    d.process().send_signal(SIGHUP);
    EXPECT_TRUE(comes_true([&] { return std::filesystem::exists(d.path("lines")); }));
    d.command({"reconnect", "feed"});
    EXPECT_TRUE(comes_true([&] { return contents(d.path("lines")).size() >= 500'000; }));
    EXPECT_TRUE(contents(d.path("lines.1")).starts_with("line\nline\n"));
    EXPECT_TRUE(contents(d.path("lines")).starts_with("rest\nline\n"))
        << "what had no end when the file was opened anew";
}

TEST(run, applies_the_difference_when_the_configuration_is_read_again)
{
    const auto port = support::free_port();
    const auto door =
        "endpoint = \"exec:cat\"\nforward = \"127.0.0.1:" + std::to_string(port) + "\"\n";
    daemon_process d(service("same", "endpoint = \"exec:cat\"") +
                     service("gone", "endpoint = \"exec:cat\"") + service("door", door));
    ASSERT_TRUE(d.shows("same", R"("state":"connected")"));
    ASSERT_TRUE(d.shows("gone", R"("state":"connected")"));
    d.write(service("fresh", "endpoint = \"exec:cat\"") +
            service("same", "endpoint = \"exec:cat\"") + service("door", door + "fail_after = 7"));
    EXPECT_EQ(d.command({"reload"}), "1 added, 1 changed, 1 removed, 1 unchanged\n");
    EXPECT_EQ(d.command({"status", "--names"}), "fresh\nsame\ndoor\n");
    EXPECT_TRUE(d.shows("fresh", R"("state":"connected")"));
    EXPECT_NE(d.command({"status", "same", "--json"}).find(R"("connections":1)"), std::string::npos)
        << "it has kept its connection";
    EXPECT_TRUE(d.shows("door", R"("state":"connected")"));
    client c(port); // its listener was handed on
    c.send("x\n");
    EXPECT_EQ(c.line(), "x\n");
}

TEST(run, hands_those_who_wait_on_when_a_door_is_changed)
{
    auto redis = support::server_process::redis();
    const auto port = std::to_string(support::free_port());
    const auto door = "endpoint = \"" + redis.description() + "\"\nforward = \"127.0.0.1:" + port +
                      "\"\nforward_wait = \"10m\"\n";
    daemon_process d(service("door", door));
    ASSERT_TRUE(d.shows("door", R"("state":"connected")"));
    redis.kill();
    EXPECT_TRUE(d.shows("door", "Connection refused"));
    client c(static_cast<std::uint16_t>(std::stoi(port)));
    c.send("PING\r\n");
    d.write(service("door", door + "fail_after = 1000000"));
    EXPECT_EQ(d.command({"reload"}), "0 added, 1 changed, 0 removed, 0 unchanged\n");
    redis.restart();
    EXPECT_EQ(c.line(), "+PONG\r\n");
    d.write(service("door", door) + service("twin", door));
    EXPECT_NE(d.command({"reload"}, 1).find("Address already in use; nothing was changed"),
              std::string::npos);
    EXPECT_EQ(d.command({"status", "--names"}), "door\n");
    EXPECT_TRUE(d.shows("door", R"("state":"connected")"));
}

TEST(run, goes_on_after_a_client_has_left_even_if_one_failure_is_enough)
{
    const auto port = support::free_port();
    daemon_process d(service("door", "endpoint = \"exec:cat\"\nfail_after = 1\nforward = "
                                     "\"127.0.0.1:" +
                                         std::to_string(port) + "\""));
    for (const auto* const text : {"a\n", "b\n", "c\n"})
    {
        ASSERT_TRUE(d.shows("door", R"("state":"connected")"));
        client c(port);
        c.send(text);
        EXPECT_EQ(c.line(), text);
    }
}

TEST(run, changes_nothing_when_the_configuration_is_broken)
{
    daemon_process d(service("same", "endpoint = \"exec:cat\""));
    ASSERT_TRUE(d.shows("same", R"("state":"connected")"));
    d.write(service("same", "endpoint = \"exec:cat\"\nretri = 1"));
    const auto said = d.command({"reload"}, 1);
    EXPECT_NE(said.find("f.toml:9:1: services.same: there is no key \"retri\" (did you mean "
                        "\"retry\"?); nothing was changed"),
              std::string::npos)
        << said;
    d.write(service("same", "endpoint = \"exec:cat\"\nlog = \"/nowhere/x\""));
    EXPECT_NE(d.command({"reload"}, 1).find("No such file or directory; nothing was changed"),
              std::string::npos);
    EXPECT_NE(d.command({"status", "same", "--json"}).find(R"("connections":1)"),
              std::string::npos);
    d.process().send_signal(SIGHUP);
    EXPECT_TRUE(d.process().wait_for_errors("the configuration was not changed", 3));
}

TEST(run, tells_at_its_start_what_cannot_be_opened)
{
    auto redis = support::server_process::redis();
    const auto file = std::filesystem::temp_directory_path() /
                      ("holdfast-run-" + std::to_string(redis.port()) + ".toml");
    std::ofstream(file) << "[daemon]\ncontrol = \"" << file.native() << ".control\"\n"
                        << "[services.a]\nendpoint = \"exec:cat\"\nforward = \"127.0.0.1:"
                        << redis.port() << "\"\n";
    const auto said = output_of({HOLDFAST_PROGRAM, "run", "--allow-root", file.native()}, 1);
    EXPECT_NE(said.find("forward: cannot listen at 127.0.0.1:" + std::to_string(redis.port()) +
                        ": Address already in use"),
              std::string::npos)
        << said;
    std::filesystem::remove(file);
}

TEST(run, forwards_from_a_socket_that_the_service_manager_passes)
{
    constexpr const char* manager = "/usr/bin/systemd-socket-activate";
    SKIP_UNLESS(std::filesystem::exists(manager), manager);
    const auto port = support::free_port();
    const auto address = "127.0.0.1:" + std::to_string(port);
    const auto file = std::filesystem::temp_directory_path() /
                      ("holdfast-passed-" + std::to_string(::getpid()) + ".toml");
    std::ofstream(file) << "[daemon]\ncontrol = \"" << file.native() << ".control\"\n"
                        << "[services.door]\nendpoint = \"exec:cat\"\nforward = \"" << address
                        << "\"\n";
    {
        support::process p({manager, "-l", address, "--fdname=door", HOLDFAST_PROGRAM, "run",
                            "--allow-root", file.native()});
        ASSERT_TRUE(p.wait_for_errors("Listening on "));
        client c(port); // with whom the program is started
        c.send("x\n");
        EXPECT_EQ(c.line(), "x\n");
        p.send_signal(SIGTERM);
        EXPECT_EQ(p.wait(), 0) << p.errors();
    }
    std::filesystem::remove(file);
}

TEST(run, checks_a_configuration_and_does_nothing)
{
    const auto file = std::filesystem::temp_directory_path() /
                      ("holdfast-check-" + std::to_string(::getpid()) + ".toml");
    const auto check = [&](const std::string& daemon, int status)
    {
        std::ofstream(file) << "[daemon]\ncontrol = \"/nowhere/c\"\n"
                            << daemon << "\n[services.a]\nendpoint = \"exec:cat\"\n";
        return output_of({HOLDFAST_PROGRAM, "run", "--check", file.native()}, status);
    };
    EXPECT_EQ(check("", 0), file.native() + ": nothing is wrong; services: 1\n");
    EXPECT_EQ(check("status = \"0.0.0.0:80\"", 2),
              "holdfast: status: 0.0.0.0 can be reached from other machines, and no token is asked "
              "of them; set status_token, or use 127.0.0.1\n");
    EXPECT_EQ(check("control_users = [\"nobody-of-this-name\"]", 2),
              "holdfast: daemon.control_users: there is no user \"nobody-of-this-name\"\n");
    EXPECT_NE(
        check("status_token = \"env:HOLDFAST_TEST_MISSING\"", 2).find("HOLDFAST_TEST_MISSING"),
        std::string::npos);
    std::filesystem::remove(file);
}

TEST(run, becomes_the_user_who_is_named_with_its_control_socket_and_its_page)
{
    SKIP_UNLESS(::geteuid() == 0, "root");
    const auto* const nobody = ::getpwnam("nobody");
    ASSERT_NE(nobody, nullptr);
    daemon_process d(service("a", "endpoint = \"exec:cat\""),
                     "user = \"nobody\"\nstatus = \"127.0.0.1:0\"\npid_file = \"%/pid\"");
    EXPECT_EQ(contents(d.path("pid")), std::to_string(d.process().pid()) + "\n");
    EXPECT_NE(contents("/proc/" + std::to_string(d.process().pid()) + "/status")
                  .find("\nUid:\t" + std::to_string(nobody->pw_uid) + "\t"),
              std::string::npos);
    EXPECT_EQ(d.page("/healthz"), "ok\n");
}

TEST(run, shows_its_services_over_http)
{
    daemon_process d(service("a", "endpoint = \"exec:cat\"") +
                         service("b", "endpoint = \"tcp:127.0.0.1:" +
                                          std::to_string(support::free_port()) + "\""),
                     "status = \"127.0.0.1:0\"");
    ASSERT_TRUE(d.shows("a", R"("state":"connected")"));
    ASSERT_TRUE(d.shows("b", "Connection refused"));
    EXPECT_EQ(d.page("/healthz"), "ok\n");
    EXPECT_EQ(d.page("/readyz", {"-w", "%{http_code}"}), "not ready: b\n503");
    EXPECT_NE(d.page("/api/services").find(R"("name":"a")"), std::string::npos);
    EXPECT_NE(d.page("/").find("Connection refused"), std::string::npos);
    std::ofstream(d.path("metrics")) << d.page("/metrics");
    EXPECT_EQ(output_of({"sh", "-c", "promtool check metrics < " + d.path("metrics")}), "");
    EXPECT_NE(contents(d.path("metrics")).find("holdfast_connected{service=\"a\"} 1\n"),
              std::string::npos);
}

TEST(run, has_examples_in_the_help_of_its_commands_that_work_when_pasted)
{
    const daemon_process d(service("a", "endpoint = \"exec:cat\"") +
                           service("b", "endpoint = \"exec:cat\""));
    const auto program = std::filesystem::path(HOLDFAST_PROGRAM).parent_path().native();
    for (const std::string name :
         {"status", "why", "retry", "reconnect", "stop", "start", "reload"})
    {
        const auto help = output_of({HOLDFAST_PROGRAM, name, "--help"});
        const auto at = help.find("Example: ");
        ASSERT_NE(at, std::string::npos) << name;
        output_of({"sh", "-c",
                   "PATH=" + program + ":$PATH; export HOLDFAST_CONTROL=" + d.path("run/control") +
                       "; " + help.substr(at + 9, help.find('\n', at) - at - 9)});
    }
}

/// The configuration that the documentation shows, on ports and in a folder of this test.
TEST(run, shows_the_demonstration_on_real_servers)
{
    for (const auto* const program : {"redis-server", "nginx", "mosquitto"})
        SKIP_UNLESS(std::system((std::string("command -v ") + program + " >/dev/null").c_str()) ==
                        0,
                    program);
    auto text = contents(HOLDFAST_DEMO);
    const auto replace = [&](const std::string& what, const std::string& by)
    {
        ASSERT_NE(text.find(what), std::string::npos) << what;
        for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
            text.replace(at, what.size(), by);
    };
    replace("127.0.0.1:8080\"", "127.0.0.1:0\"");
    for (const auto* const port : {"16379", "18883", "18088"})
        replace(port, std::to_string(support::free_port()));
    replace("/tmp/holdfast-demo", "%/demo");
    replace("control = \"%/demo.control\"\n", "");
    text = text.substr(text.find("[daemon]\n") + 9);
    const auto defaults = text.find("[defaults]");
    const auto services = text.find("[services");
    daemon_process d(text.substr(services), text.substr(0, defaults));
    for (const auto* const name :
         {"redis-server", "nginx", "mosquitto", "redis", "redis-door", "mqtt", "web", "restless"})
        EXPECT_TRUE(d.shows(name, R"("state":"connected")")) << d.command({"why", name});
    EXPECT_TRUE(d.shows("nobody", "Connection refused"));
    EXPECT_NE(d.page("/").find("redis-door"), std::string::npos);
    EXPECT_EQ(d.page("/readyz"), "ok\n");
}
}

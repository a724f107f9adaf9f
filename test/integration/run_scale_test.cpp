// SPDX-License-Identifier: BSL-1.0
// `holdfast run` with many services, and with many who look at it.
#include "integration/daemon.hpp"
#include "support/missing.hpp"
#include "support/server_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <sys/resource.h>

namespace
{
using support::server_process;

std::size_t count(const std::string& text, std::string_view what)
{
    std::size_t n = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
        ++n;
    return n;
}

server_process nginx(const std::filesystem::path& folder)
{
    return server_process(
        [folder](std::uint16_t port)
        {
            std::ofstream(folder / "nginx.conf")
                << "daemon off; master_process off; pid " << (folder / "nginx.pid").native()
                << ";\nerror_log stderr notice;\nevents { worker_connections 1024; }\n"
                << "http { access_log off; server { listen 127.0.0.1:" << port
                << "; return 204; } }\n";
            return std::vector<std::string>{"/usr/sbin/nginx", "-e", "stderr", "-c",
                                            (folder / "nginx.conf").native()};
        },
        "getrlimit(");
}

struct temporary_folder
{
    temporary_folder()
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "holdfast-scale-XXXXXX").native();
        path = ::mkdtemp(pattern.data());
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

TEST(run, keeps_two_hundred_connections_to_servers_that_are_started_again)
{
    SKIP_UNLESS(std::filesystem::exists("/usr/sbin/nginx"), "nginx");
    SKIP_UNLESS(std::filesystem::exists("/usr/sbin/mosquitto"), "mosquitto");
    const temporary_folder folder;
    server_process servers[]{server_process::redis(), server_process::mosquitto(),
                             nginx(folder.path)};
    constexpr const char* prepare[]{
        R"([{ send = 'PING\r\n' }, { expect = 'PONG' }])",
        R"([{ send = '\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02)",
        R"([{ send = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n' }, { expect = '^HTTP/1.1 204' }])"};
    std::string services;
    for (int i = 0; i < 200; ++i)
    {
        const auto kind = static_cast<std::size_t>(i % 3);
        services += "[services.s" + std::to_string(i) + "]\nendpoint = \"" +
                    servers[kind].description() + "\"\nprepare = " + prepare[kind];
        if (kind == 1) // each client of the broker has a name of its own, of two letters
        {
            services += static_cast<char>('a' + i / 26);
            services += static_cast<char>('a' + i % 26);
            services += R"(' }, { expect = '\x20\x02\x00\x00' }])";
        }
        services += '\n';
    }
    const daemon_process d(services);
    const auto connected = [&]
    { return count(d.command({"status", "--json"}), R"("state":"connected")"); };
    EXPECT_TRUE(comes_true([&] { return connected() == 200; })) << connected();
    for (auto& s : servers)
    {
        s.kill();
        EXPECT_TRUE(comes_true([&] { return connected() <= 134; })) << connected();
        s.restart();
        EXPECT_TRUE(comes_true([&] { return connected() == 200; })) << connected();
    }
}

/// How long the daemon takes to answer, at most, while `going_on`.
template <class GoingOn>
std::chrono::milliseconds longest_answer(daemon_process& d, GoingOn going_on)
{
    std::chrono::milliseconds longest{};
    const auto end = std::chrono::steady_clock::now() + support::process::patience;
    do
    {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(d.page("/healthz"), "ok\n");
        longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - begin));
    } while (going_on() && std::chrono::steady_clock::now() < end);
    return longest;
}

TEST(run, answers_while_five_thousand_services_are_started_and_changes_one_of_them)
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    SKIP_UNLESS(limit.rlim_max >= 12'000, "room for 12,000 descriptors");
    auto redis = server_process::redis();
    constexpr std::size_t many = 5000;
    const auto services = [&](const std::string& of_the_last)
    {
        std::string text;
        for (std::size_t i = 1; i <= many; ++i)
            text += "[services.s" + std::to_string(i) + "]\nendpoint = \"" + redis.description() +
                    "\"\n" + (i == many ? of_the_last : "");
        return text;
    };
    daemon_process d(services(""), "status = \"127.0.0.1:0\"");
    const auto state = [&] { return d.command({"status", "--json"}); };
    const auto longest =
        longest_answer(d, [&] { return count(state(), R"("state":"connected")") < many; });
    std::cout << "while they were started the longest answer took " << longest.count() << " ms\n";
    EXPECT_EQ(count(state(), R"("state":"connected")"), many);
    EXPECT_LT(longest, std::chrono::seconds(5));
    d.write(services("max_age = \"1h\"\n"));
    EXPECT_EQ(d.command({"reload"}), "0 added, 1 changed, 0 removed, 4999 unchanged\n");
    EXPECT_TRUE(comes_true([&] { return count(state(), R"("state":"connected")") == many; }));
    EXPECT_EQ(count(state(), R"("connections":1})"), many) << "the others kept theirs";
}

TEST(run, serves_many_who_look_and_keeps_its_connections)
{
    SKIP_UNLESS(std::filesystem::exists("/usr/bin/wrk"), "wrk");
    daemon_process d("[services.a]\nendpoint = \"exec:cat\"\n", "status = \"127.0.0.1:0\"");
    ASSERT_TRUE(d.shows("a", R"("state":"connected")"));
    d.page("/healthz");
    for (const auto* const path : {"/healthz", "/", "/api/services", "/metrics"})
    {
        const auto said = output_of({"wrk", "-t1", "-c16", "-d1", d.url() + path});
        EXPECT_NE(said.find("Requests/sec"), std::string::npos) << said;
        EXPECT_EQ(said.find("Socket errors"), std::string::npos) << said;
        EXPECT_EQ(said.find("Non-2xx"), std::string::npos) << said;
    }
    EXPECT_NE(d.command({"status", "a", "--json"}).find(R"("connections":1)"), std::string::npos);
}

TEST(run, shows_in_a_browser_that_a_server_has_died_and_is_back)
{
    for (const auto* const program : {"node", "npm", "chromium", "redis-server"})
        SKIP_UNLESS(std::system((std::string("command -v ") + program + " >/dev/null").c_str()) ==
                        0,
                    program);
    const auto port = std::to_string(support::free_port());
    daemon_process d("[services.cache]\nendpoint = \"tcp:127.0.0.1:" + port +
                         "\"\n[services.other]\nendpoint = \"exec:cat\"\n",
                     "status = \"127.0.0.1:0\"");
    const auto start = "redis-server --port " + port + " --bind 127.0.0.1 --save '' --dir " +
                       d.path("") + " --daemonize yes --pidfile " + d.path("redis.pid") +
                       " >/dev/null";
    const auto stop = "kill -9 $(cat " + d.path("redis.pid") + ")";
    output_of({"sh", "-c", start});
    EXPECT_TRUE(d.shows("cache", R"("state":"connected")"));
    d.page("/healthz");
    const std::string run = HOLDFAST_BROWSER_TESTS "/run";
    const std::string folder = HOLDFAST_BUILD "/browser";
    support::process browser(
        {run, folder, "page.mjs", d.url() + "/", "cache", stop, start, folder + "/daemon"});
    browser.close_input();
    std::optional<int> status;
    for (int i = 0; i < 6 && !status; ++i)
        status = browser.wait();
    EXPECT_EQ(status, 0) << browser.output() << browser.errors();
    output_of({"sh", "-c", stop});
}
}

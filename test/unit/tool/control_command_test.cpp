// SPDX-License-Identifier: BSL-1.0
// The subcommands, with a server of their own that runs on another thread.
#include "tool/control/control.hpp"
#include "tool/control/control_client.hpp"
#include "tool/control/control_path.hpp"
#include "tool/control/control_server.hpp"

#include "control_services.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

class control_command : public ::testing::Test
{
protected:
    control_command()
    {
        std::string pattern = "/tmp/holdfast-control-XXXXXX";
        folder = ::mkdtemp(pattern.data());
        path = folder + "/control";
        services.add("feed");
        services.add("cache");
    }

    ~control_command() override
    {
        end();
        std::filesystem::remove_all(folder);
    }

    /// From now on what it has belongs to the other thread.
    void listen()
    {
        server.emplace(context.get_executor(), services,
                       tool::control_options{.path = path, .clock = &services.clock});
        thread = std::thread([this] { context.run(); });
    }

    void end()
    {
        context.stop();
        if (thread.joinable())
            thread.join();
        server.reset();
    }

    /// What a command ended with; what it printed is in `out` and `err`.
    int run(std::vector<std::string> words)
    {
        if (words.front() != "--help" && words.back() != "--help")
            words.insert(words.end(), {"--socket", path});
        auto result = tool::exit_code::ended;
        CLI::App app("", "holdfast");
        tool::add_control(app, result);
        std::ranges::reverse(words);
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        thrown.clear();
        try
        {
            app.parse(words);
        }
        catch (const tool::usage_error& e)
        {
            thrown = e.what();
            result = tool::exit_code::usage;
        }
        catch (const std::exception& e) // as main does
        {
            thrown = e.what();
            result = tool::exit_code::failed;
        }
        out = testing::internal::GetCapturedStdout();
        err = testing::internal::GetCapturedStderr();
        return static_cast<int>(result);
    }

    support::services_in_memory services;
    asio::io_context context;
    std::string folder;
    std::string path;
    std::optional<tool::control_server> server;
    std::thread thread;
    std::string out;
    std::string err;
    std::string thrown;
};

TEST_F(control_command, status_prints_a_table)
{
    listen();
    EXPECT_EQ(run({"status"}), 0);
    EXPECT_EQ(out, "NAME   STATE    FOR    ENDPOINT         FAILS  NEXT  LAST FAILURE\n"
                   "feed   waiting  1m30s  tcp:127.0.0.1:7      2\n"
                   "cache  waiting  1m30s  tcp:127.0.0.1:7      2\n");
}

TEST_F(control_command, status_prints_one_service_names_and_JSON)
{
    listen();
    EXPECT_EQ(run({"status", "cache"}), 0);
    EXPECT_TRUE(out.starts_with("cache: waiting, without a connection for 1m30s\n")) << out;
    EXPECT_EQ(run({"status", "--names"}), 0);
    EXPECT_EQ(out, "feed\ncache\n");
    EXPECT_EQ(run({"status", "--json", "feed"}), 0);
    EXPECT_TRUE(out.starts_with(R"({"ok":true,"version":1,"service":{"name":"feed")")) << out;
    EXPECT_EQ(std::ranges::count(out, '\n'), 1);
    EXPECT_EQ(run({"status", "--names", "--watch"}), 2);
    EXPECT_EQ(run({"status", "--json", "--watch", "feed"}), 2);
}

TEST_F(control_command, why_prints_the_history)
{
    services.history = {{.attempt = 4, .began = services.now()}};
    listen();
    EXPECT_EQ(run({"why", "feed"}), 0);
    EXPECT_TRUE(out.starts_with("feed: nobody listens\n")) << out;
    EXPECT_TRUE(out.ends_with("  attempt 4 goes on\n")) << out;
    EXPECT_EQ(run({"why", "fed"}), 1);
    EXPECT_EQ(thrown, "there is no service \"fed\" (did you mean \"feed\"?)");
}

TEST_F(control_command, each_does_what_it_says_to_each_service)
{
    listen();
    EXPECT_EQ(run({"stop", "feed", "cache"}), 0);
    EXPECT_EQ(out + err, "");
    EXPECT_EQ(run({"start", "--all"}), 0);
    EXPECT_EQ(run({"retry", "feed"}), 0);
    EXPECT_EQ(run({"reconnect", "cache"}), 0);
    end();
    EXPECT_EQ(services.commands,
              (std::vector<std::string>{"stop feed", "stop cache", "start feed", "start cache",
                                        "retry feed", "reconnect cache"}));
}

TEST_F(control_command, one_service_that_is_not_there_keeps_none_from_the_others)
{
    listen();
    EXPECT_EQ(run({"stop", "fed", "cache"}), 1);
    EXPECT_EQ(err, "holdfast: stop: there is no service \"fed\" (did you mean \"feed\"?)\n");
    end();
    EXPECT_EQ(services.commands, std::vector<std::string>{"stop cache"});
}

TEST_F(control_command, wants_names_or_all_but_not_both)
{
    listen();
    EXPECT_EQ(run({"stop"}), 2);
    EXPECT_EQ(thrown, "stop: say which services, or --all");
    EXPECT_EQ(run({"stop", "feed", "--all"}), 2);
    end();
    EXPECT_TRUE(services.commands.empty());
}

TEST_F(control_command, reload_prints_what_came_of_it)
{
    listen();
    EXPECT_EQ(run({"reload"}), 0);
    EXPECT_EQ(out, "nothing has changed\n");
    end();
    services.reloaded = {false, "line 3: there is no \"prot\""};
    context.restart();
    listen();
    EXPECT_EQ(run({"reload"}), 1);
    EXPECT_EQ(thrown, "line 3: there is no \"prot\"");
}

TEST_F(control_command, says_where_no_daemon_was_and_what_to_do)
{
    for (const char* command : {"status", "reload"})
    {
        EXPECT_EQ(run({command}), 4);
        EXPECT_EQ(err, "holdfast: control socket " + path +
                           ": No such file or directory: no daemon listens there; start it with "
                           "holdfast run CONFIG, or name its socket with --socket or "
                           "HOLDFAST_CONTROL\n");
    }
}

TEST_F(control_command, says_that_it_was_no_daemon_that_answered)
{
    asio::local::stream_protocol::acceptor other(context, {path});
    other.async_accept([](hf::error_code, asio::local::stream_protocol::socket s)
                       { s.send(asio::buffer("220 mail.example ESMTP\r\n", 24)); });
    thread = std::thread([this] { context.run(); });
    EXPECT_EQ(run({"status"}), 1);
    EXPECT_EQ(thrown, "what answers there is no daemon of holdfast: it said \"220 mail.example "
                      "ESMTP\\x0d\"");
}

TEST_F(control_command, JSON_that_is_passed_on_has_nothing_that_a_terminal_obeys)
{
    asio::local::stream_protocol::acceptor daemon(context, {path});
    daemon.async_accept(
        [](hf::error_code, asio::local::stream_protocol::socket s)
        {
            s.send(
                asio::buffer(std::string_view("{\"services\":[],\"x\":\"\xc2\x9b\xc3\xbc\"}\n")));
        });
    thread = std::thread([this] { context.run(); });
    EXPECT_EQ(run({"status", "--json"}), 0);
    EXPECT_EQ(out, "{\"services\":[],\"x\":\"\\u009b\xc3\xbc\"}\n");
}

TEST_F(control_command, watching_ends_with_the_daemon)
{
    // A change follows the first answer, and then the daemon goes.
    asio::local::stream_protocol::acceptor daemon(context, {path});
    daemon.async_accept(
        [](hf::error_code, asio::local::stream_protocol::socket s)
        {
            char request[64];
            s.read_some(asio::buffer(request));
            const std::string_view lines =
                "{\"ok\":true,\"services\":[{\"name\":\"a\",\"state\":\"waiting\"}]}\n"
                "{\"changed\":[{\"name\":\"a\",\"state\":\"connected\"}]}\n";
            s.send(asio::buffer(lines));
        });
    thread = std::thread([this] { context.run(); });
    EXPECT_EQ(run({"status", "--watch"}), 1);
    EXPECT_EQ(thrown, "the daemon ended the connection");
    EXPECT_EQ(out.substr(8), " a: waiting\n" + out.substr(20, 8) + " a: connected\n");
}

TEST_F(control_command, each_has_an_example_in_its_help)
{
    for (const std::string name :
         {"status", "why", "start", "stop", "retry", "reconnect", "reload"})
    {
        auto result = tool::exit_code::ended;
        CLI::App app("", "holdfast");
        tool::add_control(app, result);
        const auto help = app.get_subcommand(name)->help();
        EXPECT_NE(help.find("Example: holdfast " + name), help.npos) << help;
        EXPECT_NE(help.find("Exit status: 0 done, 1 refused or failed, 2 usage, 4 no daemon"),
                  help.npos)
            << help;
    }
}

TEST_F(control_command, client_does_not_wait_for_ever)
{
    asio::local::stream_protocol::acceptor silent(context, {path});
    tool::control_client c(path);
    EXPECT_EQ(c.next_line(1ms), std::nullopt);
}

// Where it is

/// Environment variables for one test.
class with_environment
{
public:
    void set(const char* name, const std::string& value)
    {
        keep(name);
        ::setenv(name, value.c_str(), 1);
    }

    void unset(const char* name)
    {
        keep(name);
        ::unsetenv(name);
    }

    ~with_environment()
    {
        for (const auto& [name, value] : before_)
            if (value)
                ::setenv(name, value->c_str(), 1);
            else
                ::unsetenv(name);
    }

private:
    void keep(const char* name)
    {
        const char* value = std::getenv(name);
        before_.emplace(before_.begin(), name,
                        value == nullptr ? std::nullopt : std::optional<std::string>(value));
    }

    std::vector<std::pair<const char*, std::optional<std::string>>> before_;
};

TEST_F(control_command, daemon_listens_where_its_service_manager_or_its_user_has_a_folder)
{
    with_environment e;
    e.set("RUNTIME_DIRECTORY", "/run/mine:/run/other");
    EXPECT_EQ(tool::default_control_path(), "/run/mine/control");
    e.unset("RUNTIME_DIRECTORY");
    e.set("XDG_RUNTIME_DIR", "/run/user/1");
    EXPECT_EQ(tool::default_control_path(),
              ::geteuid() == 0 ? "/run/holdfast/control" : "/run/user/1/holdfast/control");
}

TEST_F(control_command, client_looks_where_it_is_told_to_and_then_where_a_daemon_may_be)
{
    with_environment e;
    e.set("HOLDFAST_CONTROL", "/a");
    EXPECT_EQ(tool::control_path_to_try("/b"), "/b");
    EXPECT_EQ(tool::control_path_to_try(""), "/a");
    e.set("HOLDFAST_CONTROL", "");
    e.unset("XDG_RUNTIME_DIR");
    EXPECT_EQ(tool::control_path_to_try(""), "/run/holdfast/control");
    if (std::filesystem::exists("/run/holdfast/control"))
        return;
    e.set("XDG_RUNTIME_DIR", folder);
    std::filesystem::create_directory(folder + "/holdfast");
    std::ofstream(folder + "/holdfast/control") << "";
    EXPECT_EQ(tool::control_path_to_try(""), folder + "/holdfast/control");
}
}

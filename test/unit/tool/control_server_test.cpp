// SPDX-License-Identifier: BSL-1.0
// The control socket: real sockets in a folder of the test's own, and time that is moved by hand.
#include "tool/control/control_server.hpp"

#include "control_services.hpp"
#include "support/missing.hpp"
#include "support/ubsan.hpp"

#include <holdfast/testing/check_no_leaks.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;
using protocol = asio::local::stream_protocol;

/// One client, on the context of the server.
class client
{
public:
    client(asio::io_context& context, const std::string& path) : context_(context), socket_(context)
    {
        socket_.connect(protocol::endpoint(path));
    }

    void say(std::string_view text)
    {
        hf::error_code ignored; // the server may have gone: then that is seen when one reads
        asio::write(socket_, asio::buffer(text), ignored);
    }

    /// The next line; `(closed)` if there is none any more, `(silence)` if none comes for 10 s.
    std::string line()
    {
        std::optional<std::string> got;
        asio::async_read_until(socket_, asio::dynamic_buffer(in_), '\n',
                               [&](hf::error_code ec, std::size_t n)
                               {
                                   got = ec ? "(closed)" : in_.substr(0, n - 1);
                                   in_.erase(0, n);
                               });
        context_.restart();
        while (!got && context_.run_one_for(10s) != 0)
        {
        }
        return got.value_or("(silence)");
    }

    std::string ask(std::string_view request)
    {
        say(std::string(request) + "\n");
        return line();
    }

    /// Whether nothing has come that was not read.
    bool silent()
    {
        context_.restart();
        context_.poll();
        return in_.empty() && socket_.available() == 0;
    }

    protocol::socket& socket() { return socket_; }

private:
    asio::io_context& context_;
    protocol::socket socket_;
    std::string in_;
};

class control_server : public ::testing::Test
{
protected:
    control_server()
    {
        std::string pattern = "/tmp/holdfast-control-XXXXXX";
        folder = ::mkdtemp(pattern.data());
        ::chmod(folder.c_str(), 0755);
        path = folder + "/control";
        services.add("feed");
        services.add("cache");
    }

    ~control_server() override { std::filesystem::remove_all(folder); }

    tool::control_options options()
    {
        return {.path = path,
                .log = [this](std::string_view line) { log.emplace_back(line); },
                .clock = &services.clock};
    }

    void listen() { listen(options()); }
    void listen(tool::control_options o)
    {
        server.emplace(context.get_executor(), services, std::move(o));
    }

    client connect() { return {context, path}; }

    /// Lets happen what is ready; for what follows from what came over sockets.
    void settle()
    {
        context.restart();
        while (context.poll() != 0)
        {
        }
    }

    void advance(hf::duration d)
    {
        context.restart();
        services.clock.advance(d, context);
        settle();
    }

    mode_t mode()
    {
        struct stat status{};
        return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
    }

    /// Why it does not listen.
    std::string refusal(tool::control_options o)
    {
        try
        {
            listen(std::move(o));
        }
        catch (const std::runtime_error& e)
        {
            return e.what();
        }
        return "(listens)";
    }

    support::services_in_memory services;
    asio::io_context context;
    std::string folder;
    std::string path;
    std::vector<std::string> log;
    std::optional<tool::control_server> server;
};

bool holds(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

// Requests

TEST_F(control_server, answers_each_line_in_turn)
{
    listen();
    auto c = connect();
    c.say("{\"do\":\"stop\",\"name\":\"feed\"}\n{\"do\":\"start\",\"name\":\"feed\"}\n");
    EXPECT_EQ(c.line(), R"({"ok":true,"version":1})");
    EXPECT_EQ(c.line(), R"({"ok":true,"version":1})");
    EXPECT_EQ(services.commands, (std::vector<std::string>{"stop feed", "start feed"}));
    EXPECT_EQ(server->clients(), 1U);
}

TEST_F(control_server, answers_a_line_that_comes_in_pieces)
{
    listen();
    auto c = connect();
    for (const char byte : std::string_view(R"({"do":"reload"})"))
    {
        c.say(std::string_view(&byte, 1));
        settle();
    }
    c.say("\n");
    EXPECT_EQ(c.line(), R"({"ok":true,"version":1,"text":"nothing has changed"})");
}

TEST_F(control_server, goes_on_after_a_request_that_was_wrong)
{
    listen();
    auto c = connect();
    EXPECT_TRUE(holds(c.ask("nonsense"), "not JSON at byte"));
    EXPECT_EQ(c.ask(R"({"do":"retry","name":"feed"})"), R"({"ok":true,"version":1})");
}

TEST_F(control_server, forgets_a_client_that_has_gone)
{
    listen();
    {
        auto c = connect();
        c.say(R"({"do":"sta)");
        settle();
        EXPECT_EQ(server->clients(), 1U);
    }
    settle();
    EXPECT_EQ(server->clients(), 0U);
    EXPECT_EQ(services.clock.armed(), 0U);
}

// Limits

TEST_F(control_server, refuses_a_line_that_is_too_long)
{
    listen();
    auto c = connect();
    c.say(std::string(65'537, ' '));
    EXPECT_TRUE(holds(c.line(), R"("error":"a request has at most 65536 bytes)"));
    EXPECT_EQ(c.line(), "(closed)");
    EXPECT_EQ(server->clients(), 0U);
}

TEST_F(control_server, takes_a_line_that_is_as_long_as_it_may_be)
{
    listen();
    auto c = connect();
    const std::string request = R"({"do":"reload"})";
    EXPECT_TRUE(holds(c.ask(request + std::string(65'536 - request.size(), ' ')), "\"ok\":true"));
}

TEST_F(control_server, refuses_a_line_that_is_not_complete_in_time)
{
    listen();
    auto c = connect();
    c.say("{");
    settle();
    advance(29s);
    c.say("\"do\""); // which gives it no more time
    settle();
    EXPECT_TRUE(c.silent());
    advance(1s);
    EXPECT_TRUE(holds(c.line(), "a request was not complete after 30 s"));
    EXPECT_EQ(c.line(), "(closed)");
}

TEST_F(control_server, ends_a_client_that_asks_nothing_for_long)
{
    listen();
    auto c = connect();
    EXPECT_TRUE(holds(c.ask(R"({"do":"reload"})"), "\"ok\":true"));
    advance(5min - 1s);
    EXPECT_TRUE(c.silent());
    advance(1s);
    EXPECT_TRUE(holds(c.line(), "nothing was asked for 300 s"));
    EXPECT_EQ(c.line(), "(closed)");
}

TEST_F(control_server, has_so_many_clients_and_no_more)
{
    listen();
    std::vector<client> clients;
    clients.reserve(32);
    for (int i = 0; i < 32; ++i)
        clients.push_back(connect());
    settle();
    auto one_more = connect();
    EXPECT_TRUE(holds(one_more.line(), "there are 32 clients already"));
    EXPECT_EQ(one_more.line(), "(closed)");
    clients.pop_back();
    settle();
    auto another = connect();
    EXPECT_TRUE(holds(another.ask(R"({"do":"reload"})"), "\"ok\":true"));
}

#if !defined(HOLDFAST_TEST_WITH_UBSAN)
TEST_F(control_server, goes_on_when_there_are_descriptors_again)
{
    listen();
    auto c = connect();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    settle();
    advance(3s);
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(log, std::vector<std::string>{"control: no client can be accepted: Too many open "
                                            "files; tried again each second"});
    advance(1s);
    EXPECT_TRUE(holds(c.ask(R"({"do":"reload"})"), "\"ok\":true"));
}
#endif

TEST_F(control_server, drops_a_client_that_takes_no_answer)
{
    for (int i = 0; i < 5000; ++i)
        services.add("service_" + std::to_string(i));
    listen();
    auto c = connect();
    c.say("{\"do\":\"status\"}\n");
    settle();
    EXPECT_EQ(server->clients(), 1U);
    advance(30s);
    EXPECT_EQ(server->clients(), 0U);
    EXPECT_EQ(log,
              std::vector<std::string>{"control: a client was dropped that took no line for 30 s"});
}

// Watching

TEST_F(control_server, tells_those_who_watch_of_changes_at_most_four_times_a_second)
{
    listen();
    auto c = connect();
    EXPECT_TRUE(holds(c.ask(R"({"do":"watch"})"), R"("services":[{"name":"feed")"));
    EXPECT_TRUE(c.silent());
    services.changed()("feed");
    advance(0s);
    const auto first = c.line();
    EXPECT_TRUE(holds(first, R"("changed":[{"name":"feed")")) << first;
    EXPECT_FALSE(holds(first, "cache")) << first;

    for (int i = 0; i < 100; ++i)
        services.changed()(i % 2 == 0 ? "feed" : "cache");
    advance(249ms);
    EXPECT_TRUE(c.silent());
    advance(1ms);
    const auto second = c.line();
    EXPECT_TRUE(holds(second, R"("changed":[{"name":"cache")")) << second;
    EXPECT_TRUE(holds(second, R"({"name":"feed")")) << second;
    advance(10s);
    EXPECT_TRUE(c.silent());
}

TEST_F(control_server, tells_those_who_watch_of_what_was_removed_and_of_many_changes)
{
    listen();
    auto c = connect();
    c.ask(R"({"do":"watch"})");
    services.list.pop_back();
    services.changed()("cache");
    advance(0s);
    EXPECT_EQ(c.line(), R"({"ready":false,"changed":[],"removed":["cache"]})");
    services.changed()("");
    services.changed()("feed");
    advance(1s);
    EXPECT_TRUE(holds(c.line(), R"({"ready":false,"services":[{"name":"feed")"));
}

TEST_F(control_server, tells_all_to_one_who_missed_some_and_holds_one_line_for_it)
{
    for (int i = 0; i < 5000; ++i)
        services.add("service_" + std::to_string(i));
    listen();
    auto slow = connect();
    auto quick = connect();
    quick.ask(R"({"do":"watch"})");
    slow.say("{\"do\":\"watch\"}\n");
    settle(); // and its answer is on its way, as far as there is room for it
    for (int i = 0; i < 20; ++i)
    {
        services.changed()("feed");
        advance(250ms);
        EXPECT_TRUE(holds(quick.line(), R"("changed":[{"name":"feed")"));
    }
    EXPECT_TRUE(holds(slow.line(), R"({"ok":true,"version":1,"ready":false,"services":[)"));
    settle();
    advance(250ms);
    EXPECT_TRUE(holds(slow.line(), R"({"ready":false,"services":[)"));
    advance(10s);
    EXPECT_TRUE(slow.silent());
    EXPECT_TRUE(quick.silent());
}

TEST_F(control_server, drops_one_who_watches_and_takes_nothing)
{
    for (int i = 0; i < 5000; ++i)
        services.add("service_" + std::to_string(i));
    listen();
    auto c = connect();
    c.say("{\"do\":\"watch\"}\n");
    settle();
    services.changed()("feed");
    advance(30s);
    EXPECT_EQ(server->clients(), 0U);
    EXPECT_EQ(log.size(), 1U);
}

TEST_F(control_server, lets_one_who_watches_be_silent_but_not_ask)
{
    listen();
    auto c = connect();
    c.ask(R"({"do":"watch"})");
    advance(24h);
    EXPECT_EQ(server->clients(), 1U);
    EXPECT_TRUE(holds(c.ask(R"({"do":"reload"})"), "a client that watches can ask nothing more"));
    EXPECT_EQ(c.line(), "(closed)");
}

TEST_F(control_server, costs_nothing_when_nobody_watches)
{
    listen();
    services.changed()("feed");
    EXPECT_EQ(services.clock.armed(), 0U);
}

// The socket

TEST_F(control_server, has_a_file_that_is_its_owners_alone_and_goes_with_it)
{
    const auto before = ::umask(0);
    listen();
    EXPECT_EQ(mode(), 0600U);
    server.reset();
    EXPECT_FALSE(std::filesystem::exists(path));
    ::umask(0777);
    listen();
    ::umask(before);
    EXPECT_EQ(mode(), 0600U);
}

TEST_F(control_server, has_a_file_for_all_where_others_may_command)
{
    auto o = options();
    o.users = {12345};
    listen(o);
    EXPECT_EQ(mode(), 0666U);
}

TEST_F(control_server, makes_the_folder_of_its_socket_but_not_a_tree)
{
    auto o = options();
    o.path = folder + "/new/control";
    EXPECT_EQ(refusal(o), "(listens)");
    server.reset();
    o.path = folder + "/a/b/control";
    EXPECT_TRUE(holds(refusal(o), "its folder cannot be made: No such file or directory"));
}

TEST_F(control_server, replaces_a_socket_that_nobody_listens_on)
{
    {
        protocol::acceptor dead(context, protocol::endpoint(path)); // leaves its file
    }
    ASSERT_TRUE(std::filesystem::exists(path));
    listen();
    auto c = connect();
    EXPECT_TRUE(holds(c.ask(R"({"do":"reload"})"), "\"ok\":true"));
}

TEST_F(control_server, refuses_to_replace_one_that_somebody_listens_on)
{
    protocol::acceptor alive(context, protocol::endpoint(path));
    EXPECT_EQ(refusal(options()), "control socket " + path + ": process " +
                                      std::to_string(::getpid()) +
                                      " listens there already; stop it, or choose another path");
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(control_server, refuses_to_replace_what_is_no_socket)
{
    std::ofstream(path) << "precious";
    EXPECT_TRUE(holds(refusal(options()), "there is a file that is no socket"));
    EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST_F(control_server, refuses_a_path_that_is_too_long)
{
    auto o = options();
    o.path = folder + "/" + std::string(100, 'x');
    EXPECT_TRUE(holds(refusal(o), "a Unix socket's at most 107; choose a shorter one"));
}

TEST_F(control_server, leaves_a_file_that_took_the_place_of_its_own)
{
    listen();
    std::filesystem::remove(path);
    std::ofstream(path) << "another's";
    server.reset();
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(control_server, takes_over_a_socket_that_listens)
{
    protocol::acceptor passed(context, protocol::endpoint(path));
    auto o = options();
    o.path.clear();
    o.listener = ::dup(passed.native_handle());
    listen(o);
    passed.close();
    {
        auto c = connect();
        EXPECT_TRUE(holds(c.ask(R"({"do":"reload"})"), "\"ok\":true"));
    }
    server.reset();
    EXPECT_TRUE(std::filesystem::exists(path)); // whose file it is
}

TEST_F(control_server, does_not_take_over_what_does_not_listen)
{
    protocol::socket idle(context, protocol());
    auto o = options();
    o.listener = idle.native_handle();
    EXPECT_TRUE(holds(refusal(o), "is no Unix stream socket that listens"));
}

// Its end

TEST_F(control_server, can_be_destroyed_by_what_it_was_asked_for)
{
    services.on_reload = [this] { server.reset(); };
    listen();
    auto c = connect();
    EXPECT_EQ(c.ask(R"({"do":"reload"})"), "(closed)");
    EXPECT_FALSE(server);
    EXPECT_EQ(services.clock.armed(), 0U);
}

TEST_F(control_server, leaves_nothing_behind_whatever_its_clients_are_at)
{
    hf::testing::check_no_leaks leaks;
    for (int i = 0; i < 5000; ++i)
        services.add("service_" + std::to_string(i));
    {
        asio::io_context own;
        std::optional<tool::control_server> s;
        s.emplace(own.get_executor(), services, options());
        std::vector<client> clients;
        for (const auto* request : {"", "{", "{\"do\":\"watch\"}\n", "{\"do\":\"status\"}\n"})
        {
            clients.emplace_back(own, path);
            clients.back().say(request);
        }
        own.poll();
        services.changed()("feed");
        clients.emplace_back(own, path); // which is not accepted yet
        s.reset();
        own.restart();
        own.poll();
    }
    EXPECT_EQ(services.clock.armed(), 0U);
    EXPECT_EQ(leaks.left(), std::vector<std::string>{});
}

// Who may

/// Connects as another user, says one line and gives what came of it; from a process of its own,
/// since a user is the whole process's.
class other_user
{
public:
    other_user(uid_t user, const std::string& path, std::string_view request)
    {
        if (::pipe(pipe_) != 0)
            throw std::runtime_error("no pipe");
        process_ = ::fork();
        if (process_ == 0)
            act(user, path, request);
        ::close(pipe_[1]);
    }

    other_user(const other_user&) = delete;
    other_user& operator=(const other_user&) = delete;

    ~other_user()
    {
        ::close(pipe_[0]);
        ::waitpid(process_, nullptr, 0);
    }

    /// What it was told until it was cut off.
    std::string told(asio::io_context& context)
    {
        asio::posix::stream_descriptor in(context, ::dup(pipe_[0]));
        std::string text;
        bool ended = false;
        asio::async_read(in, asio::dynamic_buffer(text),
                         [&](hf::error_code, std::size_t) { ended = true; });
        context.restart();
        while (!ended && context.run_one_for(10s) != 0)
        {
        }
        return text;
    }

private:
    // Nothing here that another thread of the parent could have left locked.
    [[noreturn]] void act(uid_t user, const std::string& path, std::string_view request) const
    {
        ::close(pipe_[0]);
        const int s = ::socket(AF_UNIX, SOCK_STREAM, 0);
        const protocol::endpoint at(path);
        char bytes[4096];
        if (::setgid(user) == 0 && ::setuid(user) == 0 &&
            ::connect(s, at.data(), static_cast<socklen_t>(at.size())) == 0)
        {
            static_cast<void>(::send(s, request.data(), request.size(), MSG_NOSIGNAL));
            ::shutdown(s, SHUT_WR);
            for (ssize_t n = 0; (n = ::read(s, bytes, sizeof bytes)) > 0;)
                if (::write(pipe_[1], bytes, static_cast<std::size_t>(n)) != n)
                    break;
        }
        else
            static_cast<void>(!::write(pipe_[1], "(not connected)", 15));
        ::_exit(0);
    }

    int pipe_[2]{};
    pid_t process_ = 0;
};

constexpr uid_t nobody = 65534;

TEST_F(control_server, refuses_users_that_are_not_allowed_and_logs_that)
{
    SKIP_UNLESS(::geteuid() == 0, "root, to become another user");
    auto o = options();
    o.users = {12345};
    listen(o);
    {
        other_user user(nobody, path, "{\"do\":\"stop\",\"name\":\"feed\"}\n");
        EXPECT_EQ(user.told(context),
                  R"({"ok":false,"version":1,"error":"user 65534 may not control this program; )"
                  R"(its configuration says who may, besides root and its own user"})"
                  "\n");
    }
    ASSERT_EQ(log.size(), 1U);
    EXPECT_TRUE(log[0].starts_with("control: user 65534 (process ")) << log[0];
    EXPECT_TRUE(log[0].ends_with(") was refused")) << log[0];
    EXPECT_EQ(services.commands, std::vector<std::string>{});
}

TEST_F(control_server, does_not_let_those_it_refuses_fill_the_log)
{
    SKIP_UNLESS(::geteuid() == 0, "root, to become another user");
    auto o = options();
    o.users = {12345};
    listen(o);
    const auto knock = [&] { other_user(nobody, path, "\n").told(context); };
    for (int i = 0; i < 4; ++i)
        knock();
    EXPECT_EQ(log.size(), 1U);
    services.clock.advance(10s);
    knock();
    ASSERT_EQ(log.size(), 2U);
    EXPECT_TRUE(log[1].ends_with(") was refused, after 3 others")) << log[1];
}

TEST_F(control_server, lets_users_in_that_it_was_told_of)
{
    SKIP_UNLESS(::geteuid() == 0, "root, to become another user");
    auto o = options();
    o.users = {nobody};
    listen(o);
    other_user user(nobody, path, "{\"do\":\"stop\",\"name\":\"feed\"}\n");
    EXPECT_EQ(user.told(context), "{\"ok\":true,\"version\":1}\n");
    EXPECT_EQ(services.commands, std::vector<std::string>{"stop feed"});
}

TEST_F(control_server, cannot_even_be_connected_to_by_others_where_it_was_told_of_none)
{
    SKIP_UNLESS(::geteuid() == 0, "root, to become another user");
    listen();
    other_user user(nobody, path, "\n");
    EXPECT_EQ(user.told(context), "(not connected)");
}
}

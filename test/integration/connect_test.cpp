// SPDX-License-Identifier: BSL-1.0
// `holdfast connect`, as its users run it: a process with standard streams, against servers of this
// test.
#include "support/listener.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace
{
namespace asio = boost::asio;
using support::listener;
using support::owned_descriptor;
using support::process;

/// `holdfast connect` with these arguments.
std::vector<std::string> connect(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {HOLDFAST_PROGRAM, "connect"});
    return arguments;
}

std::string read_to_end(listener::socket& s)
{
    std::string text;
    boost::system::error_code end;
    asio::read(s, asio::dynamic_buffer(text), end);
    return text;
}

void write(listener::socket& s, const std::string& text)
{
    boost::system::error_code ignored; // the test sees what came
    asio::write(s, asio::buffer(text), ignored);
}

void echo(listener::socket& s)
{
    std::string buffer(4096, 0);
    boost::system::error_code ec;
    for (;;)
    {
        const auto n = s.read_some(asio::buffer(buffer), ec);
        if (ec)
            return;
        write(s, buffer.substr(0, n));
    }
}

/// Reads until the other end has closed: what is sent is answered when all was sent.
void answer_at_the_end(listener::socket& s)
{
    write(s, "got " + read_to_end(s));
}

std::string refused_port()
{
    return "tcp:127.0.0.1:" + std::to_string(support::free_port());
}

long lines(const std::string& text)
{
    return std::count(text.begin(), text.end(), '\n');
}

TEST(connect, reads_on_after_the_end_of_the_input_until_the_peer_has_answered)
{
    listener server(answer_at_the_end);
    process p(connect({server.description()}));
    p.write("all");
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_EQ(p.output(), "got all");
}

TEST(connect, lingers_no_longer_than_it_is_told)
{
    // Accepts in the kernel, and never answers.
    asio::io_context context;
    asio::ip::tcp::acceptor silent(context, {asio::ip::address_v4::loopback(), 0});
    const auto port = std::to_string(silent.local_endpoint().port());
    process p(connect({"tcp:127.0.0.1:" + port, "--linger", "10ms"}));
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST(connect, goes_on_receiving_after_the_end_of_the_input_if_told_to_stay)
{
    listener server([](auto& s) { write(s, "hello"); });
    process p(connect({server.description(), "--on-eof", "stay", "--retry", "fixed=20ms"}));
    p.close_input();
    EXPECT_TRUE(p.wait_for_output("hello", 3)) << p.errors();
    p.send_signal(SIGTERM);
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST(connect, takes_the_close_of_the_peer_for_a_loss)
{
    listener server([](auto& s) { write(s, "hello"); });
    process p(connect({server.description(), "--retry", "fixed=20ms"}));
    EXPECT_TRUE(p.wait_for_output("hello", 3)) << p.errors();
    EXPECT_GE(lines(p.errors()), 2) << p.errors();
}

TEST(connect, takes_the_addresses_that_it_is_told_for_a_name_and_a_port)
{
    listener server(echo);
    const auto port = server.description().substr(server.description().rfind(':') + 1);
    process p(connect({"tcp:db.invalid:" + port, "--once", "--resolve",
                       "other.invalid:" + port + ":192.0.2.1", "--resolve",
                       "DB.invalid:" + port + ":[::1],127.0.0.1"}));
    p.write("hello");
    EXPECT_TRUE(p.wait_for_output("hello")) << p.errors();
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST(connect, refuses_addresses_that_make_no_sense_before_anything_is_dialled)
{
    process p(connect({"tcp:db.invalid:1", "--resolve", "db.invalid:1:192.0.2"}));
    EXPECT_EQ(p.wait(), 2);
    EXPECT_EQ(p.errors(), "holdfast: --resolve: address \"192.0.2\" is not an IP address\n");
}

TEST(connect, ends_with_the_first_connection_if_told_once)
{
    listener server([](auto& s) { write(s, "hello"); });
    process p(connect({server.description(), "--once"}));
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_EQ(p.output(), "hello");
}

TEST(connect, says_that_it_failed_if_the_one_connection_was_reset)
{
    listener server(
        [](auto& s)
        {
            char byte = 0;
            asio::read(s, asio::buffer(&byte, 1));
            s.set_option(asio::socket_base::linger(true, 0));
            s.close();
        });
    process p(connect({server.description(), "--once"}));
    p.write("x");
    EXPECT_EQ(p.wait(), 1) << p.errors();
    EXPECT_NE(p.errors().find("Connection reset by peer"), std::string::npos) << p.errors();
}

TEST(connect, gives_up_after_so_many_failures)
{
    process p(connect({refused_port(), "--fail-after", "3", "--retry", "fixed=10ms"}));
    EXPECT_EQ(p.wait(), 3);
    EXPECT_NE(p.errors().find("Connection refused; gave up after 3 failures in a row"),
              std::string::npos)
        << p.errors();
}

TEST(connect, says_why_it_gave_up_even_if_quiet)
{
    process p(connect({refused_port(), "--fail-after", "2", "--retry", "fixed=10ms", "-q"}));
    EXPECT_EQ(p.wait(), 3);
    EXPECT_EQ(lines(p.errors()), 1) << p.errors();
    EXPECT_NE(p.errors().find("Connection refused"), std::string::npos) << p.errors();
}

TEST(connect, refuses_what_makes_no_sense_with_one_line_that_names_the_part)
{
    struct refusal
    {
        std::vector<std::string> arguments;
        std::string names;
    };
    const refusal refusals[] = {
        {{}, "DESCRIPTION"},
        {{"tcp:localhost"}, "port"},
        {{"tcp:localhost:http"}, "port"},
        {{"pigeon:roof"}, "pigeon"},
        {{"tcp:localhost:1", "--retry", "begin=1s"}, "begin"},
        {{"tcp:localhost:1", "--retry", "initial=1parsec"}, "initial"},
        {{"tcp:localhost:1", "--retry", "jitter=some"}, "jitter"},
        {{"tcp:localhost:1", "--retry", "initial=2s,max=1s"}, "max"},
        {{"tcp:localhost:1", "--retry", "immediately,max=1s"}, "immediately"},
        {{"tcp:localhost:1", "--fail-after", "0"}, "--fail-after"},
        {{"tcp:localhost:1", "--fail-after", "many"}, "--fail-after"},
        {{"tcp:localhost:1", "--idle-timeout", "0"}, "--idle-timeout"},
        {{"tcp:localhost:1", "--max-age", "soon"}, "--max-age"},
        {{"tcp:localhost:1", "--send", "\\q"}, "--send"},
        {{"tcp:localhost:1", "--expect", "(["}, "--expect"},
        {{"tcp:localhost:1", "--on-eof", "perhaps"}, "--on-eof"},
        {{"tcp:localhost:1", "--no-such-option"}, "--no-such-option"},
        {{"tcp:localhost:1", "-4", "-6"}, "-6"},
        {{"unix:/run/x", "-4"}, "-4"},
    };
    for (const auto& r : refusals)
    {
        process p(connect(r.arguments));
        EXPECT_EQ(p.wait(), 2) << p.errors();
        EXPECT_EQ(lines(p.errors()), 1) << p.errors();
        EXPECT_NE(p.errors().find(r.names), std::string::npos) << r.names << ": " << p.errors();
        EXPECT_EQ(p.output(), "");
    }
}

TEST(connect, never_tells_a_password_that_it_refuses)
{
    process p(connect({"tcp://user:hunter2@localhost:1/"}));
    EXPECT_EQ(p.wait(), 2);
    EXPECT_EQ(p.errors().find("hunter2"), std::string::npos) << p.errors();
}

TEST(connect, ends_quietly_when_nobody_reads_its_output_any_more)
{
    listener server( // that says something until nobody listens
        [](auto& s)
        {
            boost::system::error_code ec;
            while (!ec)
                asio::write(s, asio::buffer("hello\n", 6), ec);
        });
    process p(connect({server.description(), "-q"}));
    p.close_output();
    EXPECT_EQ(p.wait(), 0);
    EXPECT_EQ(p.errors(), "");
}

TEST(connect, works_with_the_null_device_for_both_streams)
{
    listener server([](auto& s) { write(s, "hello"); });
    const owned_descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    process p(connect({server.description()}), {.in = null.get(), .out = null.get()});
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST(connect, works_with_closed_streams)
{
    listener server([](auto& s) { write(s, "hello"), read_to_end(s); });
    process p(connect({server.description()}),
              {.in = support::process_streams::closed, .out = support::process_streams::closed});
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST(connect, works_with_files_and_carries_more_than_the_kernel_holds)
{
    const auto path = std::filesystem::temp_directory_path() /
                      ("holdfast-" + std::to_string(::getpid()) + "-connect");
    std::string text(8'000'000, 0);
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<char>(i * 2654435761U >> 13);
    std::ofstream(path, std::ios::binary) << text;
    const owned_descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::filesystem::remove(path);
    const owned_descriptor out(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));

    listener server(echo);
    process p(connect({server.description()}), {.in = in.get(), .out = out.get()});
    EXPECT_EQ(p.wait(), 0) << p.errors();
    std::ifstream written(path, std::ios::binary);
    const std::string copy{std::istreambuf_iterator<char>(written), {}};
    std::filesystem::remove(path);
    EXPECT_TRUE(copy == text) << copy.size();
}

TEST(connect, leaves_the_flags_of_what_others_share_as_they_are)
{
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const owned_descriptor reads(ends[0]);
    const owned_descriptor writes(ends[1]);
    listener server(echo);
    process p(connect({server.description()}), {.in = reads.get()});
    ASSERT_EQ(::write(writes.get(), "x", 1), 1);
    EXPECT_TRUE(p.wait_for_output("x"));
    EXPECT_EQ(::fcntl(reads.get(), F_GETFL) & O_NONBLOCK, 0);
    p.send_signal(SIGTERM);
    EXPECT_EQ(p.wait(), 0);
    EXPECT_EQ(::fcntl(reads.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(connect, sends_and_expects_in_the_order_given_before_it_is_ready)
{
    listener server(
        [](auto& s)
        {
            write(s, "220 [a] ready\r\n");
            char byte[6];
            asio::read(s, asio::buffer(byte));
            write(s, std::string("250 ") + std::string(byte, 4) + "\r\nrest");
            read_to_end(s);
        });
    process p(connect({server.description(), "-v", "--expect", "[\\[a\\]]+ ready\\r\\n", "--send",
                       "HELO\\r\\n", "--expect", "250 HELO\\x0d\\n"}));
    EXPECT_TRUE(p.wait_for_output("rest")) << p.errors();
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_EQ(p.output(), "rest");
}

TEST(connect, reads_no_more_than_64_KiB_for_what_it_expects)
{
    listener server([](auto& s) { write(s, std::string(200'000, 'x')), read_to_end(s); });
    process p(connect(
        {server.description(), "--expect", "never", "--fail-after", "2", "--retry", "fixed=10ms"}));
    EXPECT_EQ(p.wait(), 3);
    EXPECT_NE(p.errors().find("failed in prepare"), std::string::npos) << p.errors();
    EXPECT_NE(p.errors().find("not in the first 64 KiB"), std::string::npos) << p.errors();
    EXPECT_EQ(p.output(), "");
}

TEST(connect, sends_line_ends_as_they_are_wanted)
{
    listener server(answer_at_the_end);
    process p(connect({server.description(), "--crlf"}));
    p.write("a\nb\r\n\n");
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_EQ(p.output(), "got a\r\nb\r\n\r\n");
}

TEST(connect, reconnects_when_a_connection_is_idle_or_too_old)
{
    listener server(echo);
    process idle(
        connect({server.description(), "--idle-timeout", "30ms", "--retry", "fixed=10ms"}));
    EXPECT_TRUE(idle.wait_for_errors("nothing came or went", 2)) << idle.errors();
    idle.send_signal(SIGTERM);
    EXPECT_EQ(idle.wait(), 0);

    process old(connect({server.description(), "--max-age", "30ms", "--retry", "fixed=10ms"}));
    EXPECT_TRUE(old.wait_for_errors("greatest age", 2)) << old.errors();
    old.send_signal(SIGTERM);
    EXPECT_EQ(old.wait(), 0);
}

TEST(connect, says_what_was_not_acknowledged_and_what_it_had_to_drop)
{
    std::promise<void> over;
    listener server([&, ended = over.get_future().share()](auto&)
                    { ended.wait_for(process::patience); }); // and reads nothing
    const owned_descriptor zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    process p(connect({server.description(), "--idle-timeout", "200ms", "--once"}),
              {.in = zeros.get()});
    EXPECT_EQ(p.wait(), 1);
    over.set_value();
    EXPECT_NE(p.errors().find(" bytes not acknowledged"), std::string::npos) << p.errors();
    EXPECT_NE(p.errors().find("could not be sent; they are dropped"), std::string::npos)
        << p.errors();
}

TEST(connect, runs_a_command_on_each_connection)
{
    listener server(
        [](auto& s)
        {
            char name[5];
            asio::read(s, asio::buffer(name));
            write(s, "hello " + std::string(name, 4) + "\n");
            read_to_end(s);
        });
    process p(connect({server.description(), "--retry", "fixed=10ms", "--exec",
                       "echo anna; read line; echo \"$line\" >&2"}));
    EXPECT_TRUE(p.wait_for_errors("hello anna\n", 3)) << p.errors();
    p.send_signal(SIGTERM);
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST(connect, runs_cat_as_an_echo_and_ends_it_with_the_connection)
{
    listener server(
        [](auto& s)
        {
            write(s, "echo this\n");
            char echoed[10];
            asio::read(s, asio::buffer(echoed));
        });
    process p(connect({server.description(), "--once", "--exec", "tee /dev/stderr"}));
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_NE(p.errors().find("echo this\n"), std::string::npos) << p.errors();
}

TEST(connect, stops_cleanly_at_each_of_the_signals_that_end)
{
    listener server([](auto& s) { write(s, "hello"), read_to_end(s); });
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    {
        process p(connect({server.description()}));
        ASSERT_TRUE(p.wait_for_output("hello"));
        p.send_signal(signal);
        EXPECT_EQ(p.wait(), 0) << p.errors();
        EXPECT_NE(p.errors().find("stopped"), std::string::npos) << p.errors();
    }
}

TEST(connect, stops_while_it_waits_to_try_again)
{
    process p(connect({refused_port(), "--retry", "fixed=1h"}));
    ASSERT_TRUE(p.wait_for_errors("next attempt"));
    p.send_signal(SIGTERM);
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST(connect, stops_while_nobody_reads_its_output)
{
    listener server([](auto& s) { write(s, std::string(1'000'000, 'x')), read_to_end(s); });
    process p(connect({server.description(), "-v"}));
    ASSERT_TRUE(p.wait_for_errors("connected"));
    p.send_signal(SIGTERM);
    ASSERT_TRUE(p.wait_for_errors("stopped")) << p.errors();
    EXPECT_EQ(p.wait(), 0) << p.errors();
}

TEST(connect, CS_7E_a_program_can_be_what_is_connected_to)
{
    process p(connect({"exec:sh:-c:cat; echo over >&2"}));
    p.write("all");
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_EQ(p.output(), "all");
    EXPECT_NE(p.errors().find("over\n"), std::string::npos) << p.errors();
}

TEST(connect, CS_7E_says_how_a_program_ended_and_runs_it_again)
{
    process p(connect({"exec:sh:-c:echo up; exit 3", "--retry", "fixed=10ms"}));
    EXPECT_TRUE(p.wait_for_output("up", 2)) << p.errors();
    EXPECT_TRUE(p.wait_for_errors("the process exited with status 3")) << p.errors();
    process missing(connect({"exec:/nowhere/program", "--fail-after", "1"}));
    EXPECT_EQ(missing.wait(), 3);
    EXPECT_NE(missing.errors().find("No such file or directory: the program \"/nowhere/program\""),
              std::string::npos)
        << missing.errors();
}

TEST(connect, CS_7E_a_program_that_is_connected_to_ends_before_this_one)
{
    process p(
        connect({R"(exec:sh:-c:trap "echo ended >&2; exit" TERM; echo up; while \:; do sleep )"
                 "0.01; done"}));
    EXPECT_TRUE(p.wait_for_output("up")) << p.errors();
    p.send_signal(SIGTERM);
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_NE(p.errors().find("ended\n"), std::string::npos) << p.errors();
}

TEST(connect, is_ended_at_once_by_a_second_signal)
{
    listener server([](auto& s) { write(s, "hello"), read_to_end(s); });
    // The command does not end when told to, so that the first signal takes its time; it ends with
    // the pipe that it reads.
    const auto path = std::filesystem::temp_directory_path() /
                      ("holdfast-" + std::to_string(::getpid()) + "-stubborn");
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    owned_descriptor held(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    process p(connect({server.description(), "-v", "--exec",
                       "trap '' TERM; exec 3<" + path.string() + "; echo ready >&2; cat <&3"}));
    EXPECT_TRUE(p.wait_for_errors("ready")) << p.errors();
    std::filesystem::remove(path);
    p.send_signal(SIGTERM);
    EXPECT_TRUE(p.wait_for_errors("stopping")) << p.errors();
    p.send_signal(SIGTERM);
    held.close();
    EXPECT_EQ(p.wait(), -SIGTERM) << p.errors();
}

TEST(connect, leaves_a_signal_ignored_that_was_ignored)
{
    listener server(echo);
    auto words = connect({server.description()});
    words.insert(words.begin(), {"/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh"});
    process p(words);
    p.write("x");
    ASSERT_TRUE(p.wait_for_output("x"));
    p.send_signal(SIGHUP);
    p.write("y");
    EXPECT_TRUE(p.wait_for_output("y"));
}

TEST(connect, tries_again_now_when_asked_by_a_signal)
{
    process p(connect({refused_port(), "--retry", "fixed=1h"}));
    ASSERT_TRUE(p.wait_for_errors("attempt 1 failed"));
    p.send_signal(SIGUSR1);
    EXPECT_TRUE(p.wait_for_errors("attempt 2 failed")) << p.errors();
}

TEST(connect, reconnects_at_once_when_asked_by_a_signal)
{
    listener server([](auto& s) { write(s, "hello"), read_to_end(s); });
    process p(connect({server.description(), "--retry", "fixed=1h"}));
    ASSERT_TRUE(p.wait_for_output("hello"));
    p.send_signal(SIGUSR2);
    EXPECT_TRUE(p.wait_for_output("hello", 2)) << p.errors();
    EXPECT_NE(p.errors().find("asked to reconnect"), std::string::npos) << p.errors();
}

TEST(connect, keeps_its_number_in_a_file_while_it_runs)
{
    const auto path = std::filesystem::temp_directory_path() /
                      ("holdfast-" + std::to_string(::getpid()) + "-pid");
    listener server([](auto& s) { write(s, "hello"), read_to_end(s); });
    process p(connect({server.description(), "--pid-file", path.string()}));
    ASSERT_TRUE(p.wait_for_output("hello"));
    pid_t number = 0;
    std::ifstream(path) >> number;
    EXPECT_EQ(number, p.pid());
    p.send_signal(SIGTERM);
    EXPECT_EQ(p.wait(), 0);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(connect, tells_its_story_as_json)
{
    process p(connect({refused_port(), "--fail-after", "1", "--log", "json"}));
    EXPECT_EQ(p.wait(), 3);
    EXPECT_NE(p.errors().find(R"("event":"parked")"), std::string::npos) << p.errors();
    EXPECT_NE(p.errors().find(R"("reason":"Connection refused")"), std::string::npos) << p.errors();
}

TEST(holdfast, shows_in_its_demo_how_a_service_lives_through_it_all)
{
    process p({HOLDFAST_PROGRAM, "demo", "--length", "1s"});
    EXPECT_EQ(p.wait(), 0) << p.errors();
    for (const auto* text : {"Connection refused", "connected", "Connection reset by peer",
                             "nothing came or went", "comes back", "and nobody had to help"})
        EXPECT_NE(p.output().find(text), std::string::npos) << text << "\n" << p.output();
    EXPECT_EQ(p.output().find('\x1b'), std::string::npos) << "colours where no terminal is";
}

TEST(holdfast, without_arguments_shows_its_help)
{
    process p({HOLDFAST_PROGRAM});
    EXPECT_EQ(p.wait(), 0);
    EXPECT_NE(p.output().find("connect"), std::string::npos);

    process version({HOLDFAST_PROGRAM, "--version"});
    EXPECT_EQ(version.wait(), 0);
    EXPECT_EQ(version.output().rfind("holdfast ", 0), 0U) << version.output();

    process help(connect({"--help"}));
    EXPECT_EQ(help.wait(), 0);
    EXPECT_NE(help.output().find("--expect"), std::string::npos);
}
}

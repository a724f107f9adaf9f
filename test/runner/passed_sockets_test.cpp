// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

#include <support/missing.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace
{
namespace asio = boost::asio;
using support::process;
using test::daemon_command;

/// Runs the daemon with descriptors 3 and 4 as a service manager would pass them.
std::vector<std::string> passed_to(const std::string& who, const std::string& count)
{
    return daemon_command({"sh", "-c",
                           "export LISTEN_PID=" + who + " LISTEN_FDS=" + count +
                               " LISTEN_FDNAMES=status:control; exec \"$0\" \"$@\" 3</dev/null "
                               "4</dev/null"},
                          {"sockets"});
}

TEST(passed_sockets, have_their_names_and_are_taken_once)
{
    process daemon(passed_to("$$", "2"));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    EXPECT_TRUE(daemon.output().starts_with(
        "passed status 3 closed on exec\npassed control 4 closed on exec\nthen 0\n"))
        << daemon.output();
}

TEST(passed_sockets, that_were_meant_for_another_process_are_left_alone)
{
    process daemon(passed_to("1", "2"));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    EXPECT_TRUE(daemon.output().starts_with("then 0\n")) << daemon.output();
}

TEST(passed_sockets, that_make_no_sense_are_an_error)
{
    process daemon(passed_to("$$", "many"));
    EXPECT_EQ(daemon.wait(), 99);
    EXPECT_TRUE(daemon.output().starts_with("thrown: the sockets in LISTEN_FDS: "))
        << daemon.output();
}

TEST(passed_sockets, come_from_systemd_itself)
{
    const std::string program = "/usr/bin/systemd-socket-activate";
    SKIP_UNLESS(std::filesystem::exists(program), program);
    test::folder folder;
    const auto path = folder / "listener";
    process daemon(daemon_command({program, "-l", path, "--fdname=control"}, {"sockets"}));
    ASSERT_TRUE(daemon.wait_for_errors("Listening on"));
    asio::io_context context;
    asio::local::stream_protocol::socket client(context);
    client.connect({path});
    ASSERT_TRUE(daemon.wait_for_output("started as")) << daemon.errors();
    EXPECT_TRUE(daemon.output().starts_with("passed control 3 closed on exec listens\nthen 0\n"))
        << daemon.output();
}
}

// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

#include <holdfast/runner.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

namespace
{
namespace hf = holdfast;
using support::process;
using test::daemon_command;

constexpr int stopped = static_cast<int>(hf::run_end::stopped);
constexpr int failed = static_cast<int>(hf::run_end::failed);
constexpr int stop_failed = static_cast<int>(hf::run_end::stop_failed);
constexpr int cut_short = static_cast<int>(hf::run_end::cut_short);

TEST(runner, stops_in_order_at_a_signal_that_ends)
{
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    {
        process daemon(daemon_command({}, {}));
        ASSERT_TRUE(daemon.wait_for_output("started as"));
        daemon.send_signal(signal);
        EXPECT_EQ(daemon.wait(), stopped) << signal;
        EXPECT_NE(daemon.output().find("stopping\nend: \n"), std::string::npos) << daemon.output();
    }
}

TEST(runner, reloads_at_SIGHUP_and_retries_at_SIGUSR1_and_runs_on)
{
    process daemon(daemon_command({}, {"reload"}));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    for (std::size_t times = 1; times <= 3; ++times)
    {
        daemon.send_signal(SIGHUP);
        EXPECT_TRUE(daemon.wait_for_output("reloaded\n", times));
        daemon.send_signal(SIGUSR1);
        EXPECT_TRUE(daemon.wait_for_output("retried\n", times));
    }
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), stopped);
}

TEST(runner, is_cut_short_by_a_second_signal)
{
    process daemon(daemon_command({}, {"member=stuck", "stop_timeout=60000"}));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    daemon.send_signal(SIGTERM);
    ASSERT_TRUE(daemon.wait_for_output("stopping"));
    daemon.send_signal(SIGINT);
    EXPECT_EQ(daemon.wait(), cut_short);
    EXPECT_NE(daemon.output().find("end: a second signal"), std::string::npos);
}

TEST(runner, says_who_did_not_stop_in_time)
{
    process daemon(daemon_command({}, {"member=stuck", "stop_timeout=50"}));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), stop_failed);
    EXPECT_NE(daemon.output().find("end: root/member did not stop in time"), std::string::npos)
        << daemon.output();
}

TEST(runner, says_who_had_an_error_while_it_stopped)
{
    process daemon(daemon_command({}, {"member=fails_to_stop"}));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), stop_failed);
    EXPECT_NE(daemon.output().find("end: root/member"), std::string::npos) << daemon.output();
}

TEST(runner, fails_where_a_service_cannot_be_started)
{
    for (const char* kind : {"throws", "throws_privileged"})
    {
        process daemon(daemon_command({}, {std::string("member=") + kind}));
        EXPECT_EQ(daemon.wait(), failed);
        EXPECT_NE(daemon.output().find("stopping\nend: root/member"), std::string::npos)
            << daemon.output();
    }
}

TEST(runner, leaves_ignored_what_it_was_started_to_ignore)
{
    process daemon(daemon_command({"env", "--ignore-signal=HUP", "--ignore-signal=INT"}, {}));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    daemon.send_signal(SIGHUP);
    daemon.send_signal(SIGINT);
    daemon.send_signal(SIGUSR1); // comes after what was ignored
    ASSERT_TRUE(daemon.wait_for_output("retried"));
    EXPECT_EQ(daemon.output().find("stopping"), std::string::npos);
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), stopped);
}

TEST(runner, can_be_stopped_by_a_call)
{
    process daemon(daemon_command({}, {}));
    daemon.write("stop\n");
    EXPECT_EQ(daemon.wait(), stopped);
}

TEST(runner, lets_through_what_a_hook_throws)
{
    test::folder folder;
    process daemon(daemon_command({}, {"reload_throws", "pid_file=" + folder / "pid"}));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    daemon.send_signal(SIGHUP);
    EXPECT_EQ(daemon.wait(), 99);
    EXPECT_NE(daemon.output().find("thrown: the reload threw"), std::string::npos);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(runner, refuses_options_that_are_out_of_range)
{
    EXPECT_THROW(hf::runner({.umask = 01000}), std::invalid_argument);
    EXPECT_THROW(hf::runner({.stop_timeout = hf::duration::zero()}), std::invalid_argument);
    EXPECT_THROW(hf::runner({.name = "a/b"}), std::invalid_argument);
}

TEST(runner, goes_to_its_folder_with_its_umask)
{
    test::folder folder;
    process daemon(
        daemon_command({}, {"directory=" + folder.path().native(), "umask=027", "pid_file=pid"}));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    daemon.write("make\n");
    ASSERT_TRUE(daemon.wait_for_output("made"));
    const auto made = std::filesystem::status(folder / "made").permissions();
    EXPECT_EQ(static_cast<unsigned>(made), 0640U);
    EXPECT_TRUE(std::filesystem::exists("pid")); // a relative path is that of where it was started
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), stopped);
    EXPECT_FALSE(std::filesystem::exists("pid"));
}

TEST(runner, starts_nothing_where_there_is_no_such_folder)
{
    process daemon(daemon_command({}, {"directory=/nowhere"}));
    EXPECT_EQ(daemon.wait(), failed);
    EXPECT_EQ(daemon.output(), "end: working_directory: \"/nowhere\": No such file or directory\n");
}
}

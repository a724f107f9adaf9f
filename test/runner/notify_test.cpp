// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

#include <holdfast/runner.hpp>

#include <support/missing.hpp>

#include <gtest/gtest.h>

#include <csignal>

namespace
{
namespace hf = holdfast;
using support::process;
using test::daemon_command;
using namespace std::chrono_literals;

constexpr int stopped = static_cast<int>(hf::run_end::stopped);

/// A daemon with a service manager that wants to know.
class notify : public ::testing::Test
{
protected:
    std::vector<std::string> command(const std::vector<std::string>& arguments,
                                     const std::string& more = "A=") const
    {
        return daemon_command({"env", "NOTIFY_SOCKET=" + folder / "notify", more}, arguments);
    }

    test::folder folder;
    test::notify_socket manager{folder / "notify"};
};

TEST_F(notify, tells_when_it_is_ready_reloads_and_stops)
{
    process daemon(command({"member=late", "reload"}));
    ASSERT_TRUE(daemon.wait_for_output("awaited"));
    daemon.send_signal(SIGHUP); // not ready: nothing is told
    ASSERT_TRUE(daemon.wait_for_output("reloaded\n"));
    EXPECT_FALSE(manager.next(0ms));

    daemon.write("ready\n");
    EXPECT_EQ(manager.next_told(), "READY=1");
    daemon.send_signal(SIGHUP);
    EXPECT_TRUE(manager.next_told().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    EXPECT_EQ(manager.next_told(), "READY=1");
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(manager.next_told(), "STOPPING=1");
    EXPECT_EQ(daemon.wait(), stopped);
    EXPECT_FALSE(manager.next(0ms));
}

TEST_F(notify, tells_when_it_is_ready_though_a_service_had_given_up_before)
{
    process daemon(command({"member=gives_up"}));
    ASSERT_TRUE(daemon.wait_for_output("awaited", 2)); // it is asked again
    EXPECT_FALSE(manager.next(0ms));
    daemon.write("ready\n");
    EXPECT_EQ(manager.next_told(), "READY=1");
}

TEST_F(notify, tells_as_another_user_too)
{
    SKIP_UNLESS(test::is_root(), "root");
    process daemon(command({"user=nobody"}));
    EXPECT_EQ(manager.next_told(), "READY=1");
}

TEST_F(notify, tells_a_status_that_has_changed_in_one_line)
{
    process daemon(command({}));
    ASSERT_EQ(manager.next_told(), "READY=1");
    daemon.write("status 3 of 4 connected\n");
    EXPECT_EQ(manager.next_told(), "STATUS=3 of 4 connected");
    daemon.write("status all|STOPPING=1\n"); // its | are line ends
    EXPECT_EQ(manager.next_told(), "STATUS=all\\x0aSTOPPING=1");
}

TEST_F(notify, tells_why_it_could_not_be_started)
{
    process daemon(command({"member=throws"}));
    EXPECT_TRUE(manager.next_told().starts_with("STATUS=root/member"));
    EXPECT_EQ(manager.next_told(), "STOPPING=1");
}

TEST_F(notify, tells_the_watchdog_that_it_lives_until_it_is_stuck)
{
    process daemon(command({}, "WATCHDOG_USEC=400000"));
    std::vector<std::chrono::steady_clock::time_point> pings;
    while (pings.size() < 6)
    {
        const auto message = manager.next(process::patience);
        ASSERT_TRUE(message);
        if (message == "WATCHDOG=1")
            pings.push_back(std::chrono::steady_clock::now());
    }
    // Half of the time apart, and late by no more than as much.
    EXPECT_GE(pings.back() - pings.front(), 800ms);
    EXPECT_LT(pings.back() - pings.front(), 2000ms);

    daemon.write("hang\n");
    ASSERT_TRUE(daemon.wait_for_output("hanging"));
    while (manager.next(0ms))
        ;
    EXPECT_FALSE(manager.next(600ms));
}

TEST_F(notify, leaves_the_watchdog_of_another_process_alone)
{
    process daemon(daemon_command(
        {"env", "NOTIFY_SOCKET=" + folder / "notify", "WATCHDOG_USEC=1000", "WATCHDOG_PID=1"}, {}));
    EXPECT_EQ(manager.next(process::patience), "READY=1");
    EXPECT_FALSE(manager.next(50ms));
}
}

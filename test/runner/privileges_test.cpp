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

constexpr int stopped = static_cast<int>(hf::run_end::stopped);
constexpr int failed = static_cast<int>(hf::run_end::failed);

/// A daemon that anybody may run, wherever the build is.
class copied_daemon
{
public:
    copied_daemon() { std::filesystem::copy_file(HOLDFAST_DAEMON, path()); }

    std::string path() const { return folder_ / "daemon"; }

private:
    test::folder folder_;
};

/// Whether a line stands in what the daemon says of itself.
bool shows(const process& daemon, const std::string& line)
{
    return ("\n" + daemon.output()).find("\n" + line + "\n") != std::string::npos;
}

TEST(privileges, are_dropped_between_the_privileged_start_and_the_start)
{
    SKIP_UNLESS(test::is_root(), "root");
    process daemon(daemon_command({}, {"user=nobody"}));
    ASSERT_TRUE(daemon.wait_for_output("started as 65534"));
    EXPECT_TRUE(shows(daemon, "privileged as 0")) << daemon.output();

    daemon.write("show\n");
    ASSERT_TRUE(daemon.wait_for_output("shown"));
    for (const auto* line :
         {"Uid:\t65534\t65534\t65534\t65534", "Gid:\t65534\t65534\t65534\t65534", "NoNewPrivs:\t1",
          "CapInh:\t0000000000000000", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000",
          "CapBnd:\t0000000000000000", "CapAmb:\t0000000000000000", "Groups:\t65534 ",
          "may setuid: -1", "home: /nonexistent"})
        EXPECT_TRUE(shows(daemon, line)) << line << " is missing in\n" << daemon.output();
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), stopped);
}

TEST(privileges, have_the_group_that_was_named)
{
    SKIP_UNLESS(test::is_root(), "root");
    process daemon(daemon_command({}, {"user=nobody", "group=daemon"}));
    ASSERT_TRUE(daemon.wait_for_output("started as 65534"));
    daemon.write("show\n");
    ASSERT_TRUE(daemon.wait_for_output("shown"));
    EXPECT_TRUE(shows(daemon, "Gid:\t1\t1\t1\t1")) << daemon.output();
    EXPECT_TRUE(shows(daemon, "Groups:\t1 ")) << daemon.output();
}

TEST(privileges, of_root_are_not_kept_unless_somebody_says_so)
{
    SKIP_UNLESS(test::is_root(), "root");
    process refused(daemon_command({}, {"as_it_is"}));
    EXPECT_EQ(refused.wait(), failed);
    EXPECT_EQ(refused.output(),
              "end: user: this process runs as root and nobody said that it should; name the user "
              "to go on as, or say that it is root (user = \"root\", allow_root)\n");

    for (const auto* word : {"user=root", "allow_root"})
    {
        process allowed(daemon_command({}, {word}));
        EXPECT_TRUE(allowed.wait_for_output("started as 0")) << allowed.output();
    }
}

TEST(privileges, of_capabilities_without_root_are_dropped_as_well)
{
    SKIP_UNLESS(test::is_root(), "root");
    process daemon(
        daemon_command({"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                        "--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service"},
                       {"as_it_is"}));
    ASSERT_TRUE(daemon.wait_for_output("started as 65534"));
    daemon.write("show\n");
    ASSERT_TRUE(daemon.wait_for_output("shown"));
    for (const auto* line :
         {"CapInh:\t0000000000000000", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000",
          "CapAmb:\t0000000000000000", "NoNewPrivs:\t1", "may setuid: -1"})
        EXPECT_TRUE(shows(daemon, line)) << line << " is missing in\n" << daemon.output();
}

TEST(privileges, of_others_are_for_root_to_give)
{
    SKIP_UNLESS(test::is_root(), "root");
    const copied_daemon copy;
    const std::vector<std::string> as_nobody{"setpriv", "--reuid=nobody", "--regid=nogroup",
                                             "--clear-groups"};
    process refused(daemon_command(as_nobody, {"user=daemon"}, copy.path()));
    EXPECT_EQ(refused.wait(), failed);
    EXPECT_EQ(refused.output(),
              "end: user: this process is not root, so it cannot become \"daemon\"; start it as "
              "root or as that user, or name none\n");

    process refused_group(daemon_command(as_nobody, {"user=nobody", "group=daemon"}, copy.path()));
    EXPECT_EQ(refused_group.wait(), failed);

    process same(daemon_command(as_nobody, {"user=nobody", "group=nogroup"}, copy.path()));
    EXPECT_TRUE(same.wait_for_output("started as 65534")) << same.output();
}

TEST(privileges, of_nobody_known_start_nothing)
{
    process no_user(daemon_command({}, {"user=no such user"}));
    EXPECT_EQ(no_user.wait(), failed);
    EXPECT_EQ(no_user.output(), "end: user: there is no \"no such user\"; expected the name of a "
                                "user of this system\n");

    process no_group(daemon_command({}, {"group=no such group"}));
    EXPECT_EQ(no_group.wait(), failed);
    EXPECT_EQ(no_group.output(), "end: group: there is no \"no such group\"; expected the name of "
                                 "a group of this system\n");
}
}

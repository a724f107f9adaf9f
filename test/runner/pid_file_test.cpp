// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

#include <holdfast/runner.hpp>

#include <support/missing.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

namespace
{
namespace hf = holdfast;
using support::process;
using test::daemon_command;

constexpr int stopped = static_cast<int>(hf::run_end::stopped);
constexpr int failed = static_cast<int>(hf::run_end::failed);

std::string content(const std::string& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(pid_file, has_the_number_of_the_process_and_goes_with_it)
{
    test::folder folder;
    const auto path = folder / "pid";
    process daemon(daemon_command({}, {"pid_file=" + path}));
    ASSERT_TRUE(daemon.wait_for_output("started as"));
    EXPECT_EQ(content(path), std::to_string(daemon.pid()) + "\n");
    daemon.send_signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), stopped);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(pid_file, that_a_living_process_holds_starts_nothing)
{
    test::folder folder;
    const auto path = folder / "pid";
    process first(daemon_command({}, {"pid_file=" + path}));
    ASSERT_TRUE(first.wait_for_output("started as"));

    process second(daemon_command({}, {"pid_file=" + path}));
    EXPECT_EQ(second.wait(), failed);
    EXPECT_EQ(second.output(), "end: pid_file: \"" + path + "\" is held by the process " +
                                   std::to_string(first.pid()) +
                                   ", which runs; stop that one first, or name another file\n");
    EXPECT_EQ(content(path), std::to_string(first.pid()) + "\n");
}

TEST(pid_file, that_a_killed_process_has_left_is_replaced)
{
    test::folder folder;
    const auto path = folder / "pid";
    process first(daemon_command({}, {"pid_file=" + path}));
    ASSERT_TRUE(first.wait_for_output("started as"));
    first.send_signal(SIGKILL);
    ASSERT_EQ(first.wait(), -SIGKILL);
    ASSERT_TRUE(std::filesystem::exists(path));

    process second(daemon_command({}, {"pid_file=" + path}));
    ASSERT_TRUE(second.wait_for_output("started as"));
    EXPECT_EQ(content(path), std::to_string(second.pid()) + "\n");
}

TEST(pid_file, is_never_written_over_what_is_none)
{
    test::folder folder;
    const auto path = folder / "letter";
    std::ofstream(path) << "Dear sir\n";
    for (const auto& named : {path, folder.path().native()})
    {
        process daemon(daemon_command({}, {"pid_file=" + named}));
        EXPECT_EQ(daemon.wait(), failed);
        EXPECT_TRUE(daemon.output().starts_with("end: pid_file: \"" + named)) << daemon.output();
    }
    EXPECT_EQ(content(path), "Dear sir\n");
}

TEST(pid_file, is_never_written_to_where_a_link_leads)
{
    test::folder folder;
    std::filesystem::create_symlink(folder / "elsewhere", folder / "pid");
    process daemon(daemon_command({}, {"pid_file=" + folder / "pid"}));
    EXPECT_EQ(daemon.wait(), failed);
    EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST(pid_file, is_left_empty_where_the_user_may_not_remove_it)
{
    SKIP_UNLESS(test::is_root(), "root");
    test::folder folder;
    const auto path = folder / "pid";
    for (int life = 0; life < 2; ++life)
    {
        process daemon(daemon_command({}, {"pid_file=" + path, "user=nobody"}));
        ASSERT_TRUE(daemon.wait_for_output("started as"));
        EXPECT_EQ(content(path), std::to_string(daemon.pid()) + "\n");
        daemon.send_signal(SIGTERM);
        EXPECT_EQ(daemon.wait(), stopped);
        EXPECT_EQ(content(path), "");
    }
}
}

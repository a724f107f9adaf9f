// SPDX-License-Identifier: BSL-1.0
// The program as it is installed, with what stands around it.
#include "support/missing.hpp"
#include "support/process.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <system_error>

namespace
{
using support::process;

/// The program, installed in a folder of its own.
class installed : public ::testing::Test
{
protected:
    void SetUp() override
    {
        auto name = (std::filesystem::temp_directory_path() / "holdfast-installed-XXXXXX").native();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        prefix = name;
        process install({HOLDFAST_CMAKE, "--install", HOLDFAST_BUILD, "--component", "program",
                         "--prefix", prefix.native()});
        ASSERT_EQ(install.wait(), 0) << install.output() << install.errors();
    }

    void TearDown() override
    {
        std::error_code left; // a test must not end by what remains of it
        std::filesystem::remove_all(prefix, left);
    }

    std::string content(const std::string& path) const
    {
        std::ifstream file(prefix / path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::string unit() const { return prefix / "lib/systemd/system/holdfast.service"; }

    std::filesystem::path prefix;
};

TEST_F(installed, has_its_manual_and_its_completions)
{
    process manual({prefix / "bin/holdfast", "manual"});
    EXPECT_EQ(manual.wait(), 0);
    EXPECT_EQ(content("share/man/man1/holdfast.1"), manual.output());
    EXPECT_TRUE(content("share/bash-completion/completions/holdfast").starts_with("# bash"));
    EXPECT_TRUE(content("share/zsh/site-functions/_holdfast").starts_with("#compdef holdfast\n"));
    EXPECT_TRUE(content("share/fish/vendor_completions.d/holdfast.fish").starts_with("# fish"));
}

TEST_F(installed, has_a_unit_that_systemd_accepts_and_finds_safe)
{
    SKIP_UNLESS(std::filesystem::exists("/usr/bin/systemd-analyze"), "systemd-analyze");
    process verify({"systemd-analyze", "verify", "--man=no", unit()});
    EXPECT_EQ(verify.wait(), 0);
    EXPECT_EQ(verify.output() + verify.errors(), "");

    process security({"systemd-analyze", "security", "--no-pager", "--offline=true",
                      "--threshold=20", unit()}); // 2.0 of 10
    EXPECT_EQ(security.wait(), 0) << security.output() << security.errors();
    const auto& text = security.output();
    const auto at = text.find("Overall exposure level");
    ASSERT_NE(at, std::string::npos) << text;
    std::cout << text.substr(at);
}

TEST_F(installed, has_a_unit_that_runs_the_program_where_it_is)
{
    EXPECT_NE(content("lib/systemd/system/holdfast.service")
                  .find("\nExecStart=" + (prefix / "bin/holdfast").native() +
                        " run /etc/holdfast.toml\n"),
              std::string::npos);
}
}

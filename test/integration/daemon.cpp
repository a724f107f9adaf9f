// SPDX-License-Identifier: BSL-1.0
#include "integration/daemon.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

std::string output_of(std::vector<std::string> command, int status)
{
    const auto name = command.at(0) + " " + (command.size() > 1 ? command[1] : "");
    support::process p(std::move(command));
    p.close_input();
    EXPECT_EQ(p.wait(), status) << name << "\n" << p.output() << p.errors();
    return p.output() + p.errors();
}

daemon_process::daemon_process(const std::string& services, const std::string& daemon)
    : daemon_(daemon)
{
    std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-run-XXXXXX").native();
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    write(services);
    process_ = std::make_unique<support::process>(
        std::vector<std::string>{HOLDFAST_PROGRAM, "run", "--allow-root", path("f.toml")});
    EXPECT_TRUE(comes_true(
        [&]
        {
            support::process p({HOLDFAST_PROGRAM, "status", "--socket", path("run/control")});
            return p.wait() == 0;
        }))
        << "it does not listen";
}

daemon_process::~daemon_process()
{
    if (!process_->ended())
        process_->send_signal(SIGTERM);
    EXPECT_TRUE(process_->wait().has_value()) << process_->errors();
    std::filesystem::remove_all(folder_);
}

void daemon_process::write(const std::string& services) const
{
    std::string text = "[daemon]\ncontrol = \"%/run/control\"\n" + daemon_ +
                       "\n[defaults]\n"
                       "retry = \"initial=20ms,max=100ms\"\nstable_after = 0\n" +
                       services;
    for (auto at = text.find('%'); at != text.npos; at = text.find('%', at))
        text.replace(at, 1, folder_.native());
    std::ofstream(path("f.toml")) << text;
}

std::string daemon_process::command(const std::vector<std::string>& arguments, int status) const
{
    std::vector<std::string> line{HOLDFAST_PROGRAM};
    line.insert(line.end(), arguments.begin(), arguments.end());
    line.emplace_back("--socket");
    line.push_back(path("run/control"));
    return output_of(std::move(line), status);
}

std::string daemon_process::page(const std::string& path, const std::vector<std::string>& options)
{
    constexpr std::string_view begin = "the status page is at ";
    if (url_.empty() && process_->wait_for_errors(begin) && process_->wait_for_errors("/\n"))
    {
        const auto& log = process_->errors();
        const auto at = log.find(begin) + begin.size();
        url_ = log.substr(at, log.find("/\n", at) - at);
    }
    std::vector<std::string> line{"curl", "-sS", "--max-time", "15", url_ + path};
    line.insert(line.end(), options.begin(), options.end());
    return output_of(std::move(line));
}

bool daemon_process::shows(const std::string& name, const std::string& text) const
{
    return comes_true(
        [&] { return command({"status", name, "--json"}).find(text) != std::string::npos; });
}

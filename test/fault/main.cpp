// SPDX-License-Identifier: BSL-1.0
// Real faults of network, servers and machine under the real library, in network namespaces of its
// own: how long until the library notices, and until it is connected again.
//
//   fault [NAME...]      runs all scenarios, or those named
//
// It prints a table, and fails where something was wrong or late. What this machine lacks is said
// in lines that begin with "MISSING", and by the status 77, which ctest calls skipped; with CI=true
// in the environment it is a failure.
#include "fault/scene.hpp"
#include "support/missing.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{
using namespace fault;

constexpr int incomplete = 77;     // the status where something is missing, and that is allowed
constexpr std::size_t at_once = 8; // they do little but wait
constexpr unsigned longest = 120;  // seconds that one may take

/// One scenario in a process of its own, which ends with this one.
struct running
{
    const scenario* what = nullptr;
    support::owned_descriptor rows{};
};

[[noreturn]] void run(const scenario& s, pid_t parent, int rows)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    ::alarm(longest);
    try
    {
        s.run(std::string(s.name), rows);
    }
    catch (const ended&)
    {
    }
    catch (const missing& m)
    {
        write(rows, {.scenario = std::string(s.name),
                     .step = "not run",
                     .expected = std::string(s.story),
                     .seen = m.what(),
                     .result = verdict::missing});
    }
    catch (const std::exception& e)
    {
        write(rows, {.scenario = std::string(s.name),
                     .step = "not run",
                     .expected = std::string(s.story),
                     .seen = e.what(),
                     .result = verdict::bad});
    }
    std::exit(0);
}

std::string read_all(int descriptor)
{
    std::string text;
    char buffer[4096];
    for (;;)
    {
        const auto n = ::read(descriptor, buffer, sizeof buffer);
        if (n <= 0)
            return text;
        text.append(buffer, static_cast<std::size_t>(n));
    }
}
}

int main(int count, char** arguments)
try
{
    std::vector<scenario> all;
    for (const auto& some :
         {connection_scenarios(), connect_scenarios(), server_scenarios(), resource_scenarios()})
        all.insert(all.end(), some.begin(), some.end());
    const std::set<std::string_view> wanted(arguments + 1, arguments + count);
    if (!wanted.empty())
        std::erase_if(all, [&](const scenario& s) { return !wanted.contains(s.name); });
    if (all.empty() || (!wanted.empty() && all.size() != wanted.size()))
    {
        std::cerr << "fault: there is no such scenario\n";
        return 2;
    }

    std::vector<row> rows;
    std::map<pid_t, running> children;
    std::size_t begun = 0;
    while (begun < all.size() || !children.empty())
    {
        if (begun < all.size() && children.size() < at_once)
        {
            const scenario& s = all[begun++];
            int ends[2];
            if (::pipe2(ends, O_CLOEXEC) != 0)
                throw std::runtime_error("no pipe");
            support::owned_descriptor reads(ends[0]);
            const support::owned_descriptor writes(ends[1]);
            const auto parent = ::getpid();
            const auto pid = ::fork();
            if (pid == 0)
                run(s, parent, writes.get());
            if (pid < 0)
                throw std::runtime_error("no process");
            children.emplace(pid, running{&s, std::move(reads)});
            continue;
        }
        int status = 0;
        const auto pid = ::waitpid(-1, &status, 0);
        const auto child = children.find(pid);
        if (child == children.end())
            continue;
        // What it told fits into the pipe.
        auto told = read_rows(read_all(child->second.rows.get()));
        const std::string name(child->second.what->name);
        if (status != 0 || told.empty())
            told.push_back({.scenario = name,
                            .step = "end",
                            .expected = "in good order",
                            .seen = WIFSIGNALED(status)
                                        ? "signal " + std::to_string(WTERMSIG(status))
                                        : "status " + std::to_string(WEXITSTATUS(status)),
                            .result = verdict::bad});
        rows.insert(rows.end(), told.begin(), told.end());
        children.erase(child);
    }

    print_table(std::cout, rows);
    const auto of = [&](verdict v)
    {
        return std::count_if(rows.begin(), rows.end(), [v](const row& r) { return r.result == v; });
    };
    const auto lacking = of(verdict::missing);
    for (const auto& r : rows)
        if (r.result == verdict::missing)
            std::cout << "MISSING: the scenario " << r.scenario << " did not run: " << r.seen
                      << '\n';
    std::cout << all.size() << " scenarios, " << rows.size() << " steps: " << of(verdict::good)
              << " good, " << of(verdict::bad) << " bad, " << lacking << " missing\n";
    if (of(verdict::bad) != 0 || (lacking != 0 && support::nothing_may_be_missing()))
        return 1;
    return lacking != 0 ? incomplete : 0;
}
catch (const std::exception& e)
{
    std::cerr << "fault: " << e.what() << '\n';
    return 1;
}

// SPDX-License-Identifier: BSL-1.0
// Hundreds of services that start, connect, lose, wait, stop and are destroyed, on real sockets,
// for as long as one likes:
//
//     soak SECONDS
//
// Prints one line of CSV a second, with what the process holds. It fails where at the end, with all
// services gone, a descriptor is open that was not before, an operation has not completed once, or
// one of the things that ought to happen never did. tools/soak judges the lines.
#include "soak/clients.hpp"
#include "soak/servers.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include <unistd.h>

namespace
{
using namespace soak;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::size_t population = 300;
constexpr auto turn = 5ms;
constexpr int acts_per_turn = 8; // and one more: a new service takes the place of an older one

long resident_bytes()
{
    long total = 0;
    long resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
}

long open_descriptors()
{
    std::filesystem::directory_iterator open("/proc/self/fd");
    return std::distance(begin(open), end(open));
}

void print(double seconds, const counts& c)
{
    std::cout << seconds << ',' << resident_bytes() << ',' << open_descriptors() << ','
              << c.services << ',' << c.dials << ',' << c.connections << ',' << c.failures << ','
              << c.losses << ',' << c.completions << std::endl; // whoever reads sees it grow
}

/// Lets happen what happens meanwhile.
void run(asio::io_context& context, steady::duration time)
{
    context.restart(); // it may have run out of work
    context.run_for(time);
}

/// All that happens, until the time is over.
void live(asio::io_context& context, client_maker& make, const counts& c, steady::duration time)
{
    std::mt19937 random(1);
    std::vector<std::unique_ptr<client>> all(population);
    const auto any = [&]() -> auto& { return all[random() % all.size()]; };
    for (auto& one : all)
        one = make();
    const auto begin = steady::now();
    auto sample = begin + 1s;
    while (steady::now() < begin + time)
    {
        for (int i = 0; i < acts_per_turn; ++i)
            any()->act(random);
        any() = make();
        run(context, turn);
        if (steady::now() < sample)
            continue;
        print(std::chrono::duration<double>(sample - begin).count(), c);
        sample += 1s;
    }
}

int judge(const counts& c, long descriptors_before)
{
    int failed = 0;
    const auto complain = [&](const std::string& what)
    {
        std::cerr << "soak: " << what << '\n';
        failed = 1;
    };
    if (const long more = open_descriptors() - descriptors_before; more != 0)
        complain(std::to_string(more) + " descriptors are open after the end of all services");
    if (c.completions != c.waits)
        complain(std::to_string(c.waits) + " operations were begun, and " +
                 std::to_string(c.completions) + " completions came");
    if (c.connections == 0 || c.failures == 0 || c.losses == 0)
        complain("no connection, no failure, or no loss: there is something wrong with the test");
    return failed;
}
}

int main(int count, char** arguments)
try
{
    const double seconds = count == 2 ? std::atof(arguments[1]) : 0;
    if (seconds <= 0)
    {
        std::cerr << "usage: soak SECONDS\n";
        return 2;
    }
    const servers s;
    asio::io_context context;
    counts c;
    client_maker make(context, s, c);
    { // what a context opens with its first socket and its first timer is not counted
        const auto first = make();
        run(context, 100ms);
    }
    run(context, 100ms);
    const long descriptors = open_descriptors();
    std::cout << "seconds,resident_bytes,descriptors,services,dials,connections,failures,losses,"
                 "completions"
              << std::endl;
    live(context, make, c,
         std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds)));
    run(context, 2s); // longer than any time-out: what was begun has come to its end
    return judge(c, descriptors);
}
catch (const std::exception& e)
{
    std::cerr << "soak: " << e.what() << '\n';
    return 1;
}

// SPDX-License-Identifier: BSL-1.0
#include "simulation/simulation.hpp"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <random>
#include <string_view>

// The program that runs worlds: the same one again, or fresh ones for as long as one likes.

extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak)); // NOLINT

namespace
{
constexpr const char* usage =
    "usage: simulate [--seed N] [--seeds COUNT] [--for SECONDS] [--steps M] [--verbose]\n"
    "  --seed N       the first seed; without it one of the system's\n"
    "  --seeds COUNT  how many seeds in a row; 1 unless --for is given\n"
    "  --for SECONDS  seeds in a row for so long\n"
    "  --steps M      how many steps each takes\n"
    "  --verbose      prints all that happens\n";

struct arguments
{
    std::optional<std::uint64_t> seed;
    std::optional<std::uint64_t> seeds;
    std::optional<std::uint64_t> seconds;
    simulation::run_options run;
};

std::optional<std::uint64_t> number(const char* text)
{
    const std::string_view s = text != nullptr ? text : "";
    std::uint64_t n = 0;
    const auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), n);
    if (s.empty() || ec != std::errc() || end != s.data() + s.size())
        return std::nullopt;
    return n;
}

std::optional<arguments> parse(char** argument)
{
    arguments a;
    for (; *argument != nullptr; ++argument)
    {
        const std::string_view option = *argument;
        if (option == "--verbose")
        {
            a.run.verbose = true;
            continue;
        }
        const auto n = number(*++argument);
        if (!n)
            return std::nullopt;
        if (option == "--seed")
            a.seed = n;
        else if (option == "--seeds")
            a.seeds = n;
        else if (option == "--for")
            a.seconds = n;
        else if (option == "--steps")
            a.run.steps = *n;
        else
            return std::nullopt;
    }
    return a;
}

// What is being run, for whoever finds that it crashed.

const simulation::journal* present = nullptr;
std::uint64_t present_seed = 0;
std::size_t present_steps = 0;

void tell_where()
{
    if (present == nullptr)
        return;
    std::printf("the last that happened:\n");
    present->print_last(stdout);
    std::printf("to see all of it: simulate --seed %llu --steps %zu --verbose\n",
                static_cast<unsigned long long>(present_seed), present_steps);
    std::fflush(stdout);
}

void crashed(int signal)
{
    std::printf("seed %llu: signal %d\n", static_cast<unsigned long long>(present_seed), signal);
    tell_where();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

/// True if all held.
bool run_one(simulation::run_options o, std::uint64_t seed)
{
    o.seed = present_seed = seed;
    present_steps = o.steps;
    o.begun = [](const simulation::journal* log)
    {
        if (log == nullptr && present != nullptr && present->first_violation())
        {
            const auto& v = *present->first_violation();
            std::printf("seed %llu: %.*s: %s\n", static_cast<unsigned long long>(present_seed),
                        static_cast<int>(v.invariant.size()), v.invariant.data(), v.what.c_str());
            tell_where();
        }
        present = log;
    };
    const auto result = simulation::run(o);
    if (o.verbose)
        std::printf("seed %llu: %zu things happened, digest %016llx\n",
                    static_cast<unsigned long long>(seed), result.happened,
                    static_cast<unsigned long long>(result.digest));
    return !result.broken;
}

int run_all(const arguments& a)
{
    const std::uint64_t first = a.seed ? *a.seed : std::random_device{}();
    const std::uint64_t count = a.seeds ? *a.seeds : a.seconds ? UINT64_MAX : 1;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(a.seconds.value_or(0));
    std::printf("simulate: seeds from %llu\n", static_cast<unsigned long long>(first));
    std::fflush(stdout);
    std::uint64_t run = 0;
    for (; run < count && (!a.seconds || std::chrono::steady_clock::now() < end); ++run)
        if (!run_one(a.run, first + run))
            return 1;
    std::printf("simulate: %llu seeds held\n", static_cast<unsigned long long>(run));
    return 0;
}
}

int main(int, char** argv)
{
    const auto a = parse(argv + 1);
    if (!a)
    {
        std::fputs(usage, stderr);
        return 2;
    }
    if (__sanitizer_set_death_callback != nullptr)
        __sanitizer_set_death_callback(tell_where);
    else
        for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT})
            std::signal(signal, crashed);
    return run_all(*a);
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_BENCH_MEASURE_HPP
#define HOLDFAST_BENCH_MEASURE_HPP

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

namespace bench
{
/// Seconds of processor this process has used, in user space and in the kernel.
inline double processor_seconds()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t)
    { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Bytes of this process that are in memory now.
inline std::size_t resident_bytes()
{
    std::FILE* statm = std::fopen("/proc/self/statm", "r");
    std::size_t total = 0;
    std::size_t resident = 0;
    if (statm == nullptr || std::fscanf(statm, "%zu %zu", &total, &resident) != 2)
        std::abort();
    std::fclose(statm);
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// How many descriptors this process has open.
inline std::size_t open_descriptors()
{
    std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Lets this process have as many descriptors as the system grants it.
inline void raise_descriptor_limit()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Measures a loop of known length: a first tenth on top of it warms up and is not counted.
class lap
{
public:
    explicit lap(long count) : count_(count), left_(count + count / 10) { begin(); }

    /// One more is done. False when that was the last.
    bool next()
    {
        if (--left_ == count_)
            begin();
        else if (left_ == 0)
            end();
        return left_ > 0;
    }

    /// Seconds of processor that one took.
    double processor() const { return processor_ / static_cast<double>(count_); }

    /// Seconds of the clock on the wall that one took.
    double wall() const { return wall_ / static_cast<double>(count_); }

private:
    using steady = std::chrono::steady_clock;

    void begin()
    {
        processor_ = processor_seconds();
        started_ = steady::now();
    }

    void end()
    {
        processor_ = processor_seconds() - processor_;
        wall_ = std::chrono::duration<double>(steady::now() - started_).count();
    }

    long count_;
    long left_;
    double processor_ = 0;
    double wall_ = 0;
    steady::time_point started_;
};
}

#endif

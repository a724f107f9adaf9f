// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_BENCH_CYCLES_HPP
#define HOLDFAST_BENCH_CYCLES_HPP

#include "measure.hpp"

#include <cstdio>

namespace bench
{
/// Counts connections that were made and lost, until there were enough.
class cycles
{
public:
    explicit cycles(long count) : lap_(count) {}

    /// A connection was lost. True if that was the last one wanted.
    bool lost() { return done_ = done_ || !lap_.next(); }

    /// A connection was not made: the reset was seen before the connection was.
    void failed() { ++failed_; }

    bool done() const { return done_; }

    void print() const
    {
        std::printf("{\"cpu_per_10000\": %.6f, \"wall_per_10000\": %.6f, \"failed\": %ld}\n",
                    lap_.processor() * 1e4, lap_.wall() * 1e4, failed_);
    }

private:
    lap lap_;
    bool done_ = false;
    long failed_ = 0;
};
}

#endif

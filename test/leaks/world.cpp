// SPDX-License-Identifier: BSL-1.0
#include "leaks/world.hpp"

#include <filesystem>
#include <iterator>

namespace leaks
{
footprint footprint::now()
{
    const auto allocated = heap::now(); // before the look at the folder allocates
    std::filesystem::directory_iterator open("/proc/self/fd");
    return {.descriptors = std::distance(begin(open), end(open)),
            .objects = counted::live,
            .blocks = allocated.blocks,
            .bytes = allocated.bytes};
}

std::ostream& operator<<(std::ostream& out, const footprint& f)
{
    return out << f.descriptors << " descriptors, " << f.objects << " objects, " << f.blocks
               << " blocks of " << f.bytes << " bytes";
}

world::~world()
{
    settle();
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_EQ(counted::live, 0);
}

/// Brings about what comes next. False if nothing ever will.
bool world::step(service_state s)
{
    if (context.stopped())
        context.restart();
    if (context.poll() != 0)
        return true;
    if (next_ == next::timer || s == service_state::waiting)
        return clock.advance_to_next(context);
    return context.run_one_for(10s) != 0;
}

/// What is in memory goes the same way each time, to the byte. The kernel brings its news in
/// different orders, so that queues grow now and then; what leaks one block for each attempt, or
/// for each twentieth, is far beyond that.
void world::expect_no_growth(const footprint& early) const
{
    const auto late = footprint::now();
    if (next_ == next::timer)
    {
        EXPECT_EQ(late, early);
        return;
    }
    const long slack = count / 50;
    EXPECT_LE(late.descriptors, early.descriptors + slack / 10) << late << "; before: " << early;
    EXPECT_LE(late.blocks, early.blocks + slack) << late << "; before: " << early;
    EXPECT_LE(late.bytes, early.bytes + slack * 16) << late << "; before: " << early;
}
}

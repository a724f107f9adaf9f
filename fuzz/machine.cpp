// SPDX-License-Identifier: BSL-1.0
// The machine by long ways, with rules and moments of which the explorer has but a few; what must
// hold after each step is the explorer's list.
#include "fuzz/bytes.hpp"
#include "fuzz/check.hpp"
#include "unit/core/machine_invariants.hpp"

#include <string>

namespace
{
namespace hf = holdfast;
namespace core = holdfast::core;
using namespace std::chrono_literals;

constexpr hf::duration lengths[]{0s, 1ns, 10ms, 1s, 3s, 5s, 10s, 20s, 30s, 1h, 24h};

/// Those that a service may have: time-outs are more than zero.
core::limits rules(fuzz::bytes& input)
{
    const auto timeout = [&] { return std::max<hf::duration>(input.one_of(lengths), 1ns); };
    return {.attempt_timeout = timeout(),
            .prepare_timeout = timeout(),
            .stop_timeout = timeout(),
            .stable_after = input.one_of(lengths),
            .delay_floor = input.one_of(lengths)};
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    const auto limits = rules(input);
    core::world w(limits);
    while (!input.empty())
    {
        const std::size_t choice = input.byte();
        if (choice >= core::happening_count)
        {
            w.now += lengths[choice % std::size(lengths)];
            continue;
        }
        const auto what = static_cast<core::happening>(choice);
        if (!core::possible(w, what))
            continue;
        const core::step taken(w, what);
        if (const auto* broken = core::broken_by(taken))
            fuzz::check(false, broken->name,
                        std::string(core::name_of(what)) + " in " +
                            std::string(to_string(taken.was.state)) + " leads to " +
                            std::string(to_string(taken.is.state)) + " and asks for " +
                            core::to_string(taken.todo));
        w = taken.after;
    }
    return 0;
}

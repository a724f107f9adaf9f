// SPDX-License-Identifier: BSL-1.0
#include <holdfast/observe/tell_all.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace
{
namespace hf = holdfast;

TEST(tell_all, tells_each_in_its_order_also_when_one_throws)
{
    std::string told;
    const auto all = hf::tell_all({[&](const hf::event&) { told += 'a'; },
                                   [&](const hf::event&)
                                   {
                                       told += 'b';
                                       throw std::runtime_error("b");
                                   },
                                   nullptr, [&](const hf::event&) { told += 'c'; }});
    EXPECT_NO_THROW(all({.kind = hf::event_kind::stopped}));
    EXPECT_EQ(told, "abc");
}

TEST(tell_all, of_nobody_does_nothing)
{
    EXPECT_NO_THROW(hf::tell_all({})({.kind = hf::event_kind::stopped}));
}
}

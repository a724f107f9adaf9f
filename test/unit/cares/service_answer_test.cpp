// SPDX-License-Identifier: BSL-1.0
#include "cares/service_answer.hpp"

#include "support/dns_responder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace holdfast::detail
{
namespace
{
using namespace std::chrono_literals;
using core::service_record;
using support::bytes;
using support::dns_message;

/// The begin of an answer to a question for `_x._tcp.d`, which stands at 12.
dns_message answer(unsigned records)
{
    dns_message m;
    m.number16(7).number16(0x8180).number16(1).number16(records).number16(0).number16(0);
    return m.name("_x._tcp.d").number16(33).number16(1);
}

std::optional<service_answer> parse(const dns_message& m)
{
    return parse_service_answer(m.text);
}

TEST(service_answer, has_each_record_and_the_least_ttl)
{
    const auto a = parse(
        answer(2).service(300, 10, 20, 5222, "a.example").service(60, 0, 0, 5223, "b.example"));
    ASSERT_TRUE(a);
    EXPECT_EQ(a->records, (std::vector<service_record>{{10, 20, 5222, "a.example"},
                                                       {0, 0, 5223, "b.example"}}));
    EXPECT_EQ(a->ttl, 60s);
}

TEST(service_answer, follows_names_that_point_back)
{
    bytes what{0, 1, 0, 2, 0, 80, 1, 'a', 0xc0, 12 + 8}; // a, and then what the question ends with
    const auto a = parse(answer(1).record(33, 60, what));
    ASSERT_TRUE(a);
    EXPECT_EQ(a->records, (std::vector<service_record>{{1, 2, 80, "a.d"}}));
}

TEST(service_answer, passes_records_of_other_kinds)
{
    const auto a = parse(answer(3)
                             .record(5, 5, {0xc0, 12})
                             .service(60, 1, 1, 80, "a.example")
                             .record(1, 60, {192, 0, 2, 1}));
    ASSERT_TRUE(a);
    EXPECT_EQ(a->records.size(), 1U);
    EXPECT_EQ(a->ttl, 5s); // of the alias
}

TEST(service_answer, says_that_there_is_no_such_service)
{
    const auto a = parse(answer(1).service(60, 0, 0, 0, ""));
    ASSERT_TRUE(a);
    EXPECT_EQ(a->records, (std::vector<service_record>{{0, 0, 0, ""}}));
}

TEST(service_answer, leaves_out_what_cannot_be_a_host)
{
    const std::string with_zero("a\0b", 3);
    const auto a = parse(answer(6)
                             .service(60, 0, 0, 0, "port.example")
                             .service(60, 0, 0, 80, "192.0.2.1")
                             .service(60, 0, 0, 80, with_zero)
                             .service(60, 0, 0, 80, "a b.example")
                             .service(60, 0, 0, 80, "m\xc3\xbcller.example")
                             .service(60, 0, 0, 80, "good.example"));
    ASSERT_TRUE(a);
    EXPECT_EQ(a->records, (std::vector<service_record>{{0, 0, 80, "good.example"}}));
}

TEST(service_answer, is_bounded)
{
    auto m = answer(1000);
    for (unsigned i = 0; i != 1000; ++i)
        m.service(60, i, 0, 80, "a.example");
    const auto a = parse(m);
    ASSERT_TRUE(a);
    EXPECT_EQ(a->records.size(), 64U);
    EXPECT_EQ(parse(answer(1).service(0x7fffffffU, 0, 0, 80, "a"))->ttl, 24h);
    EXPECT_EQ(parse(answer(1).service(0x80000000U, 0, 0, 80, "a"))->ttl, 0s);
}

TEST(service_answer, is_nothing_where_the_message_is_cut_short)
{
    const auto whole = answer(1).service(300, 10, 20, 5222, "a.example").text;
    for (std::size_t length = 0; length != whole.size(); ++length)
        EXPECT_FALSE(parse_service_answer({whole.data(), length})) << length;
    EXPECT_TRUE(parse_service_answer(whole));
}

TEST(service_answer, is_nothing_where_a_name_never_ends)
{
    const auto with_target = [](const bytes& name)
    {
        bytes what{0, 0, 0, 0, 0, 80};
        what.insert(what.end(), name.begin(), name.end());
        return parse(answer(1).record(33, 60, what));
    };
    const auto at = static_cast<std::uint8_t>(answer(1).text.size() + 12 + 6);
    EXPECT_FALSE(with_target({0xc0, at}));                                   // to itself
    EXPECT_FALSE(with_target({0xc0, static_cast<std::uint8_t>(at + 2), 0})); // onwards
    EXPECT_FALSE(with_target({1, 'a', 0xc0, at}));                           // round and round
    EXPECT_FALSE(with_target({0x40, 'a', 0})); // of a kind that there is not
    EXPECT_FALSE(with_target({1, 'a', 0, 0})); // longer than its record says
    bytes long_name;
    for (int i = 0; i != 130; ++i)
        long_name.insert(long_name.end(), {1, 'a'});
    long_name.push_back(0);
    EXPECT_FALSE(with_target(long_name));
    EXPECT_TRUE(with_target({1, 'a', 0}));
}
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/resolvers/fixed_addresses.hpp>

#include <holdfast/testing/scripted_resolver.hpp>

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <stdexcept>
#include <string>
#include <tuple>

namespace holdfast
{
namespace
{
using texts = std::vector<std::string>;

texts to_texts(const resolver::addresses& all)
{
    texts result;
    for (const auto& a : all)
        result.push_back(a.to_string());
    return result;
}

std::string refusal(std::string_view text)
{
    try
    {
        std::ignore = parse_fixed_address(text);
    }
    catch (const std::invalid_argument& e)
    {
        return e.what();
    }
    return "accepted";
}

class fixed_addresses_test : public ::testing::Test
{
protected:
    fixed_addresses_test() { system_.answer("db.example", {"198.51.100.1"}); }

    void add(std::string_view text) { names_.add(parse_fixed_address(text)); }

    /// What a dial to that port gets.
    texts look_up(std::uint16_t port, const std::string& host,
                  address_family family = address_family::any)
    {
        texts result{"nothing"};
        names_.for_port(port).async_resolve(
            io_.get_executor(), host, family, [&](error_code ec, const resolver::addresses& found)
            { result = ec ? texts{ec.message()} : to_texts(found); });
        EXPECT_EQ(result, texts{"nothing"}) << "completed inside the initiating call";
        io_.restart();
        io_.poll();
        return result;
    }

    asio::io_context io_;
    testing::scripted_resolver system_;
    fixed_addresses names_{system_};
};

TEST(parse_fixed_address, reads_what_curl_reads)
{
    const auto a = parse_fixed_address("Db.Example:443:192.0.2.1,[2001:db8::1],2001:db8::2");
    EXPECT_EQ(a.host, "db.example");
    EXPECT_EQ(a.port, 443);
    EXPECT_EQ(to_texts(a.addresses), (texts{"192.0.2.1", "2001:db8::1", "2001:db8::2"}));
    EXPECT_EQ(parse_fixed_address("*:80:192.0.2.1").host, "*");
    EXPECT_EQ(parse_fixed_address("m\xc3\xbcller.example:80:192.0.2.1").host,
              "xn--mller-kva.example");
}

TEST(parse_fixed_address, says_what_is_wrong)
{
    EXPECT_EQ(refusal(""), R"("" is not HOST:PORT:ADDRESS[,ADDRESS]...)");
    EXPECT_EQ(refusal("a:1"), R"("a:1" is not HOST:PORT:ADDRESS[,ADDRESS]...)");
    EXPECT_EQ(refusal(":1:192.0.2.1"), R"(host "" is not valid: it is empty)");
    EXPECT_EQ(refusal("a:0:192.0.2.1"), R"(port "0" is not a number from 1 to 65535)");
    EXPECT_EQ(refusal("a:65536:192.0.2.1"), R"(port "65536" is not a number from 1 to 65535)");
    EXPECT_EQ(refusal("a:http:192.0.2.1"), R"(port "http" is not a number from 1 to 65535)");
    EXPECT_EQ(refusal("a:1:"), R"(address "" is not an IP address)");
    EXPECT_EQ(refusal("a:1:192.0.2.1,"), R"(address "" is not an IP address)");
    EXPECT_EQ(refusal("a:1:b"), R"(address "b" is not an IP address)");
    EXPECT_EQ(refusal("a:1:[192.0.2.1]"), R"(address "[192.0.2.1]" is not an IP address)");
    EXPECT_EQ(refusal("a:1:[::1"), R"(address "[::1" is not an IP address)");
    EXPECT_EQ(refusal("192.0.2.1:1:192.0.2.2"),
              R"(host "192.0.2.1" is an address, which is not looked up)");
    EXPECT_EQ(refusal("[::1]:1:::2"), R"("[::1]:1:::2" begins with an address, which is not )"
                                      "looked up");
    EXPECT_EQ(refusal("-a:1"), R"("-a:1" begins with "-"; an address is fixed for good here)");
    EXPECT_LT(refusal("a:1:" + std::string(10'000, 'x')).size(), 200U);
}

TEST_F(fixed_addresses_test, answers_for_its_names_and_ports_alone)
{
    add("db.example:443:192.0.2.1,2001:db8::1");
    EXPECT_EQ(look_up(443, "DB.example"), (texts{"192.0.2.1", "2001:db8::1"}));
    EXPECT_EQ(look_up(80, "db.example"), texts{"198.51.100.1"});
    EXPECT_EQ(look_up(443, "other.example"),
              texts{error_code(asio::error::host_not_found).message()});
}

TEST_F(fixed_addresses_test, keeps_to_the_family_that_is_wanted)
{
    add("db.example:443:192.0.2.1,2001:db8::1");
    add("four.example:443:192.0.2.1");
    EXPECT_EQ(look_up(443, "db.example", address_family::ipv4), texts{"192.0.2.1"});
    EXPECT_EQ(look_up(443, "db.example", address_family::ipv6), texts{"2001:db8::1"});
    EXPECT_EQ(look_up(443, "four.example", address_family::ipv6),
              texts{error_code(errc::no_address).message()});
}

TEST_F(fixed_addresses_test, prefers_a_name_to_every_name_and_the_last_to_the_first)
{
    add("db.example:443:192.0.2.1");
    add("db.example:443:192.0.2.2");
    add("*:443:192.0.2.3");
    EXPECT_EQ(look_up(443, "db.example"), texts{"192.0.2.2"});
    EXPECT_EQ(look_up(443, "other.example"), texts{"192.0.2.3"});
    EXPECT_EQ(look_up(80, "other.example"),
              texts{error_code(asio::error::host_not_found).message()});
}

TEST_F(fixed_addresses_test, refuses_what_parsing_would_have_refused)
{
    const auto address = parse_fixed_address("a:1:192.0.2.1").addresses;
    EXPECT_THROW(names_.add({.host = "", .port = 1, .addresses = address}), std::invalid_argument);
    EXPECT_THROW(names_.add({.host = "a", .port = 0, .addresses = address}), std::invalid_argument);
    EXPECT_THROW(names_.add({.host = "a", .port = 1, .addresses = {}}), std::invalid_argument);
}

TEST_F(fixed_addresses_test, passes_on_what_is_to_be_forgotten)
{
    add("db.example:443:192.0.2.1");
    names_.forget("db.example");
    names_.for_port(443).forget("other.example");
    EXPECT_EQ(system_.forgotten(), (texts{"db.example", "other.example"}));
}
}
}

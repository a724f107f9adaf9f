// SPDX-License-Identifier: BSL-1.0
#include <holdfast/resolvers/caching_resolver.hpp>

#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_resolver.hpp>

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;

struct outcome
{
    int completions = 0;
    error_code code;
    resolver::addresses found;
    asio::cancellation_signal cancel;
};

class caching_resolver_test : public ::testing::Test
{
protected:
    ~caching_resolver_test() override { EXPECT_EQ(behind_.pending_lookups(), 0U); }

    std::shared_ptr<outcome> look_up(asio::io_context& io, const std::string& host,
                                     address_family family = address_family::any)
    {
        auto o = std::make_shared<outcome>();
        cache_->async_resolve(
            io.get_executor(), host, family,
            asio::bind_cancellation_slot(o->cancel.slot(),
                                         [o](error_code ec, resolver::addresses found)
                                         {
                                             ++o->completions;
                                             o->code = ec;
                                             o->found = std::move(found);
                                         }));
        EXPECT_EQ(o->completions, 0) << "completed inside the initiating call";
        return o;
    }

    std::shared_ptr<outcome> look_up(const std::string& host,
                                     address_family family = address_family::any)
    {
        return look_up(*io_, host, family);
    }

    /// Looks it up to the end.
    std::shared_ptr<outcome> found(const std::string& host,
                                   address_family family = address_family::any)
    {
        const auto o = look_up(host, family);
        settle();
        EXPECT_EQ(o->completions, 1);
        return o;
    }

    void settle()
    {
        io_->restart();
        io_->poll();
    }

    void use(const caching_options& o)
    {
        cache_ = std::make_unique<caching_resolver>(behind_, clock_, o);
    }

    testing::manual_clock clock_;
    std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>();
    testing::scripted_resolver behind_;
    std::unique_ptr<caching_resolver> cache_ = std::make_unique<caching_resolver>(behind_, clock_);
};

TEST_F(caching_resolver_test, remembers_an_answer_for_its_own_time_if_that_is_not_told)
{
    behind_.answer("a", {"192.0.2.1"}).answer("a", {"192.0.2.2"});
    use({.ttl = 30s});
    EXPECT_EQ(found("a")->found, resolver::addresses{asio::ip::make_address("192.0.2.1")});
    clock_.advance(10s);
    const auto again = found("A"); // names have no capital letters
    EXPECT_EQ(again->found, resolver::addresses{asio::ip::make_address("192.0.2.1")});
    EXPECT_EQ(again->found.ttl, 20s);
    EXPECT_EQ(behind_.lookups().size(), 1U);
    clock_.advance(20s);
    EXPECT_EQ(found("a")->found, resolver::addresses{asio::ip::make_address("192.0.2.2")});
}

TEST_F(caching_resolver_test, keeps_what_is_told_within_bounds)
{
    behind_.answer("short", {"192.0.2.1"}, 0s);
    behind_.answer("usual", {"192.0.2.1"}, 20s);
    behind_.answer("long", {"192.0.2.1"}, 24h);
    use({.ttl = 1s, .ttl_min = 5s, .ttl_max = 60s});
    for (const auto& [host, length] : {std::pair("short", 5s), {"usual", 20s}, {"long", 60s}})
    {
        found(host);
        clock_.advance(length - 1ns);
        found(host);
        EXPECT_EQ(behind_.lookup_count(host), 1U) << host;
        clock_.advance(1ns);
        found(host);
        EXPECT_EQ(behind_.lookup_count(host), 2U) << host;
    }
}

TEST_F(caching_resolver_test, asks_for_each_family_by_itself)
{
    behind_.answer("a", {"192.0.2.1", "2001:db8::1"});
    EXPECT_EQ(found("a")->found.size(), 2U);
    EXPECT_EQ(found("a", address_family::ipv4)->found.size(), 1U);
    EXPECT_EQ(found("a", address_family::ipv4)->found.size(), 1U);
    EXPECT_EQ(behind_.lookups().size(), 2U);
}

TEST_F(caching_resolver_test, remembers_that_a_name_is_not_there_but_no_other_failure)
{
    behind_.fail("none", asio::error::host_not_found);
    behind_.fail("six", errc::no_address);
    behind_.fail("later", asio::error::host_not_found_try_again);
    behind_.fail("many", errc::too_many_lookups);
    use({.negative_ttl = 5s});
    for (const auto* const host : {"none", "six", "later", "many"})
    {
        const auto first = found(host)->code;
        EXPECT_TRUE(first);
        EXPECT_EQ(found(host)->code, first);
    }
    EXPECT_EQ(behind_.lookup_count("none"), 1U);
    EXPECT_EQ(behind_.lookup_count("six"), 1U);
    EXPECT_EQ(behind_.lookup_count("later"), 2U);
    EXPECT_EQ(behind_.lookup_count("many"), 2U);
    clock_.advance(5s);
    found("none");
    EXPECT_EQ(behind_.lookup_count("none"), 2U);

    use({.negative_ttl = 0s});
    found("none");
    found("none");
    EXPECT_EQ(behind_.lookup_count("none"), 4U);
}

TEST_F(caching_resolver_test, looks_up_anew_what_a_connection_failed_to)
{
    behind_.answer("a.example", {"192.0.2.1"});
    behind_.answer("b.example", {"192.0.2.1"});
    found("a.example");
    found("a.example", address_family::ipv4);
    found("b.example");
    cache_->forget("A.example");
    EXPECT_EQ(cache_->entries(), 1U);
    found("a.example");
    found("b.example");
    EXPECT_EQ(behind_.lookup_count("a.example"), 3U);
    EXPECT_EQ(behind_.lookup_count("b.example"), 1U);
    EXPECT_EQ(behind_.forgotten(), std::vector<std::string>{"A.example"}); // who may know it too
}

TEST_F(caching_resolver_test, is_bounded_and_drops_what_expires_first)
{
    use({.entries_max = 2});
    behind_.answer("long", {"192.0.2.1"}, 60s);
    behind_.answer("short", {"192.0.2.1"}, 10s);
    behind_.answer("new", {"192.0.2.1"}, 30s);
    found("long");
    found("short");
    found("new");
    EXPECT_EQ(cache_->entries(), 2U);
    found("long");
    found("new");
    EXPECT_EQ(behind_.lookups().size(), 3U);
    found("short");
    EXPECT_EQ(cache_->entries(), 2U);
    EXPECT_EQ(behind_.lookup_count("short"), 2U);
}

TEST_F(caching_resolver_test, does_not_remember_more_addresses_than_anybody_tries)
{
    behind_.answer("many", std::vector<std::string>(1000, "192.0.2.1"));
    EXPECT_EQ(found("many")->found.size(), 1000U);
    EXPECT_EQ(cache_->entries(), 0U);
}

TEST_F(caching_resolver_test, joins_lookups_that_are_under_way)
{
    behind_.hang("a");
    const auto first = look_up("a"), second = look_up("a");
    settle();
    EXPECT_EQ(behind_.lookups().size(), 1U);
    behind_.last().succeed({"192.0.2.1"});
    settle();
    EXPECT_EQ(first->completions, 1);
    EXPECT_EQ(second->completions, 1);
    EXPECT_EQ(second->found.size(), 1U);
    EXPECT_EQ(found("a")->found.size(), 1U);
    EXPECT_EQ(behind_.lookups().size(), 1U);
}

// A lookup ends with the context that it was begun on.
TEST_F(caching_resolver_test, does_not_join_lookups_of_another_context)
{
    asio::io_context other;
    behind_.hang("a").answer("a", {"192.0.2.1"});
    const auto here = look_up("a");
    const auto there = look_up(other, "a");
    other.poll();
    EXPECT_EQ(there->completions, 1);
    EXPECT_EQ(here->completions, 0);
    here->cancel.emit(asio::cancellation_type::all);
    settle();
}

TEST_F(caching_resolver_test, lets_one_go_that_is_cancelled_and_the_lookup_with_the_last)
{
    behind_.hang("a");
    const auto first = look_up("a"), second = look_up("a");
    settle();
    first->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(first->code, asio::error::operation_aborted);
    EXPECT_FALSE(behind_.last().cancelled());
    EXPECT_EQ(second->completions, 0);
    second->cancel.emit(asio::cancellation_type::terminal);
    second->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_TRUE(behind_.last().cancelled());
    EXPECT_EQ(first->completions, 1);
    EXPECT_EQ(second->completions, 1);
    EXPECT_EQ(second->code, asio::error::operation_aborted);
    EXPECT_EQ(cache_->entries(), 0U);
}

TEST_F(caching_resolver_test, does_not_join_a_lookup_that_was_given_up)
{
    behind_.hang("a").answer("a", {"192.0.2.1"});
    const auto first = look_up("a");
    settle();
    first->cancel.emit(asio::cancellation_type::all);
    const auto second = look_up("a"); // before that has ended
    settle();
    EXPECT_EQ(second->completions, 1);
    EXPECT_FALSE(second->code);
}

TEST_F(caching_resolver_test, completes_once_when_an_answer_crosses_a_cancellation)
{
    behind_.hang("a");
    const auto o = look_up("a");
    settle();
    behind_.last().succeed({"192.0.2.1"});
    o->cancel.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(o->completions, 1);
}

TEST_F(caching_resolver_test, drops_those_who_wait_with_their_context)
{
    behind_.hang("a").answer("a", {"192.0.2.1"});
    const auto first = look_up("a"), second = look_up("a");
    EXPECT_EQ(second.use_count(), 2);
    settle();
    io_.reset();
    EXPECT_EQ(first.use_count(), 1);
    EXPECT_EQ(second.use_count(), 1);
    io_ = std::make_unique<asio::io_context>();
    EXPECT_EQ(found("a")->found.size(), 1U); // and not the lookup that is gone
}

TEST_F(caching_resolver_test, may_be_destroyed_before_a_lookup_has_ended)
{
    behind_.hang("a");
    const auto o = look_up("a");
    settle();
    cache_.reset();
    behind_.last().succeed({"192.0.2.1"});
    settle();
    EXPECT_EQ(o->completions, 1);
    EXPECT_FALSE(o->code);
}

TEST_F(caching_resolver_test, passes_addresses_on)
{
    found("192.0.2.1");
    EXPECT_EQ(behind_.lookups().size(), 1U);
    EXPECT_EQ(cache_->entries(), 0U);
}

TEST_F(caching_resolver_test, refuses_options_that_make_no_sense)
{
    EXPECT_THROW(use({.ttl = 0s}), std::invalid_argument);
    EXPECT_THROW(use({.ttl_min = -1s}), std::invalid_argument);
    EXPECT_THROW(use({.ttl_max = 25h}), std::invalid_argument);
    EXPECT_THROW(use({.ttl_min = 2s, .ttl_max = 1s}), std::invalid_argument);
    EXPECT_THROW(use({.negative_ttl = -1s}), std::invalid_argument);
    EXPECT_THROW(use({.entries_max = 0}), std::invalid_argument);
    EXPECT_THROW(use({.entries_max = 65'537}), std::invalid_argument);
}
}
}

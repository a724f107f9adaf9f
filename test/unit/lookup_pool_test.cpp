// SPDX-License-Identifier: BSL-1.0
#include "lookup_pool.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace holdfast::detail
{
namespace
{
using strings = std::vector<std::string>;

/// A system whose lookups hang until they are let go. The threads of the pool keep it alive.
class stuck_system
{
public:
    lookup_answer look_up(const std::string& host, address_family)
    {
        std::unique_lock lock(mutex_);
        begun_.push_back(host);
        ++inside_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        --inside_;
        changed_.notify_all();
        return {{}, {asio::ip::make_address("192.0.2.1")}};
    }

    void let_go()
    {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

    strings wait_until_begun(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return begun_.size() >= count; });
        return begun_;
    }

    void wait_until_all_are_out()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return inside_ == 0; });
    }

    std::size_t begun() const
    {
        const std::lock_guard lock(mutex_);
        return begun_.size();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    strings begun_;
    std::size_t inside_ = 0;
    bool open_ = false;
};

struct outcome
{
    int completions = 0;
    error_code code;
    resolver::addresses addresses;
    asio::cancellation_signal cancel;
};

class lookup_pool_test : public ::testing::Test
{
protected:
    ~lookup_pool_test() override
    {
        system_->let_go();
        system_->wait_until_all_are_out();
    }

    std::shared_ptr<outcome> look_up(const std::string& host,
                                     address_family family = address_family::any)
    {
        auto result = std::make_shared<outcome>();
        pool_->async_resolve(
            context_->get_executor(), host, family,
            asio::bind_cancellation_slot(result->cancel.slot(),
                                         [result](error_code ec, resolver::addresses found)
                                         {
                                             ++result->completions;
                                             result->code = ec;
                                             result->addresses = std::move(found);
                                         }));
        EXPECT_EQ(result->completions, 0) << "completed inside the initiating call";
        return result;
    }

    /// Runs until nobody waits any more: a lookup counts as work.
    void run()
    {
        context_->restart();
        context_->run();
    }

    void cancel(const std::shared_ptr<outcome>& o)
    {
        o->cancel.emit(asio::cancellation_type::terminal);
    }

    std::shared_ptr<stuck_system> system_ = std::make_shared<stuck_system>();
    std::unique_ptr<asio::io_context> context_ = std::make_unique<asio::io_context>();
    std::unique_ptr<lookup_pool> pool_ = std::make_unique<lookup_pool>(
        [s = system_](const std::string& host, address_family f) { return s->look_up(host, f); });
};

TEST_F(lookup_pool_test, a_lookup_is_work_that_keeps_its_context_running_until_the_answer)
{
    const auto o = look_up("a.example");
    system_->let_go();
    run();
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, error_code());
    EXPECT_EQ(o->addresses, resolver::addresses{asio::ip::make_address("192.0.2.1")});
}

TEST_F(lookup_pool_test, CS_7F_a_lookup_that_is_stuck_is_cancelled_at_once)
{
    const auto o = look_up("a.example");
    system_->wait_until_begun(1);
    cancel(o);
    EXPECT_EQ(o->completions, 0) << "completed inside the cancellation";
    run(); // it ends, although the lookup goes on
    EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(o->code, asio::error::operation_aborted);
}

TEST_F(lookup_pool_test, identical_lookups_are_joined_and_different_ones_are_not)
{
    const std::vector all{look_up("a.example"), look_up("a.example"), look_up("b.example"),
                          look_up("a.example", address_family::ipv4)};
    system_->wait_until_begun(3);
    system_->let_go();
    run();
    for (const auto& o : all)
        EXPECT_EQ(o->completions, 1);
    EXPECT_EQ(system_->begun(), 3U);
}

TEST_F(lookup_pool_test, of_two_that_were_joined_one_is_cancelled_and_the_other_gets_the_answer)
{
    const auto one = look_up("a.example"), other = look_up("a.example");
    system_->wait_until_begun(1);
    cancel(one);
    system_->let_go();
    run();
    EXPECT_EQ(one->code, asio::error::operation_aborted);
    EXPECT_EQ(other->code, error_code());
    EXPECT_EQ(other->addresses.size(), 1U);
}

TEST_F(lookup_pool_test, a_cancel_that_arrives_with_the_answer_is_a_cancel)
{
    const auto first = look_up("a.example"), second = look_up("a.example");
    system_->let_go();
    context_->run_one();
    EXPECT_EQ(first->completions, 1);
    cancel(second); // it was answered with the first, and is in the queue
    run();
    EXPECT_EQ(second->completions, 1);
    EXPECT_EQ(second->code, asio::error::operation_aborted);
}

TEST_F(lookup_pool_test, a_name_that_was_abandoned_is_looked_up_anew)
{
    cancel(look_up("a.example"));
    const auto again = look_up("a.example");
    const auto first = look_up("b.example");
    system_->wait_until_begun(2);
    system_->let_go();
    run();
    EXPECT_EQ(again->code, error_code());
}

TEST_F(lookup_pool_test, four_lookups_run_at_once_and_one_that_is_abandoned_makes_room)
{
    std::vector<std::shared_ptr<outcome>> all;
    for (const char* host : {"a.example", "b.example", "c.example", "d.example", "e.example"})
        all.push_back(look_up(host));
    const auto begun = system_->wait_until_begun(4);
    EXPECT_EQ(begun.size(), 4U);
    EXPECT_EQ(std::count(begun.begin(), begun.end(), "e.example"), 0);
    cancel(all[1]);
    EXPECT_EQ(system_->wait_until_begun(5).back(), "e.example");
    system_->let_go();
    run();
    EXPECT_EQ(all[4]->code, error_code());
}

TEST_F(lookup_pool_test, a_lookup_that_waits_for_its_turn_can_be_cancelled)
{
    std::vector<std::shared_ptr<outcome>> all;
    for (const char* host : {"a.example", "b.example", "c.example", "d.example", "e.example"})
        all.push_back(look_up(host));
    system_->wait_until_begun(4);
    cancel(all[4]);
    system_->let_go();
    run();
    EXPECT_EQ(all[4]->code, asio::error::operation_aborted);
    EXPECT_EQ(system_->begun(), 4U);
}

TEST_F(lookup_pool_test, with_32_stuck_a_lookup_fails_and_later_ones_succeed_again)
{
    for (unsigned i = 0; i < lookup_pool::stuck_max; ++i)
    {
        const auto o = look_up("stuck" + std::to_string(i) + ".example");
        system_->wait_until_begun(i + 1);
        cancel(o);
    }
    const auto failed = look_up("a.example");
    run();
    EXPECT_EQ(failed->code, errc::too_many_lookups);
    EXPECT_EQ(failed->code, condition::local_resource);
    EXPECT_EQ(system_->begun(), lookup_pool::stuck_max);

    system_->let_go();
    for (error_code last = errc::too_many_lookups; last;) // until the threads are back
    {
        const auto o = look_up("a.example");
        run();
        last = o->code;
    }
}

TEST_F(lookup_pool_test, a_context_is_destroyed_without_waiting_for_a_stuck_lookup)
{
    const auto o = look_up("a.example");
    const auto waits = look_up("a.example");
    system_->wait_until_begun(1);
    pool_.reset(); // as the context does when it is destroyed
    context_.reset();
    EXPECT_EQ(o.use_count(), 1) << "its handler is destroyed";
    system_->let_go(); // the late answer goes nowhere
    system_->wait_until_all_are_out();
    EXPECT_EQ(o->completions + waits->completions, 0);
}

TEST_F(lookup_pool_test, a_numeric_address_is_answered_without_a_lookup)
{
    const auto v4 = look_up("192.0.2.7"), v6 = look_up("2001:db8::7", address_family::ipv6),
               wrong = look_up("192.0.2.7", address_family::ipv6);
    run();
    EXPECT_EQ(v4->addresses, resolver::addresses{asio::ip::make_address("192.0.2.7")});
    EXPECT_EQ(v6->addresses, resolver::addresses{asio::ip::make_address("2001:db8::7")});
    EXPECT_EQ(wrong->code, errc::no_address);
    EXPECT_EQ(system_->begun(), 0U);
}

TEST_F(lookup_pool_test, CS_7B_an_internationalised_name_is_looked_up_in_ASCII)
{
    look_up("bücher.example");
    EXPECT_EQ(system_->wait_until_begun(1), strings{"xn--bcher-kva.example"});
    system_->let_go();
    run();
}

TEST_F(lookup_pool_test, CS_7B_an_invalid_name_is_refused)
{
    for (const char* name : {"", ".", "a..b", "a b", "256.1.1.1", "\xff.example"})
    {
        const auto o = look_up(name);
        run();
        EXPECT_EQ(o->code, errc::invalid_name) << name;
    }
    EXPECT_EQ(system_->begun(), 0U);
}

TEST(default_resolver, finds_localhost_on_a_host_without_a_network)
{
    asio::io_context context;
    auto& names = default_resolver(context.get_executor());
    EXPECT_EQ(&names, &default_resolver(context.get_executor()));
    resolver::addresses found;
    names.async_resolve(context.get_executor(), "localhost", address_family::ipv4,
                        [&](error_code ec, resolver::addresses list)
                        {
                            EXPECT_FALSE(ec) << ec.message();
                            found = std::move(list);
                        });
    context.run();
    EXPECT_EQ(found, resolver::addresses{asio::ip::make_address("127.0.0.1")});
}

TEST(default_resolver, a_program_exits_while_a_lookup_is_stuck)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            const auto system = std::make_shared<stuck_system>();
            asio::io_context context;
            lookup_pool pool([system](const std::string& host, address_family f)
                             { return system->look_up(host, f); });
            pool.async_resolve(context.get_executor(), "a.example", address_family::any,
                               [](error_code, resolver::addresses) {});
            system->wait_until_begun(1);
            std::exit(0);
        },
        ::testing::ExitedWithCode(0), "");
}
}
}

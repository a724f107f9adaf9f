// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/scripted_resolver.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::address_family;
using hf::testing::scripted_resolver;
using addresses = hf::resolver::addresses;

const auto v4 = asio::ip::make_address("192.0.2.1");
const auto v6 = asio::ip::make_address("2001:db8::1");

struct scripted_resolver_test : testing::Test
{
    struct end
    {
        hf::error_code code;
        addresses found;
        bool operator==(const end&) const = default;
    };

    asio::io_context context;
    scripted_resolver names;
    std::vector<end> ends;
    asio::cancellation_signal cancel;

    void look_up(const std::string& host, address_family family = address_family::any)
    {
        names.async_resolve(
            context.get_executor(), host, family,
            asio::bind_cancellation_slot(cancel.slot(), [this](hf::error_code ec, addresses found)
                                         { ends.push_back({ec, std::move(found)}); }));
    }

    void run()
    {
        context.restart();
        context.poll();
    }
};

TEST_F(scripted_resolver_test, gives_the_answers_in_order_and_keeps_the_last)
{
    names.fail("a", asio::error::host_not_found_try_again)
        .answer("a", {"192.0.2.1", "2001:db8::1"});
    for (int i = 0; i < 3; ++i)
        look_up("a");
    EXPECT_TRUE(ends.empty()) << "completed inside the call";
    run();
    const end good{{}, {v4, v6}};
    EXPECT_EQ(ends, (std::vector<end>{{asio::error::host_not_found_try_again, {}}, good, good}));
    EXPECT_EQ(names.lookup_count("a"), 3U);
}

TEST_F(scripted_resolver_test, does_not_know_other_names)
{
    look_up("b");
    run();
    EXPECT_EQ(ends, (std::vector<end>{{asio::error::host_not_found, {}}}));
    EXPECT_EQ(names.last().host(), "b");
}

TEST_F(scripted_resolver_test, gives_only_the_family_that_is_wanted)
{
    names.answer("a", {"192.0.2.1", "2001:db8::1"}).answer("four", {"192.0.2.1"});
    look_up("a", address_family::ipv6);
    look_up("four", address_family::ipv6);
    run();
    EXPECT_EQ(ends, (std::vector<end>{{{}, {v6}}, {hf::errc::no_address, {}}}));
    EXPECT_EQ(names.last().family(), address_family::ipv6);
}

TEST_F(scripted_resolver_test, hangs_until_it_is_answered_by_hand)
{
    names.hang("a");
    look_up("a");
    look_up("a");
    run();
    EXPECT_EQ(names.pending_lookups(), 2U);
    EXPECT_TRUE(names.lookups()[1].fail(asio::error::no_data));
    EXPECT_TRUE(names.lookups()[0].succeed({"192.0.2.1"}));
    EXPECT_FALSE(names.lookups()[0].fail(asio::error::no_data)) << "it has ended";
    run();
    EXPECT_EQ(ends, (std::vector<end>{{asio::error::no_data, {}}, {{}, {v4}}}));
    EXPECT_FALSE(names.last().cancelled());
}

TEST_F(scripted_resolver_test, ends_at_once_when_it_is_cancelled)
{
    for (auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                      asio::cancellation_type::total})
    {
        names.hang("a");
        look_up("a");
        cancel.emit(type);
        EXPECT_TRUE(names.last().cancelled());
        run();
        EXPECT_EQ(ends.back(), (end{asio::error::operation_aborted, {}}));
    }
    EXPECT_EQ(ends.size(), 3U);
}

TEST_F(scripted_resolver_test, refuses_what_is_not_an_address)
{
    EXPECT_ANY_THROW(names.answer("a", {"localhost"}));
    EXPECT_THROW(names.last(), std::logic_error);
}

TEST_F(scripted_resolver_test, completes_on_the_executor_of_the_handler)
{
    asio::io_context mine;
    names.answer("a", {"192.0.2.1"});
    bool done = false;
    names.async_resolve(context.get_executor(), "a", address_family::any,
                        asio::bind_executor(mine.get_executor(),
                                            [&](hf::error_code, const addresses&)
                                            { done = true; }));
    run();
    EXPECT_FALSE(done);
    mine.run();
    EXPECT_TRUE(done);
}

TEST(scripted_resolver_lifetime, a_context_that_goes_away_takes_its_lookups_along)
{
    std::weak_ptr<int> gone;
    scripted_resolver names;
    names.hang("a");
    {
        asio::io_context context;
        auto owned = std::make_shared<int>(1);
        gone = owned;
        names.async_resolve(context.get_executor(), "a", address_family::any,
                            [owned](hf::error_code, const addresses&) { ADD_FAILURE(); });
    }
    EXPECT_TRUE(gone.expired());
    EXPECT_FALSE(names.last().succeed({"192.0.2.1"}));
}

TEST(scripted_resolver_lifetime, may_go_before_its_lookups)
{
    asio::io_context context;
    bool done = false;
    auto names = std::make_unique<scripted_resolver>();
    names->hang("a");
    names->async_resolve(context.get_executor(), "a", address_family::any,
                         [&](hf::error_code ec, const addresses&)
                         {
                             EXPECT_EQ(ec, asio::error::no_data);
                             done = true;
                         });
    const auto lookup = names->last();
    names.reset();
    lookup.fail(asio::error::no_data);
    context.run();
    EXPECT_TRUE(done);
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/check_no_leaks.hpp>

#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>
#include <holdfast/testing/scripted_resolver.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <gtest/gtest.h>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using namespace hf::testing;
using namespace std::chrono_literals;
using sentences = std::vector<std::string>;

TEST(check_no_leaks, tells_which_descriptors_were_left_open)
{
    asio::io_context context;
    const asio::ip::tcp::socket first(context, asio::ip::tcp::v4());
    const check_no_leaks leaks;
    asio::ip::tcp::socket socket(context, asio::ip::tcp::v4());

    ASSERT_EQ(leaks.left().size(), 1U);
    EXPECT_EQ(leaks.left()[0].find("descriptor " + std::to_string(socket.native_handle()) +
                                   " is open: socket:["),
              0U);
    socket.close();
    EXPECT_EQ(leaks.left(), sentences{});
}

TEST(check_no_leaks, sees_a_descriptor_that_took_the_number_of_another)
{
    asio::io_context context;
    asio::ip::tcp::socket socket(context, asio::ip::tcp::v4());
    const auto number = socket.native_handle();
    const check_no_leaks leaks;
    socket.close();
    socket.open(asio::ip::tcp::v4());
    ASSERT_EQ(socket.native_handle(), number) << "the lowest free number is taken";
    EXPECT_EQ(leaks.left().size(), 1U);
}

TEST(check_no_leaks, a_context_leaves_nothing)
{
    const check_no_leaks leaks;
    {
        asio::io_context context;
        const asio::ip::tcp::socket socket(context, asio::ip::tcp::v4());
        EXPECT_NE(leaks.left(), sentences{});
    }
    EXPECT_EQ(leaks.left(), sentences{});
}

TEST(check_no_leaks, tells_of_timers_dials_streams_and_lookups)
{
    manual_clock clock;
    scripted_resolver names;
    asio::io_context context;
    const scripted_endpoint endpoint{dial_step::hang(), dial_step::succeed()};
    check_no_leaks leaks;
    leaks.watch(clock).watch(endpoint).watch(names);
    names.hang("a");

    for (auto at : {1s, 2s})
        clock.async_wait_until(context.get_executor(), clock.now() + at, [](hf::error_code) {});
    names.async_resolve(context.get_executor(), "a", hf::address_family::any,
                        [](hf::error_code, const hf::resolver::addresses&) {});
    std::vector<memory_stream> streams;
    hf::dial_report report;
    for (int i = 0; i < 2; ++i)
        endpoint.async_connect({.executor = context.get_executor(),
                                .clock = &clock,
                                .deadline = hf::time_point::max(),
                                .attempt = 1,
                                .report = &report},
                               [&](hf::error_code, memory_stream s)
                               { streams.push_back(std::move(s)); });
    clock.advance(0s, context);
    EXPECT_EQ(leaks.left(), (sentences{"2 timers are armed", "1 dial goes on", "1 stream is open",
                                       "1 lookup goes on"}));

    clock.advance(2s, context);
    endpoint.dials()[0].fail(hf::errc::stopped);
    names.last().fail(hf::errc::no_address);
    clock.advance(0s, context);
    streams.clear();
    EXPECT_EQ(leaks.left(), sentences{});
}
}

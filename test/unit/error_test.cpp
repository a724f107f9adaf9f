// SPDX-License-Identifier: BSL-1.0
#include <holdfast/error.hpp>

#include <boost/system/errc.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace
{
using holdfast::condition;
using holdfast::errc;
using holdfast::error_code;

constexpr int first_error = static_cast<int>(errc::stopped);
constexpr int last_error = static_cast<int>(errc::already_reading);

TEST(error, every_value_has_a_sentence_of_its_own)
{
    std::set<std::string> sentences;
    for (int value = first_error; value <= last_error; ++value)
        sentences.insert(error_code(static_cast<errc>(value)).message());

    EXPECT_EQ(sentences.size(), static_cast<std::size_t>(last_error));
    EXPECT_FALSE(sentences.contains("unknown error"));
    EXPECT_EQ(error_code(static_cast<errc>(last_error + 1)).message(), "unknown error");
}

TEST(error, stopped_equals_the_standard_cancellation)
{
    EXPECT_EQ(error_code(errc::stopped), boost::system::errc::operation_canceled);
    EXPECT_EQ(std::error_code(error_code(errc::stopped)), std::errc::operation_canceled);
    EXPECT_NE(error_code(errc::forced), boost::system::errc::operation_canceled);
}

TEST(error, every_time_out_equals_the_standard_one)
{
    for (auto e : {errc::lookup_timed_out, errc::connect_timed_out, errc::proxy_timed_out,
                   errc::tls_timed_out, errc::prepare_timed_out, errc::wait_timed_out})
        EXPECT_EQ(std::error_code(error_code(e)), std::errc::timed_out) << text(e);
}

TEST(error, a_key_that_is_not_pinned_is_a_peer_that_is_not_verified)
{
    EXPECT_EQ(error_code(errc::key_not_pinned), condition::peer_not_verified);
    EXPECT_NE(error_code(errc::unusable_files), condition::peer_not_verified);
    EXPECT_NE(error_code(), condition::peer_not_verified);
    EXPECT_NE(make_error_condition(condition::peer_not_verified).message(), "unknown condition");
}

TEST(error, a_shortage_on_this_machine_is_told_from_a_fault_of_the_peer)
{
    namespace e = boost::system::errc;
    for (auto code : {e::too_many_files_open, e::no_buffer_space, e::address_not_available})
        EXPECT_EQ(error_code(e::make_error_code(code)), condition::local_resource);
    EXPECT_EQ(error_code(errc::too_many_lookups), condition::local_resource);
    EXPECT_NE(error_code(e::make_error_code(e::connection_refused)), condition::local_resource);
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/failure.hpp>

#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace
{
using namespace std::chrono_literals;
using holdfast::failure;
using holdfast::phase;

const auto refused = make_error_code(boost::system::errc::connection_refused);

TEST(failure, says_where_when_and_why_an_attempt_failed)
{
    const failure f{.code = refused,
                    .phase = phase::connect,
                    .attempt = 3,
                    .took = 200us,
                    .endpoint = std::make_shared<const std::string>("tcp:127.0.0.1:6379")};

    EXPECT_EQ(to_string(f),
              "tcp:127.0.0.1:6379: attempt 3 failed in connect after 0.2 ms: Connection refused");
}

TEST(failure, names_each_address_with_its_own_error)
{
    const failure f{.code = refused,
                    .attempt = 1,
                    .took = 30s,
                    .addresses = {{"192.0.2.1:80", refused, 1ms},
                                  {"[2001:db8::1]:80", holdfast::errc::connect_timed_out, 30s}}};

    EXPECT_EQ(to_string(f), "attempt 1 failed in connect after 30.0 s: Connection refused "
                            "[192.0.2.1:80: Connection refused after 1.0 ms; "
                            "[2001:db8::1]:80: no connection was made in time after 30.0 s]");
}

TEST(failure, says_what_the_endpoint_adds)
{
    const failure f{.code = refused,
                    .phase = phase::tls,
                    .attempt = 1,
                    .took = 1ms,
                    .detail = std::make_shared<const std::string>("it expired yesterday")};

    EXPECT_EQ(to_string(f), "attempt 1 failed in tls after 1.0 ms: Connection refused: it expired "
                            "yesterday");
}

TEST(failure, tells_a_loss_from_a_failed_attempt_and_what_was_thrown)
{
    const failure f{.code = holdfast::errc::exception_thrown,
                    .phase = phase::session,
                    .took = 2s,
                    .unacknowledged = 17,
                    .exception = std::make_exception_ptr(std::runtime_error("bad greeting"))};

    EXPECT_EQ(to_string(f), "connection lost after 2.0 s: an exception was thrown (bad greeting), "
                            "17 bytes not acknowledged");
}

TEST(failure, tells_of_a_thrown_error_code_only_what_the_code_does_not_say)
{
    const auto told = [](const auto& exception)
    {
        return to_string(failure{.code = exception.code(),
                                 .phase = phase::session,
                                 .exception = std::make_exception_ptr(exception)});
    };
    using boost::system::system_error;
    EXPECT_EQ(told(system_error(refused)), "connection lost after 0.0 ms: Connection refused");
    EXPECT_EQ(told(system_error(refused, "the greeting")),
              "connection lost after 0.0 ms: Connection refused (the greeting)");
}
}

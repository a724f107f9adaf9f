// SPDX-License-Identifier: BSL-1.0
// What dials of TCP and of Unix sockets tell of their steps, where somebody asks.
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/endpoints/unix.hpp>

#include "dial_fixture.hpp"
#include "recorded_steps.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <unistd.h>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

class dial_steps : public dial_fixture
{
protected:
    dial_context traced()
    {
        auto c = context();
        c.report = &told_;
        return c;
    }

    /// A port of `at` where nobody listens, and where nobody will for now: one is bound to it.
    std::uint16_t refused_port(const char* at = "127.0.0.1")
    {
        bound_.emplace_back(io_, asio::ip::tcp::v4());
        bound_.back().bind({asio::ip::make_address(at), 0});
        return bound_.back().local_endpoint().port();
    }

    /// A listener whose queue is full, so that whoever connects to it waits.
    std::uint16_t silent_port()
    {
        full_.emplace(io_);
        full_->open(asio::ip::tcp::v4());
        full_->bind({asio::ip::make_address("127.0.0.2"), 0});
        full_->listen(0);
        for (int i = 0; i < 2; ++i)
        {
            waiting_.emplace_back(io_);
            waiting_.back().async_connect(full_->local_endpoint(), [](error_code) {});
        }
        return full_->local_endpoint().port();
    }

    void close_servers()
    {
        bound_.clear();
        waiting_.clear();
        full_.reset();
        settle();
    }

    const dial_step& last() const { return told_.steps.back(); }

    recorded_steps told_;
    std::vector<asio::ip::tcp::socket> bound_;
    std::vector<asio::ip::tcp::socket> waiting_;
    std::optional<asio::ip::tcp::acceptor> full_;
};

TEST_F(dial_steps, of_an_address_are_its_connect)
{
    {
        const asio::ip::tcp::acceptor server(io_, {asio::ip::make_address("127.0.0.1"), 0});
        const auto port = server.local_endpoint().port();
        const auto began = clock_.now();
        const auto result = dial(tcp("127.0.0.1", port), traced());
        clock_.advance(3ms);
        finish(result);
        ASSERT_EQ(told_.steps.size(), 1U);
        EXPECT_EQ(last().what, "connect to 127.0.0.1:" + std::to_string(port));
        EXPECT_EQ(last().phase, phase::connect);
        EXPECT_EQ(last().code, error_code());
        EXPECT_EQ(last().began, began);
        EXPECT_EQ(last().ended, began + 3ms);
    }
    const auto refused = dial(tcp("127.0.0.1", refused_port()), traced());
    finish(refused);
    ASSERT_EQ(told_.steps.size(), 2U);
    EXPECT_EQ(last().code, asio::error::connection_refused);
    close_servers();
}

TEST_F(dial_steps, of_an_address_end_with_its_time_out_or_its_cancellation)
{
    const auto port = silent_port();
    settle();
    const auto late = dial(tcp("127.0.0.2", port, {.timeout = 5s}), traced());
    settle();
    const auto began = clock_.now();
    clock_.advance(5s);
    finish(late);
    ASSERT_EQ(told_.steps.size(), 1U);
    EXPECT_EQ(last().code, errc::connect_timed_out);
    EXPECT_EQ(last().ended - last().began, 5s);
    EXPECT_EQ(last().began, began);

    const auto cancelled = dial(tcp("127.0.0.2", port), traced());
    settle();
    cancelled->cancel.emit(asio::cancellation_type::terminal);
    ASSERT_EQ(told_.steps.size(), 2U);
    EXPECT_EQ(last().code, asio::error::operation_aborted);
    finish(cancelled);
    EXPECT_EQ(told_.steps.size(), 2U);
    close_servers();
}

TEST_F(dial_steps, of_a_name_are_its_lookup_and_each_address)
{
    {
        const asio::ip::tcp::acceptor server(io_, {asio::ip::make_address("127.0.0.1"), 0});
        const auto port = std::to_string(server.local_endpoint().port());
        resolver_.hang("some.test");
        const auto began = clock_.now();
        const auto result = dial(tcp("some.test", server.local_endpoint().port()), traced());
        clock_.advance(7ms);
        resolver_.last().succeed({"127.0.0.3", "127.0.0.1"});
        finish(result);
        EXPECT_EQ(told_.what(), (texts{"look up some.test", "connect to 127.0.0.3:" + port,
                                       "connect to 127.0.0.1:" + port}));
        EXPECT_EQ(told_.steps[0].phase, phase::lookup);
        EXPECT_EQ(told_.steps[0].began, began);
        EXPECT_EQ(told_.steps[0].ended, began + 7ms);
        EXPECT_EQ(facts_named(told_.steps[0], "address"), (texts{"127.0.0.3", "127.0.0.1"}));
        EXPECT_EQ(told_.steps[1].code, asio::error::connection_refused);
        EXPECT_EQ(told_.steps[1].began, began + 7ms);
        EXPECT_EQ(told_.steps[2].code, error_code());
        EXPECT_EQ(told_.steps[2].began, began + 7ms);
    }
}

TEST_F(dial_steps, of_a_race_tell_who_was_slower)
{
    {
        const auto port = silent_port();
        const asio::ip::tcp::acceptor server(io_, {asio::ip::make_address("127.0.0.1"), port});
        settle();
        resolver_.answer("some.test", {"127.0.0.2", "127.0.0.1"});
        const auto began = clock_.now();
        const auto result = dial(tcp("some.test", port), traced());
        settle();
        clock_.advance(250ms);
        finish(result);
        ASSERT_EQ(told_.steps.size(), 3U);
        EXPECT_EQ(told_.steps[1].what, "connect to 127.0.0.1:" + std::to_string(port));
        EXPECT_EQ(told_.steps[1].code, error_code());
        EXPECT_EQ(told_.steps[1].began, began + 250ms);
        EXPECT_EQ(last().what, "connect to 127.0.0.2:" + std::to_string(port));
        EXPECT_EQ(last().code, asio::error::operation_aborted);
        EXPECT_EQ(last().detail, "another address was faster");
        EXPECT_EQ(last().began, began);
    }
    close_servers();
}

TEST_F(dial_steps, of_a_name_end_with_what_was_under_way_when_it_was_cancelled)
{
    resolver_.hang("some.test");
    const auto looking = dial(tcp("some.test", 1, {.family = address_family::ipv6}), traced());
    looking->cancel.emit(asio::cancellation_type::terminal);
    finish(looking);
    EXPECT_EQ(told_.what(), (texts{"look up some.test (IPv6 only)"}));
    EXPECT_EQ(last().code, asio::error::operation_aborted);

    const auto port = silent_port();
    settle();
    resolver_.answer("other.test", {"127.0.0.2", "127.0.0.2"});
    const auto racing = dial(tcp("other.test", port), traced());
    settle(); // the first is under way, the second is not
    racing->cancel.emit(asio::cancellation_type::terminal);
    finish(racing);
    ASSERT_EQ(told_.steps.size(), 3U);
    EXPECT_EQ(last().what, "connect to 127.0.0.2:" + std::to_string(port));
    EXPECT_EQ(last().code, asio::error::operation_aborted);
    close_servers();
}

TEST_F(dial_steps, of_a_name_end_with_the_failure_of_its_lookup)
{
    resolver_.fail("some.test", asio::error::host_not_found).hang("late.test");
    const auto unknown = dial(tcp("some.test", 1), traced());
    finish(unknown);
    ASSERT_EQ(told_.steps.size(), 1U);
    EXPECT_EQ(last().code, asio::error::host_not_found);

    const auto late = dial(tcp("late.test", 1, {.timeout = 5s}), traced());
    clock_.advance(5s);
    finish(late);
    ASSERT_EQ(told_.steps.size(), 2U);
    EXPECT_EQ(last().code, errc::lookup_timed_out);
    EXPECT_EQ(last().ended - last().began, 5s);
}

TEST_F(dial_steps, of_a_name_with_very_many_addresses_are_as_many_as_are_tried)
{
    resolver_.answer("some.test", texts(1000, "127.0.0.1"));
    const auto result = dial(tcp("some.test", refused_port()), traced());
    finish(result);
    EXPECT_EQ(facts_named(told_.steps[0], "address").size(), 64U);
    EXPECT_EQ(told_.steps[0].detail, "of 1000 addresses only 64 are tried");
    EXPECT_EQ(told_.steps.size(), 65U);
    close_servers();
}

TEST_F(dial_steps, of_a_Unix_socket_are_its_connect)
{
    using local = asio::local::stream_protocol;
    const std::string path = ::testing::TempDir() + "holdfast.steps." + std::to_string(::getpid());
    std::filesystem::remove(path);
    const auto missing = dial(unix_socket(path), traced());
    finish(missing);
    ASSERT_EQ(told_.steps.size(), 1U);
    EXPECT_EQ(last().what, "connect to " + path);
    EXPECT_EQ(last().code, boost::system::errc::no_such_file_or_directory);
    {
        local::acceptor busy(io_);
        busy.open();
        busy.bind(local::endpoint(path));
        busy.listen(0);
        const auto taken = dial(unix_socket(path), traced());
        finish(taken);
        ASSERT_EQ(told_.steps.size(), 2U);
        EXPECT_EQ(last().code, error_code());

        const auto began = clock_.now();
        const auto late = dial(unix_socket(path, {.timeout = 10ms}), traced());
        clock_.advance(10ms);
        finish(late);
        ASSERT_EQ(told_.steps.size(), 3U);
        EXPECT_EQ(last().code, errc::connect_timed_out);
        EXPECT_EQ(last().began, began);
        EXPECT_EQ(last().ended, began + 10ms);

        const auto cancelled = dial(unix_socket(path), traced());
        cancelled->cancel.emit(asio::cancellation_type::terminal);
        finish(cancelled);
        ASSERT_EQ(told_.steps.size(), 4U);
        EXPECT_EQ(last().code, asio::error::operation_aborted);
    }
    std::filesystem::remove(path);
}
}
}

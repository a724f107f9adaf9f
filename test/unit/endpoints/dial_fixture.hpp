// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_ENDPOINTS_DIAL_FIXTURE_HPP
#define HOLDFAST_TEST_UNIT_ENDPOINTS_DIAL_FIXTURE_HPP

#include <holdfast/endpoint.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_resolver.hpp>

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace holdfast
{
inline std::size_t open_descriptors()
{
    namespace fs = std::filesystem;
    return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

/// How a dial ended.
template <class Stream>
struct outcome
{
    int completions = 0;
    error_code code;
    std::optional<Stream> stream;
    asio::cancellation_signal cancel;
    std::thread::id thread;
};

/// A context to dial on, and at the end the check that no socket and no timer is left.
class dial_fixture : public ::testing::Test
{
protected:
    dial_fixture()
    {
        asio::ip::tcp::socket first(io_, asio::ip::tcp::v4()); // what the context opens for itself
        first.close();
        descriptors_ = open_descriptors();
    }

    ~dial_fixture() override
    {
        EXPECT_EQ(clock_.armed(), 0U);
        EXPECT_EQ(open_descriptors(), descriptors_);
        EXPECT_EQ(resolver_.pending_lookups(), 0U);
    }

    dial_context context()
    {
        return {.executor = io_.get_executor(),
                .clock = &clock_,
                .resolver = &resolver_,
                .report = &report_};
    }

    template <class Endpoint>
    auto dial(const Endpoint& endpoint, const dial_context& with)
    {
        auto result = std::make_shared<outcome<typename Endpoint::stream_type>>();
        endpoint.async_connect(
            with, asio::bind_cancellation_slot(result->cancel.slot(),
                                               [result](error_code ec, auto stream)
                                               {
                                                   ++result->completions;
                                                   result->code = ec;
                                                   EXPECT_EQ(stream.is_open(), !ec);
                                                   result->stream.emplace(std::move(stream));
                                                   result->thread = std::this_thread::get_id();
                                               }));
        EXPECT_EQ(result->completions, 0) << "completed inside the initiating call";
        return result;
    }

    template <class Endpoint>
    auto dial(const Endpoint& endpoint)
    {
        return dial(endpoint, context());
    }

    /// Runs what is ready.
    void settle()
    {
        io_.restart();
        io_.poll();
    }

    /// Runs until the dial has ended.
    template <class Outcome>
    void finish(const Outcome& result)
    {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        io_.restart();
        while (result->completions == 0 && std::chrono::steady_clock::now() < limit)
            io_.run_one_until(limit);
        EXPECT_EQ(result->completions, 1);
        settle();
        EXPECT_EQ(result->completions, 1) << "completed twice";
    }

    std::size_t open_sockets() const { return open_descriptors() - descriptors_; }

    testing::manual_clock clock_;
    testing::scripted_resolver resolver_;
    dial_report report_;
    asio::io_context io_;

private:
    std::size_t descriptors_ = 0;
};
}

#endif

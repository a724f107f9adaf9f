// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_CONFORMANCE_FIXTURE_HPP
#define HOLDFAST_TEST_CONFORMANCE_FIXTURE_HPP

#include <holdfast/client_service.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace conformance
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::error_code;
using hf::service_state;
using hf::testing::dial_step;
using namespace std::chrono_literals;

/// A protocol object that reads to the end of its stream, and tells what was done to it.
class reader : public std::enable_shared_from_this<reader>
{
public:
    explicit reader(hf::testing::memory_stream s) : stream_(std::move(s)) {}

    template <class Token>
    auto async_run(Token&& token)
    {
        return asio::async_compose<Token, void(error_code)>(
            [this, keep = shared_from_this(), begun = false](auto& self, error_code ec = {},
                                                             std::size_t = 0) mutable
            {
                if (std::exchange(begun, true) && ec)
                    return self.complete(ec == asio::error::eof ? error_code() : ec);
                stream_.async_read_some(asio::buffer(buffer_), std::move(self));
            },
            token, stream_);
    }

    void close() noexcept
    {
        ++closes;
        if (!ignores_close)
            stream_.close();
    }

    int closes = 0;
    bool ignores_close = false;

private:
    hf::testing::memory_stream stream_;
    std::array<char, 16> buffer_{};
};

/// What one asynchronous operation completed with; empty while it has not.
template <class... Results>
struct outcome
{
    std::optional<error_code> code;
    std::tuple<Results...> results;
    int completions = 0;

    auto handler()
    {
        return [this](error_code ec, Results... r)
        {
            ++completions;
            code = ec;
            results = {std::move(r)...};
        };
    }
};

using connect_outcome = outcome<std::shared_ptr<reader>>;
using stop_outcome = outcome<>;

/// A service on a scripted endpoint and a manual clock. At the end of every test nothing may be
/// left: no timer, no open stream.
class fixture : public ::testing::Test
{
protected:
    using options = hf::client_options<reader>;

    /// The service under test. Its delays are exactly 1, 2, 4 ... seconds unless `o` says
    /// otherwise.
    hf::client_service<reader>& make(options o = {.retry = plain()})
    {
        o.clock = &clock;
        if (!o.observe)
            o.observe = [this](const hf::event& e) { events.push_back(e); };
        service.emplace(
            context, endpoint,
            [this](hf::testing::memory_stream s)
            {
                protocols.push_back(std::make_shared<reader>(std::move(s)));
                return protocols.back();
            },
            std::move(o));
        return *service;
    }

    static hf::retry::backoff plain() { return {.jitter = hf::retry::jitter::none}; }

    /// Lets happen what is ready; no time passes.
    void settle() { clock.advance(0s, context); }

    void pass(hf::duration d) { clock.advance(d, context); }

    /// How often an event of this kind was told.
    int told(hf::event_kind k) const
    {
        int n = 0;
        for (const auto& e : events)
            n += e.kind == k;
        return n;
    }

    void TearDown() override
    {
        service.reset();
        protocols.clear();
        settle();
        EXPECT_EQ(clock.armed(), 0U);
        EXPECT_EQ(endpoint.open_streams(), 0U);
        EXPECT_LE(endpoint.open_streams_max(), 1U); // CS-18
    }

    hf::testing::manual_clock clock;
    asio::io_context context;
    hf::testing::scripted_endpoint endpoint;
    std::vector<std::shared_ptr<reader>> protocols;
    std::vector<hf::event> events;
    std::optional<hf::client_service<reader>> service;
};
}

#endif

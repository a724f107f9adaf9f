// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_PROTOCOLS_CALLBACK_FIXTURE_HPP
#define HOLDFAST_TEST_UNIT_PROTOCOLS_CALLBACK_FIXTURE_HPP

#include <holdfast/client_service.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callbacks
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::error_code;
using hf::service_state;
using hf::testing::dial_step;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

/// Bytes that tell where they stand.
inline std::string pattern(std::size_t size)
{
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>('a' + (i + i / 26 + i / 4096) % 26);
    return text;
}

/// About each size of the buffer that reads go to, and much more.
inline constexpr std::size_t sizes[]{1, 31, 32, 33, 2047, 2048, 2049, 65535, 65536, 65537, 1 << 20};

/// What a `probe` tells its test and does for it; all probes of one test share one.
struct script
{
    hf::transport* transport = nullptr; // from made until lost has returned
    strings log;                        // the callbacks, without what is received
    std::string received;
    std::vector<std::size_t> chunks; // the sizes in which it came
    std::vector<error_code> losses;
    bool half_close = false;
    std::size_t limit = 65536;
    std::function<void(std::string_view callback, std::string_view bytes)> in; // within each one

    void called(const char* callback, std::string_view bytes = {})
    {
        if (bytes.empty())
            log.emplace_back(callback);
        if (in)
            in(callback, bytes);
    }
};

class probe final : public hf::callback_protocol
{
public:
    explicit probe(script& s) : script_(s) {}

    void made(hf::transport& t) override
    {
        script_.transport = &t;
        script_.called("made");
    }

    void received(std::string_view bytes) override
    {
        script_.received += bytes;
        script_.chunks.push_back(bytes.size());
        script_.called("received", bytes);
    }

    bool receive_ended() override
    {
        script_.called("receive_ended");
        return script_.half_close;
    }

    void write_paused() override { script_.called("write_paused"); }
    void write_resumed() override { script_.called("write_resumed"); }
    std::size_t write_limit() const noexcept override { return script_.limit; }

    void lost(error_code why) override
    {
        script_.losses.push_back(why);
        const auto forget =
            std::shared_ptr<void>(nullptr, [this](void*) { script_.transport = nullptr; });
        script_.called("lost");
    }

private:
    script& script_;
};

/// A service of probes on connections in memory. At the end of every test nothing may be left, and
/// every connection was lost once.
struct in_memory : ::testing::Test
{
    using options = hf::client_options<probe>;

    void make(options o = {})
    {
        o.clock = &clock;
        service.emplace(
            context, endpoint, [this] { return std::make_shared<probe>(script_); }, std::move(o));
    }

    void connect(options o = {})
    {
        make(std::move(o));
        service->start();
        settle();
        ASSERT_EQ(service->state(), service_state::connected);
    }

    hf::testing::memory_stream& peer() { return endpoint.last().peer(); }

    /// Lets happen what is ready; no time passes.
    void settle() { clock.advance(0s, context); }

    /// What the peer gets until nothing more comes.
    std::string drain()
    {
        std::string all;
        for (;;)
        {
            settle();
            const auto more = peer().take();
            if (more.empty())
                return all;
            all += more;
        }
    }

    error_code loss() const { return service->last_failure()->code; }

    int count(std::string_view callback) const
    {
        return static_cast<int>(std::count(script_.log.begin(), script_.log.end(), callback));
    }

    void TearDown() override
    {
        script_.in = nullptr;
        service.reset();
        settle();
        EXPECT_EQ(clock.armed(), 0U);
        EXPECT_EQ(endpoint.open_streams(), 0U);
        EXPECT_LE(endpoint.open_streams_max(), 1U); // CS-18
        EXPECT_EQ(count("made"), count("lost"));
    }

    hf::testing::manual_clock clock;
    asio::io_context context;
    hf::testing::scripted_endpoint endpoint;
    script script_;
    std::optional<hf::client_service<probe>> service;
};
}

#endif

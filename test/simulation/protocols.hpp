// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_PROTOCOLS_HPP
#define HOLDFAST_TEST_SIMULATION_PROTOCOLS_HPP

#include "simulation/world.hpp"

#include <holdfast/protocols/callback_protocol.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/testing/memory_stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>

#include <array>
#include <memory>
#include <string_view>
#include <utility>

// User code of the three kinds, as wild as the world's temper has it.

namespace simulation
{
/// A protocol object. It may ignore being closed, cling to its run when its stream has ended, end
/// by itself, or throw instead of running; but it ends at some time.
class object_protocol : public std::enable_shared_from_this<object_protocol>
{
public:
    object_protocol(subject& s, int number, hf::testing::memory_stream stream);
    object_protocol(const object_protocol&) = delete;
    object_protocol& operator=(const object_protocol&) = delete;
    ~object_protocol();

    template <class Token>
    auto async_run(Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [self = shared_from_this()](auto&& done)
            { self->run(any_handler(std::forward<decltype(done)>(done))); }, token);
    }

    void close() noexcept;

private:
    using any_handler = asio::any_completion_handler<void(error_code)>;

    void run(any_handler done);
    void read();
    void have_read(error_code ec);
    void write();
    void end_later(hf::duration d, error_code ec);
    void end(error_code ec);

    subject& subject_;
    counted counted_;
    int number_;
    hf::testing::memory_stream stream_;
    any_handler done_;
    std::array<char, 16> buffer_{};
    bool deaf_ = false;     // does nothing when closed
    bool clinging_ = false; // does not end with its stream
    bool writing_ = false;
};

/// A connection that is a coroutine; `self` is null where it is ready when it starts.
asio::awaitable<void> run_session(subject& s, hf::testing::memory_stream stream, hf::session* self,
                                  int number, counted alive);

/// A callback protocol.
class callbacks final : public hf::callback_protocol
{
public:
    callbacks(subject& s, int number);
    ~callbacks() override;

    void made(hf::transport& t) override;
    void received(std::string_view bytes) override;
    bool receive_ended() override;
    void write_paused() override;
    void write_resumed() override;
    std::size_t write_limit() const noexcept override { return 32; }
    void lost(error_code why) override;

private:
    void called(std::string_view what);
    void act();

    subject& subject_;
    counted counted_;
    int number_;
    hf::transport* transport_ = nullptr; // from made until lost
    bool was_lost_ = false;
    bool receive_ended_ = false;
};

/// A preparation that takes its time, hangs, throws, or does not end at once when cancelled.
asio::awaitable<void> run_preparation(subject& s, counted alive);

/// One that needs no waiting, and may throw.
void prepare_at_once(subject& s);

/// What every factory does first. It may throw.
int factory_called(subject& s);
}

#endif

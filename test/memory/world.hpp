// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_MEMORY_WORLD_HPP
#define HOLDFAST_TEST_MEMORY_WORLD_HPP

#include "memory/failing_heap.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/manual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <new>

namespace memory
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::error_code;
using hf::service_state;
using namespace std::chrono_literals;

/// Counts the objects of the test that live: derive from it.
class counted
{
public:
    counted() noexcept { ++live; }
    counted(const counted&) noexcept { ++live; }
    counted& operator=(const counted&) = default;
    ~counted() { --live; }

    static inline long live = 0;
};

/// One operation that was begun, and what its caller heard of it.
struct operation
{
    asio::cancellation_signal signal{};
    error_code code{};
    int times = 0;
    bool begun = false;
    bool thrown = false;

    /// Nothing more is to be heard.
    bool over() const noexcept { return thrown || times != 0; }

    /// A completion handler that writes here and takes no memory.
    auto handler()
    {
        return asio::bind_cancellation_slot(signal.slot(),
                                            [this](error_code ec, const auto&...)
                                            {
                                                code = ec;
                                                ++times;
                                            });
    }
};

/// A port of loopback that refuses, until it listens. Nobody accepts but `lose_all`.
class port
{
public:
    port();
    ~port();
    port(const port&) = delete;
    port& operator=(const port&) = delete;

    std::uint16_t number() const noexcept { return number_; }
    void listen() const noexcept;

    /// Closes all connections that were made.
    void lose_all() const noexcept;

private:
    int descriptor_ = -1;
    std::uint16_t number_ = 0;
};

/// Whether an exception may come out of the context.
enum class escapes
{
    never,
    from_asio, ///< Where Asio itself needs memory to call a handler: it drops that.
};

/// A clock, a context and a place for one life. At its end nothing may be left.
class world
{
public:
    explicit world(escapes e) : escapes_(e) {}
    ~world();
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    hf::testing::manual_clock clock;
    asio::io_context context;

    /// Calls what may throw for want of memory. False if it did.
    template <class F>
    static bool may_throw(F f)
    {
        try
        {
            f();
            return true;
        }
        catch (const std::bad_alloc&)
        {
            return false;
        }
    }

    /// Begins an operation: `f` is given its handler.
    template <class F>
    static void begin(operation& o, F f)
    {
        o.begun = true;
        o.thrown = !may_throw([&] { f(o.handler()); });
    }

    /// Lets time pass until `done`.
    void run_until(const std::function<bool()>& done, const std::function<bool()>& kernel_has_news);

    /// Lets happen what is ready.
    void settle();

    /// Whether an exception came out of the context, and with it a handler was dropped.
    bool dropped() const noexcept { return dropped_; }

private:
    bool poll(std::chrono::milliseconds longest);

    const escapes escapes_;
    bool dropped_ = false;
};

/// Has `live` be lived with the first allocation failing, the second, and so on until none does.
/// It is given the world to live in.
void fail_each(escapes e, const std::function<void(world&)>& live, whose w = whose::this_thread);
}

#endif

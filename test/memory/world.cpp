// SPDX-License-Identifier: BSL-1.0
#include "memory/world.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace memory
{
port::port() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
{
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t length = sizeof a;
    const int small = 4096; // what is written to it is soon more than it takes
    if (descriptor_ < 0 ||
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) != 0 ||
        ::bind(descriptor_, reinterpret_cast<sockaddr*>(&a), length) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&a), &length) != 0)
        std::abort();
    number_ = ntohs(a.sin_port);
}

port::~port()
{
    ::close(descriptor_);
}

void port::listen() const noexcept
{
    if (::listen(descriptor_, 64) != 0)
        std::abort();
}

void port::lose_all() const noexcept
{
    for (;;)
    {
        const int made = ::accept(descriptor_, nullptr, nullptr);
        if (made < 0)
            return;
        ::close(made);
    }
}

world::~world()
{
    const spared mine;
    settle();
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_EQ(counted::live, 0);
}

/// Runs one handler, and counts anew from the next: what Asio keeps to use again is not kept.
bool world::poll(std::chrono::milliseconds longest)
{
    if (context.stopped())
        context.restart();
    const auto one = [&]
    { return (longest == 0ms ? context.poll_one() : context.run_one_for(longest)) != 0; };
    if (escapes_ == escapes::never)
        return one();
    try
    {
        return one();
    }
    catch (const std::bad_alloc&)
    {
        dropped_ = true;
        return true;
    }
}

void world::settle()
{
    do
        while (poll(0ms))
            ;
    while (clock.next() <= clock.now() && (clock.advance(0s), true));
}

void world::run_until(const std::function<bool()>& done,
                      const std::function<bool()>& kernel_has_news)
{
    for (int steps = 0; steps < 300; ++steps) // of 200 ms at most
    {
        settle();
        if (done())
            return;
        if (kernel_has_news() && poll(200ms))
            continue;
        if (clock.armed() != 0)
            clock.advance(clock.next() - clock.now());
    }
    FAIL() << "it hangs";
}

void fail_each(escapes e, const std::function<void(world&)>& live, whose w)
{
    {
        world first(e); // for what stays in a process for good
        live(first);
    }
    long least = std::numeric_limits<long>::max();
    long n = 0;
    for (bool failed = true; failed; ++n)
    {
        SCOPED_TRACE("allocation " + std::to_string(n) + " fails");
        least = std::min(least, blocks()); // a thread of the life before may still be ending
        {
            world one(e);
            const failing_heap heap(n, w);
            live(one);
            failed = heap.failed();
        }
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (blocks() > least && std::chrono::steady_clock::now() < end)
            std::this_thread::yield(); // a thread that looked something up ends by itself
        EXPECT_LE(blocks(), least);
        least = std::min(least, blocks());
        if (testing::Test::HasFailure())
            return;
    }
    EXPECT_GT(n, 20) << "it did not live";
}
}

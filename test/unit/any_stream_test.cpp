// SPDX-License-Identifier: BSL-1.0
#include <holdfast/any_stream.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <memory_resource>
#include <optional>
#include <vector>

#include <unistd.h>

namespace
{
namespace asio = boost::asio;
using holdfast::error_code;
using local_socket = holdfast::linked_socket<asio::local::stream_protocol>;
using tcp_socket = holdfast::linked_socket<asio::ip::tcp>;

/// An erased stream and the socket at its other end.
struct any_stream : testing::Test
{
    any_stream()
    {
        local_socket near(io);
        asio::local::connect_pair(near, far);
        erased = holdfast::stream(std::move(near));
    }

    void run()
    {
        io.restart();
        io.run();
    }

    asio::io_context io;
    local_socket far{io};
    holdfast::stream erased;
};

/// A stream that has no more than it must, above one that has all.
struct layer
{
    using executor_type = asio::any_io_executor;
    executor_type get_executor() { return below.get_executor(); }
    template <class Buffers, class Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler)
    {
        return below.async_read_some(buffers, std::forward<Handler>(handler));
    }
    template <class Buffers, class Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler)
    {
        return below.async_write_some(buffers, std::forward<Handler>(handler));
    }
    local_socket& next_layer() { return below; }
    const local_socket& next_layer() const { return below; }

    local_socket below;
};

TEST_F(any_stream, carries_bytes_both_ways_in_however_many_buffers)
{
    std::string sent(2000, ' ');
    for (std::size_t i = 0; i < sent.size(); ++i)
        sent[i] = static_cast<char>(i % 251);
    std::vector<asio::const_buffer> pieces(1); // an empty one first
    for (std::size_t i = 0; i < sent.size(); i += 100)
        pieces.push_back(asio::buffer(sent.data() + i, 100));

    std::string received(sent.size(), ' ');
    std::optional<error_code> wrote;
    std::optional<error_code> read;
    asio::async_write(erased, pieces, [&](error_code ec, std::size_t) { wrote = ec; });
    asio::async_read(far, asio::buffer(received), [&](error_code ec, std::size_t) { read = ec; });
    run();
    EXPECT_EQ(wrote, error_code());
    EXPECT_EQ(read, error_code());
    EXPECT_EQ(received, sent);

    received.assign(sent.size(), ' ');
    std::vector<asio::mutable_buffer> places;
    for (std::size_t i = 0; i < sent.size(); i += 100)
        places.push_back(asio::buffer(received.data() + i, 100));
    asio::write(far, asio::buffer(sent));
    asio::async_read(erased, places, [&](error_code ec, std::size_t) { read = ec; });
    run();
    EXPECT_EQ(read, error_code());
    EXPECT_EQ(received, sent);
}

TEST_F(any_stream, a_transfer_of_nothing_completes_at_once_with_nothing)
{
    std::optional<std::size_t> moved;
    erased.async_read_some(asio::mutable_buffer(),
                           [&](error_code ec, std::size_t n)
                           {
                               EXPECT_FALSE(ec);
                               moved = n;
                           });
    EXPECT_EQ(moved, std::nullopt);
    run();
    EXPECT_EQ(moved, 0U);
}

TEST_F(any_stream, keeps_executor_allocator_and_cancellation_slot_of_the_handler)
{
    asio::io_context other;
    std::array<std::byte, 8192> bytes;
    std::pmr::monotonic_buffer_resource own(bytes.data(), bytes.size(),
                                            std::pmr::null_memory_resource());
    struct counting : std::pmr::memory_resource
    {
        explicit counting(std::pmr::memory_resource& u) : upstream(u) {}
        void* do_allocate(std::size_t size, std::size_t alignment) override
        {
            ++count;
            return upstream.allocate(size, alignment);
        }
        void do_deallocate(void* p, std::size_t size, std::size_t alignment) override
        {
            --count;
            upstream.deallocate(p, size, alignment);
        }
        bool do_is_equal(const memory_resource& o) const noexcept override { return this == &o; }
        std::pmr::memory_resource& upstream;
        int count = 0;
    } counted(own);

    asio::cancellation_signal signal;
    std::optional<error_code> ended;
    bool on_other = false;
    char byte = 0;
    erased.async_read_some(
        asio::buffer(&byte, 1),
        asio::bind_cancellation_slot(
            signal.slot(),
            asio::bind_executor(
                other, asio::bind_allocator(std::pmr::polymorphic_allocator<>(&counted),
                                            [&](error_code ec, std::size_t)
                                            {
                                                ended = ec;
                                                on_other =
                                                    other.get_executor().running_in_this_thread();
                                            }))));
    EXPECT_GT(counted.count, 0);
    signal.emit(asio::cancellation_type::terminal);
    run();
    EXPECT_EQ(ended, std::nullopt);
    other.run();
    EXPECT_EQ(ended, error_code(asio::error::operation_aborted));
    EXPECT_TRUE(on_other);
    EXPECT_EQ(counted.count, 0);
}

TEST_F(any_stream, a_pending_read_goes_on_when_the_stream_is_moved)
{
    char byte = 0;
    std::optional<error_code> read;
    erased.async_read_some(asio::buffer(&byte, 1), [&](error_code ec, std::size_t) { read = ec; });
    holdfast::stream moved(std::move(erased));
    asio::write(far, asio::buffer("x", 1));
    run();
    EXPECT_EQ(read, error_code());
    EXPECT_EQ(byte, 'x');
}

TEST_F(any_stream, is_destroyed_with_its_reads_ended)
{
    char byte = 0;
    std::optional<error_code> read;
    erased.async_read_some(asio::buffer(&byte, 1), [&](error_code ec, std::size_t) { read = ec; });
    erased = holdfast::stream();
    run();
    EXPECT_EQ(read, error_code(asio::error::operation_aborted));
}

TEST_F(any_stream, a_link_follows_the_socket_within)
{
    holdfast::stream_link link;
    erased.tie(link);
    ASSERT_TRUE(link.tied());
    std::optional<error_code> wrote;
    asio::async_write(erased, asio::buffer("abc", 3),
                      [&](error_code ec, std::size_t) { wrote = ec; });
    run();
    holdfast::stream moved(std::move(erased));
    EXPECT_GT(link.unacknowledged(), 0U); // a Unix socket counts what was not read

    char byte = 0;
    std::optional<error_code> read;
    moved.async_read_some(asio::buffer(&byte, 1), [&](error_code ec, std::size_t) { read = ec; });
    link.close();
    run();
    EXPECT_EQ(read, error_code(asio::error::operation_aborted));
    moved = holdfast::stream();
    EXPECT_FALSE(link.tied());
}

TEST_F(any_stream, ends_what_it_sends_and_reads_on)
{
    error_code ec;
    erased.shutdown_send(ec);
    EXPECT_FALSE(ec);
    char byte = 0;
    asio::read(far, asio::buffer(&byte, 1), ec);
    EXPECT_EQ(ec, asio::error::eof);
    asio::write(far, asio::buffer("x", 1));
    std::optional<error_code> read;
    erased.async_read_some(asio::buffer(&byte, 1), [&](error_code e, std::size_t) { read = e; });
    run();
    EXPECT_EQ(read, error_code());
}

TEST_F(any_stream, reaches_the_lowest_layer_to_close_and_tie_but_not_to_end_sending)
{
    local_socket near(io);
    local_socket other(io);
    asio::local::connect_pair(near, other);
    holdfast::stream layered(layer{std::move(near)});
    holdfast::stream_link link;
    layered.tie(link);
    EXPECT_TRUE(link.tied());
    error_code ec;
    layered.shutdown_send(ec);
    EXPECT_EQ(ec, asio::error::operation_not_supported);
    layered.close();
    char byte = 0;
    asio::read(other, asio::buffer(&byte, 1), ec);
    EXPECT_EQ(ec, asio::error::eof);
}

TEST_F(any_stream, an_empty_one_can_be_closed_and_tied)
{
    holdfast::stream empty;
    holdfast::stream_link link;
    empty.close();
    empty.tie(link);
    EXPECT_FALSE(link.tied());
    EXPECT_EQ(empty.peer(), "");
    EXPECT_EQ(empty.local(), "");
}

TEST_F(any_stream, tells_the_addresses_of_both_ends)
{
    for (const auto* address : {"127.0.0.1", "::1"})
    {
        asio::ip::tcp::acceptor acceptor(io, {asio::ip::make_address(address), 0});
        tcp_socket near(io);
        near.connect(acceptor.local_endpoint());
        const auto port = std::to_string(acceptor.local_endpoint().port());
        const auto here = std::to_string(near.local_endpoint().port());
        holdfast::stream tcp(std::move(near));
        EXPECT_EQ(tcp.local(), (address[0] == ':' ? "[::1]:" : "127.0.0.1:") + here);
        EXPECT_EQ(tcp.peer(), (address[0] == ':' ? "[::1]:" : "127.0.0.1:") + port);
        tcp.close();
        EXPECT_EQ(tcp.peer(), "");
        EXPECT_EQ(tcp.local(), "");
    }
    const auto path = testing::TempDir() + "any_stream." + std::to_string(::getpid());
    asio::local::stream_protocol::acceptor acceptor(io, path);
    local_socket near(io);
    near.connect(path);
    EXPECT_EQ(holdfast::stream(layer{std::move(near)}).peer(), path);
    std::remove(path.c_str());
}
}

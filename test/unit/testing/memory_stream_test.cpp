// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/memory_stream.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory_resource>
#include <optional>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using hf::testing::make_memory_streams;
using hf::testing::memory_stream;

const hf::error_code aborted = asio::error::operation_aborted;

struct end // of one operation
{
    hf::error_code code;
    std::size_t size = 0;
    bool operator==(const end&) const = default;
};

struct memory_stream_test : testing::Test
{
    asio::io_context context;
    std::pair<memory_stream, memory_stream> both =
        make_memory_streams(context.get_executor(), context.get_executor(), {.capacity = 8});
    memory_stream& near = both.first;
    memory_stream& far = both.second;
    std::array<char, 64> room{};
    asio::cancellation_signal cancel;
    std::optional<end> read_end, write_end;

    void read()
    {
        read_end.reset();
        near.async_read_some(
            asio::buffer(room),
            asio::bind_cancellation_slot(cancel.slot(), [this](hf::error_code ec, std::size_t size)
                                         { read_end = {ec, size}; }));
    }

    void write(std::string_view text)
    {
        write_end.reset();
        near.async_write_some(
            asio::buffer(text),
            asio::bind_cancellation_slot(cancel.slot(), [this](hf::error_code ec, std::size_t size)
                                         { write_end = {ec, size}; }));
    }

    void run()
    {
        context.restart();
        context.poll();
    }

    std::string_view got() const { return {room.data(), read_end ? read_end->size : 0}; }
};

TEST_F(memory_stream_test, a_read_waits_for_the_first_byte_and_completes_later)
{
    read();
    run();
    EXPECT_FALSE(read_end);
    EXPECT_TRUE(far.give("hello"));
    EXPECT_FALSE(read_end) << "completed inside the call";
    run();
    EXPECT_EQ(read_end, (end{{}, 5}));
    EXPECT_EQ(got(), "hello");
}

TEST_F(memory_stream_test, a_read_of_what_is_there_does_not_complete_inside_the_call)
{
    far.give("hello");
    read();
    EXPECT_FALSE(read_end);
    run();
    EXPECT_EQ(got(), "hello");
}

TEST_F(memory_stream_test, a_write_waits_while_there_is_no_room)
{
    write("0123456789");
    run();
    EXPECT_EQ(write_end, (end{{}, 8}));
    write("89");
    run();
    EXPECT_FALSE(write_end);
    EXPECT_EQ(near.unacknowledged(), 8U);
    EXPECT_EQ(far.take(), "0123456789") << "room lets the writer go on";
    run();
    EXPECT_EQ(write_end, (end{{}, 2}));
    EXPECT_EQ(near.unacknowledged(), 0U);
}

TEST_F(memory_stream_test, carries_much_through_little_room)
{
    const std::string sent(100'000, 'x');
    std::string received(sent.size(), '\0');
    std::size_t written = 0;
    asio::async_write(near, asio::buffer(sent),
                      [&](hf::error_code, std::size_t size) { written = size; });
    asio::async_read(far, asio::buffer(received), [](hf::error_code, std::size_t) {});
    context.run();
    EXPECT_EQ(written, sent.size());
    EXPECT_EQ(received, sent);
}

TEST_F(memory_stream_test, reads_and_writes_several_buffers_at_once)
{
    std::array<char, 2> a{};
    std::array<char, 3> b{};
    far.give("hello");
    std::size_t size = 0;
    near.async_read_some(std::array<asio::mutable_buffer, 2>{asio::buffer(a), asio::buffer(b)},
                         [&](hf::error_code, std::size_t n) { size = n; });
    run();
    EXPECT_EQ(size, 5U);
    EXPECT_EQ(std::string_view(b.data(), 3), "llo");
    near.async_write_some(std::array<asio::const_buffer, 2>{asio::buffer(b), asio::buffer(a)},
                          [&](hf::error_code, std::size_t n) { size = n; });
    EXPECT_EQ(far.take(), "llohe");
}

TEST_F(memory_stream_test, nothing_to_read_or_write_completes_at_once)
{
    near.async_read_some(asio::mutable_buffer(),
                         [this](hf::error_code ec, std::size_t size) { read_end = {ec, size}; });
    write("");
    run();
    EXPECT_EQ(read_end, end{});
    EXPECT_EQ(write_end, end{});
}

TEST_F(memory_stream_test, a_closed_peer_gives_what_it_wrote_and_then_eof)
{
    far.give("bye");
    far.close();
    EXPECT_FALSE(near.peer_open());
    read();
    run();
    EXPECT_EQ(got(), "bye");
    read();
    run();
    EXPECT_EQ(read_end, (end{asio::error::eof, 0}));
    write("x");
    run();
    EXPECT_EQ(write_end, (end{asio::error::broken_pipe, 0}));
    EXPECT_FALSE(near.give("x"));
}

TEST_F(memory_stream_test, a_peer_that_closes_ends_what_is_pending)
{
    write("01234567");
    run();
    read();
    write("8");
    far.close();
    run();
    EXPECT_EQ(read_end, (end{asio::error::eof, 0}));
    EXPECT_EQ(write_end, (end{asio::error::broken_pipe, 0}));
    EXPECT_EQ(near.unacknowledged(), 8U) << "they were never read";
}

TEST_F(memory_stream_test, a_reset_loses_what_was_not_read)
{
    far.give("lost");
    far.reset();
    EXPECT_TRUE(near.ended());
    read();
    write("x");
    run();
    EXPECT_EQ(read_end, (end{asio::error::connection_reset, 0}));
    EXPECT_EQ(write_end, (end{asio::error::connection_reset, 0}));
}

TEST_F(memory_stream_test, a_reset_ends_what_is_pending)
{
    write("01234567");
    run();
    read();
    write("8");
    far.reset();
    run();
    EXPECT_EQ(read_end, (end{asio::error::connection_reset, 0}));
    EXPECT_EQ(write_end, (end{asio::error::connection_reset, 0}));
}

TEST_F(memory_stream_test, half_closed_it_can_still_be_written)
{
    read();
    far.shutdown_send();
    run();
    EXPECT_EQ(read_end, (end{asio::error::eof, 0}));
    EXPECT_TRUE(near.ended());
    EXPECT_TRUE(near.peer_open());
    write("still");
    run();
    EXPECT_EQ(far.take(), "still");
    EXPECT_FALSE(far.give("x"));
}

TEST_F(memory_stream_test, ending_the_sending_breaks_its_own_writes_only)
{
    write("01234567");
    run();
    write("8");
    read();
    hf::error_code ec = aborted;
    near.shutdown(asio::socket_base::shutdown_send, ec);
    EXPECT_FALSE(ec);
    run();
    EXPECT_EQ(write_end, (end{asio::error::broken_pipe, 0}));
    EXPECT_FALSE(read_end);
    EXPECT_EQ(far.take(), "01234567");
    EXPECT_TRUE(far.ended());
    near.shutdown(asio::socket_base::shutdown_receive, ec);
    EXPECT_EQ(ec, asio::error::operation_not_supported);
    near.close(ec);
    near.shutdown(asio::socket_base::shutdown_send, ec);
    EXPECT_EQ(ec, asio::error::bad_descriptor);
}

TEST_F(memory_stream_test, closing_ends_its_own_operations)
{
    write("01234567");
    run();
    read();
    write("8");
    near.close();
    EXPECT_FALSE(read_end) << "completed inside the call";
    run();
    EXPECT_EQ(read_end, (end{aborted, 0}));
    EXPECT_EQ(write_end, (end{aborted, 0}));
    EXPECT_FALSE(near.is_open());
    read();
    write("x");
    run();
    EXPECT_EQ(read_end, (end{asio::error::bad_descriptor, 0}));
    EXPECT_EQ(write_end, (end{asio::error::bad_descriptor, 0}));
}

TEST_F(memory_stream_test, cancels_everything_and_goes_on)
{
    read();
    near.cancel();
    run();
    EXPECT_EQ(read_end, (end{aborted, 0}));
    read();
    far.give("x");
    run();
    EXPECT_EQ(got(), "x");
}

TEST_F(memory_stream_test, each_operation_can_be_cancelled_alone)
{
    for (auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                      asio::cancellation_type::total})
    {
        read();
        cancel.emit(type);
        EXPECT_FALSE(read_end) << "completed inside the call";
        run();
        EXPECT_EQ(read_end, (end{aborted, 0}));
    }
    write("01234567");
    run();
    write("8");
    cancel.emit(asio::cancellation_type::partial);
    run();
    EXPECT_EQ(write_end, (end{aborted, 0}));
    EXPECT_EQ(far.take(), "01234567");
    read();
    cancel.emit(asio::cancellation_type::none);
    far.give("x");
    run();
    EXPECT_EQ(got(), "x");
}

TEST_F(memory_stream_test, success_overtakes_a_cancellation)
{
    read();
    far.give("x");
    cancel.emit(asio::cancellation_type::terminal);
    run();
    EXPECT_EQ(read_end, (end{{}, 1}));
}

TEST_F(memory_stream_test, operations_follow_a_stream_that_is_moved)
{
    read();
    memory_stream moved(std::move(near));
    far.give("x");
    run();
    EXPECT_EQ(got(), "x");
    EXPECT_FALSE(near.is_open());
    near = std::move(moved);
    EXPECT_TRUE(near.is_open());
    near = memory_stream(context.get_executor());
    EXPECT_FALSE(far.peer_open()) << "assignment closes what was there";
}

TEST_F(memory_stream_test, a_link_follows_it)
{
    hf::stream_link link;
    near.give("abc");
    hf::tie(near, link);
    memory_stream moved(std::move(near));
    EXPECT_EQ(link.unacknowledged(), 3U);
    moved.set_unacknowledged(42);
    EXPECT_EQ(link.unacknowledged(), 42U);
    memory_stream assigned(context.get_executor());
    assigned = std::move(moved);
    link.close();
    EXPECT_FALSE(assigned.is_open());
    EXPECT_TRUE(link.tied());
    {
        const memory_stream last(std::move(assigned));
    }
    EXPECT_FALSE(link.tied());
    link.close();
}

TEST_F(memory_stream_test, a_link_may_go_first)
{
    {
        hf::stream_link link;
        hf::tie(near, link);
    }
    const memory_stream moved(std::move(near));
    EXPECT_TRUE(moved.is_open());
}

TEST_F(memory_stream_test, tells_once_when_its_first_end_is_closed)
{
    int closed = 0;
    {
        auto [first, second] = make_memory_streams(context.get_executor(), context.get_executor(),
                                                   {.closed = [&] { ++closed; }});
        second.close();
        EXPECT_EQ(closed, 0);
        first.close();
        EXPECT_EQ(closed, 1);
    }
    EXPECT_EQ(closed, 1);
}

TEST_F(memory_stream_test, completes_on_the_executor_of_the_handler)
{
    asio::io_context mine;
    bool done = false;
    near.async_read_some(asio::buffer(room),
                         asio::bind_executor(mine.get_executor(),
                                             [&](hf::error_code, std::size_t) { done = true; }));
    far.give("x");
    run();
    EXPECT_FALSE(done);
    mine.run();
    EXPECT_TRUE(done);
}

TEST_F(memory_stream_test, uses_the_allocator_of_the_handler)
{
    struct counting : std::pmr::memory_resource
    {
        int taken = 0, given_back = 0;
        void* do_allocate(std::size_t size, std::size_t align) override
        {
            ++taken;
            return std::pmr::new_delete_resource()->allocate(size, align);
        }
        void do_deallocate(void* p, std::size_t size, std::size_t align) override
        {
            ++given_back;
            std::pmr::new_delete_resource()->deallocate(p, size, align);
        }
        bool do_is_equal(const memory_resource& other) const noexcept override
        {
            return this == &other;
        }
    } memory;
    near.async_read_some(asio::buffer(room),
                         asio::bind_allocator(std::pmr::polymorphic_allocator<char>(&memory),
                                              [&](hf::error_code, std::size_t)
                                              { EXPECT_EQ(memory.given_back, memory.taken); }));
    far.give("x");
    run();
    EXPECT_GT(memory.taken, 0);
}

TEST_F(memory_stream_test, keeps_the_context_busy_while_an_operation_waits)
{
    read();
    context.poll();
    EXPECT_FALSE(context.stopped());
    far.close();
    EXPECT_EQ(context.run(), 1U);
}

TEST(memory_stream_lifetime, a_context_that_goes_away_takes_the_operations_along)
{
    struct owner
    {
        std::optional<memory_stream> stream, peer;
        std::array<char, 8> room{};
    };
    std::weak_ptr<owner> gone;
    {
        asio::io_context context;
        auto self = std::make_shared<owner>();
        auto [near, far] =
            make_memory_streams(context.get_executor(), context.get_executor(), {.capacity = 1});
        self->stream.emplace(std::move(near));
        self->peer.emplace(std::move(far));
        gone = self;
        for (auto* s : {&*self->stream, &*self->peer})
        {
            s->async_read_some(asio::buffer(self->room),
                               [self](hf::error_code, std::size_t) { ADD_FAILURE(); });
            s->give("full");
        }
        for (auto* s : {&*self->stream, &*self->peer})
            s->async_write_some(asio::buffer("x"),
                                [self](hf::error_code, std::size_t) { ADD_FAILURE(); });
        self->stream->async_read_some(asio::buffer(self->room),
                                      [self](hf::error_code, std::size_t) { ADD_FAILURE(); });
    }
    EXPECT_TRUE(gone.expired());
}

TEST(memory_stream_lifetime, a_stream_outlives_its_context)
{
    std::optional<memory_stream> near, far;
    std::array<char, 8> room{};
    {
        asio::io_context context;
        auto both = make_memory_streams(context.get_executor(), context.get_executor());
        near.emplace(std::move(both.first));
        far.emplace(std::move(both.second));
        near->async_read_some(asio::buffer(room),
                              [](hf::error_code, std::size_t) { ADD_FAILURE(); });
    }
    EXPECT_TRUE(far->give("x"));
    EXPECT_EQ(near->take(), "x");
    far.reset();
    near.reset();
}

TEST(memory_stream_lifetime, the_context_of_the_other_end_may_go_first)
{
    asio::io_context context;
    std::array<char, 8> room{};
    std::optional<memory_stream> near;
    hf::error_code result;
    {
        asio::io_context theirs;
        auto both = make_memory_streams(context.get_executor(), theirs.get_executor());
        near.emplace(std::move(both.first));
        near->async_read_some(asio::buffer(room),
                              [&](hf::error_code ec, std::size_t) { result = ec; });
        auto peer = std::make_shared<memory_stream>(std::move(both.second));
        peer->async_read_some(asio::buffer(room),
                              [peer](hf::error_code, std::size_t) { ADD_FAILURE(); });
    }
    context.run();
    EXPECT_EQ(result, asio::error::eof);
}
}

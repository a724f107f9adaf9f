// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/descriptors.hpp>

#include "dial_fixture.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/unix.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;
using local = asio::local::stream_protocol;
namespace e = boost::system::errc;

struct pipe_ends
{
    owned_descriptor out;
    owned_descriptor in;
};

pipe_ends make_pipe()
{
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    return {owned_descriptor(ends[0]), owned_descriptor(ends[1])};
}

class descriptors_test : public dial_fixture
{
protected:
    struct received
    {
        int completions = 0;
        error_code code;
        std::string bytes;
        std::vector<owned_descriptor> descriptors;
        asio::cancellation_signal cancel;
    };

    descriptors_test() : near_(io_), far_(io_) { asio::local::connect_pair(near_, far_); }

    ~descriptors_test() override
    {
        near_.close();
        far_.close();
    }

    std::shared_ptr<received> receive(std::size_t size = 64)
    {
        auto r = std::make_shared<received>();
        auto buffer = std::make_shared<std::string>(size, 0);
        async_receive_with_descriptors(
            near_, asio::buffer(*buffer), r->descriptors,
            asio::bind_cancellation_slot(r->cancel.slot(),
                                         [=](error_code ec, std::size_t n)
                                         {
                                             ++r->completions;
                                             r->code = ec;
                                             r->bytes = buffer->substr(0, n);
                                         }));
        EXPECT_EQ(r->completions, 0) << "completed inside the initiating call";
        return r;
    }

    /// Sends from the other side; how that went.
    error_code send(const std::string& bytes, const std::vector<int>& descriptors)
    {
        std::optional<error_code> result;
        async_send_with_descriptors(far_, asio::buffer(bytes), descriptors,
                                    [&](error_code ec, std::size_t n)
                                    {
                                        EXPECT_EQ(n, ec ? 0 : bytes.size());
                                        result = ec;
                                    });
        EXPECT_FALSE(result) << "completed inside the initiating call";
        settle();
        EXPECT_TRUE(result.has_value());
        return result.value_or(asio::error::timed_out);
    }

    local::socket near_, far_;
};

TEST_F(descriptors_test, CS_83_a_descriptor_comes_with_its_bytes_and_goes_with_its_owner)
{
    auto pipe = make_pipe();
    const auto r = receive();
    EXPECT_EQ(send("take this", {pipe.in.get()}), error_code());
    settle();
    EXPECT_EQ(r->code, error_code());
    EXPECT_EQ(r->bytes, "take this");
    ASSERT_EQ(r->descriptors.size(), 1U);
    EXPECT_NE(r->descriptors[0].get(), pipe.in.get());
    EXPECT_EQ(::fcntl(r->descriptors[0].get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);

    pipe.in.reset(); // the copy is another one
    EXPECT_EQ(::write(r->descriptors[0].get(), "x", 1), 1);
    r->descriptors.clear();
    std::array<char, 2> bytes{};
    EXPECT_EQ(::read(pipe.out.get(), bytes.data(), 2), 1);
    EXPECT_EQ(::read(pipe.out.get(), bytes.data(), 2), 0); // nobody can write to it any more
}

TEST_F(descriptors_test, CS_83_as_many_come_as_the_system_allows)
{
    const auto pipe = make_pipe();
    const auto r = receive();
    EXPECT_EQ(send("x", std::vector<int>(descriptors_max, pipe.out.get())), error_code());
    settle();
    EXPECT_EQ(r->code, error_code());
    EXPECT_EQ(r->descriptors.size(), descriptors_max);
}

TEST_F(descriptors_test, CS_83_more_than_that_or_none_with_no_byte_cannot_be_sent)
{
    const auto pipe = make_pipe();
    EXPECT_EQ(send("x", std::vector<int>(descriptors_max + 1, pipe.out.get())),
              e::invalid_argument);
    EXPECT_EQ(send("", {pipe.out.get()}), e::invalid_argument);
    EXPECT_EQ(send("x", {-1}), e::bad_file_descriptor);
}

TEST_F(descriptors_test, CS_83_where_there_is_no_room_for_all_none_is_kept)
{
    const auto pipe = make_pipe();
    EXPECT_EQ(send("x", std::vector<int>(10, pipe.out.get())), error_code());
    const auto r = receive();
    const auto open = open_descriptors();
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    auto few = before;
    few.rlim_cur = open + 4;
    ::setrlimit(RLIMIT_NOFILE, &few);
    settle();
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(r->code, e::too_many_files_open);
    EXPECT_EQ(r->code, condition::local_resource);
    EXPECT_EQ(r->bytes, "x");
    EXPECT_TRUE(r->descriptors.empty());
    EXPECT_EQ(open_descriptors(), open);
}

TEST_F(descriptors_test, CS_83_bytes_without_any_leave_none)
{
    const auto pipe = make_pipe();
    const auto r = receive();
    r->descriptors.emplace_back(::dup(pipe.out.get())); // left from before
    EXPECT_EQ(send("plain", {}), error_code());
    settle();
    EXPECT_EQ(r->bytes, "plain");
    EXPECT_TRUE(r->descriptors.empty());
}

TEST_F(descriptors_test, CS_83_those_of_one_message_do_not_come_with_the_bytes_of_another)
{
    const auto pipe = make_pipe();
    send("one", {pipe.out.get()});
    send("two", {pipe.out.get(), pipe.in.get()});
    send("three", {});
    std::vector<std::pair<std::string, std::size_t>> came;
    for (int i = 0; i < 3; ++i)
    {
        const auto r = receive();
        settle();
        came.emplace_back(r->bytes, r->descriptors.size());
    }
    // What came alone may come with what came before.
    ASSERT_EQ(came[0], std::pair(std::string("one"), std::size_t(1)));
    EXPECT_EQ(came[1].second, 2U);
    EXPECT_EQ(came[1].first.substr(0, 3), "two");
}

TEST_F(descriptors_test, CS_83_a_read_that_does_not_ask_closes_those_that_come)
{
    const auto pipe = make_pipe();
    const auto open = open_descriptors();
    send("x", {pipe.out.get()});
    char byte = 0;
    near_.async_read_some(asio::buffer(&byte, 1), [](error_code, std::size_t) {});
    settle();
    EXPECT_EQ(byte, 'x');
    EXPECT_EQ(open_descriptors(), open);
}

TEST_F(descriptors_test, CS_83_the_end_and_a_reset_are_those_of_any_read)
{
    const auto ends = receive();
    far_.close();
    settle();
    EXPECT_EQ(ends->code, asio::error::eof);
    EXPECT_EQ(ends->completions, 1);
    std::optional<error_code> sent;
    const std::array<int, 0> none{};
    async_send_with_descriptors(near_, asio::buffer("x", 1), none,
                                [&](error_code ec, std::size_t) { sent = ec; });
    settle();
    EXPECT_EQ(sent, error_code(asio::error::broken_pipe)); // and no SIGPIPE
}

TEST_F(descriptors_test, CS_7F_a_receive_that_is_cancelled_ends_and_loses_nothing)
{
    const auto r = receive();
    settle();
    r->cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(r->code, asio::error::operation_aborted);

    const auto pipe = make_pipe();
    send("x", {pipe.out.get()});
    const auto again = receive();
    settle();
    EXPECT_EQ(again->descriptors.size(), 1U);

    const auto closed = receive();
    near_.close();
    settle();
    EXPECT_EQ(closed->code, asio::error::operation_aborted);
}

TEST_F(descriptors_test, CS_7F_a_send_that_waits_for_room_can_be_cancelled)
{
    error_code ec;
    far_.non_blocking(true);
    const std::string much(100'000, 'x');
    while (!ec)
        far_.write_some(asio::buffer(much), ec);
    asio::cancellation_signal cancel;
    std::optional<error_code> sent;
    const std::array<int, 0> none{};
    async_send_with_descriptors(far_, asio::buffer(much), none,
                                asio::bind_cancellation_slot(cancel.slot(),
                                                             [&](error_code end, std::size_t)
                                                             { sent = end; }));
    settle();
    EXPECT_FALSE(sent);
    cancel.emit(asio::cancellation_type::all);
    settle();
    EXPECT_EQ(sent, error_code(asio::error::operation_aborted));
}

TEST_F(descriptors_test, a_context_that_is_destroyed_takes_a_receive_along)
{
    const auto pipe = make_pipe();
    bool completed = false;
    std::vector<owned_descriptor> descriptors;
    {
        asio::io_context gone;
        local::socket one(gone);
        local::socket other(gone);
        asio::local::connect_pair(one, other);
        char byte = 0;
        async_receive_with_descriptors(one, asio::buffer(&byte, 1), descriptors,
                                       [&](error_code, std::size_t) { completed = true; });
        const std::array<int, 1> sent{pipe.out.get()};
        async_send_with_descriptors(other, asio::buffer("x", 1), sent,
                                    [](error_code, std::size_t) {});
        gone.run_one(); // it is sent, and perhaps not received
    }
    EXPECT_FALSE(completed);
}

TEST_F(descriptors_test, CS_83_a_session_of_a_service_receives_them)
{
    const auto path = ::testing::TempDir() + "holdfast." + std::to_string(::getpid());
    local::acceptor server(io_, local::endpoint(path));
    const auto pipe = make_pipe();
    std::size_t came = 0;
    {
        client_service<session> service(
            io_, unix_socket(path),
            [&](unix_socket::stream_type stream) -> asio::awaitable<void>
            {
                std::vector<owned_descriptor> descriptors;
                char byte = 0;
                co_await async_receive_with_descriptors(stream, asio::buffer(&byte, 1), descriptors,
                                                        asio::use_awaitable);
                came = descriptors.size();
            },
            {.clock = &clock_, .resolver = &resolver_});
        service.start();
        local::socket peer(io_);
        server.accept(peer);
        const std::array<int, 2> sent{pipe.in.get(), pipe.out.get()};
        async_send_with_descriptors(peer, asio::buffer("x", 1), sent,
                                    [](error_code, std::size_t) {});
        settle();
    }
    settle();
    EXPECT_EQ(came, 2U);
    std::filesystem::remove(path);
}
}
}

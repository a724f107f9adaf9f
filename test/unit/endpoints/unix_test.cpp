// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/unix.hpp>

#include "dial_fixture.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast
{
static_assert(endpoint<unix_socket>);

namespace
{
using namespace std::chrono_literals;
using local = asio::local::stream_protocol;
namespace e = boost::system::errc;

class unix_dial_test : public dial_fixture
{
protected:
    unix_dial_test()
    {
        std::string pattern = ::testing::TempDir() + "holdfast.XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        path_ = folder_ + "/socket";
    }

    ~unix_dial_test() override { std::filesystem::remove_all(folder_); }

    local::acceptor listen() { return local::acceptor(io_, local::endpoint(path_)); }

    /// A listener whose queue is full: it holds one.
    std::pair<local::acceptor, local::socket> listen_busily()
    {
        local::acceptor a(io_);
        a.open();
        a.bind(local::endpoint(path_));
        a.listen(0);
        local::socket first(io_);
        first.connect(a.local_endpoint());
        return {std::move(a), std::move(first)};
    }

    void lock_for(::pid_t process) const
    {
        std::filesystem::create_symlink(std::to_string(process), path_ + ".lock");
    }

    std::string folder_, path_;
};

TEST_F(unix_dial_test, connects_to_a_path)
{
    auto server = listen();
    const auto result = dial(unix_socket(path_));
    finish(result);
    EXPECT_EQ(result->code, error_code());
    EXPECT_EQ(result->stream->remote_endpoint().path(), path_);
    EXPECT_EQ(::fcntl(result->stream->native_handle(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    EXPECT_EQ(report_.phase, phase::connect);
}

TEST_F(unix_dial_test, the_stream_it_gives_carries_bytes_both_ways)
{
    auto server = listen();
    const auto result = dial(unix_socket(path_));
    finish(result);
    local::socket peer(io_);
    server.accept(peer);
    peer.send(asio::buffer("ping", 4));
    char bytes[4];
    bool received = false;
    result->stream->async_receive(asio::buffer(bytes),
                                  [&](error_code ec, std::size_t n) { received = !ec && n == 4; });
    io_.restart();
    io_.run();
    EXPECT_TRUE(received);
}

TEST_F(unix_dial_test, gives_the_error_of_the_system)
{
    const auto missing = dial(unix_socket(path_));
    finish(missing);
    EXPECT_EQ(missing->code, e::no_such_file_or_directory);

    listen(); // and gone; the file is left behind
    const auto deserted = dial(unix_socket(path_));
    finish(deserted);
    EXPECT_EQ(deserted->code, e::connection_refused);
}

TEST_F(unix_dial_test, connects_to_an_abstract_socket)
{
    const std::string name = "holdfast-test-" + std::to_string(::getpid());
    const local::acceptor server(io_, local::endpoint('\0' + name));
    const auto result = dial(unix_socket('@' + name));
    finish(result);
    EXPECT_EQ(result->code, error_code());
}

TEST_F(unix_dial_test, CS_72_the_lock_file_of_a_live_listener_lets_the_dial_go_on)
{
    auto server = listen();
    lock_for(::getpid());
    const auto result = dial(unix_socket(path_, {.lockfile = true}));
    finish(result);
    EXPECT_EQ(result->code, error_code());
}

TEST_F(unix_dial_test, CS_72_without_a_lock_file_nobody_listens)
{
    auto server = listen();
    const auto result = dial(unix_socket(path_, {.lockfile = true}));
    finish(result);
    EXPECT_EQ(result->code, errc::no_listener);
}

TEST_F(unix_dial_test, CS_72_with_the_lock_file_of_a_process_that_is_gone_nobody_listens)
{
    auto server = listen();
    const ::pid_t child = ::fork();
    if (child == 0)
        ::_exit(0);
    ::waitpid(child, nullptr, 0);
    lock_for(child);
    const auto result = dial(unix_socket(path_, {.lockfile = true}));
    finish(result);
    EXPECT_EQ(result->code, errc::no_listener);
}

TEST_F(unix_dial_test, CS_72_a_lock_file_that_names_no_process_is_none)
{
    auto server = listen();
    std::filesystem::create_symlink("12x", path_ + ".lock");
    const auto result = dial(unix_socket(path_, {.lockfile = true}));
    finish(result);
    EXPECT_EQ(result->code, errc::no_listener);
}

TEST_F(unix_dial_test, a_listener_that_is_behind_is_waited_for)
{
    auto [server, first] = listen_busily();
    const auto result = dial(unix_socket(path_));
    clock_.advance(1s);
    settle();
    EXPECT_EQ(result->completions, 0);
    server.accept(); // there is room now
    clock_.advance(20ms);
    finish(result);
    EXPECT_EQ(result->code, error_code());
    EXPECT_EQ(result->stream->remote_endpoint().path(), path_);
}

TEST_F(unix_dial_test, a_listener_that_stays_behind_is_waited_for_until_the_time_out)
{
    auto [server, first] = listen_busily();
    const auto result = dial(unix_socket(path_, {.timeout = 50ms}));
    for (int i = 0; i < 3; ++i)
    {
        EXPECT_EQ(result->completions, 0);
        clock_.advance(20ms);
        settle();
    }
    finish(result);
    EXPECT_EQ(result->code, errc::connect_timed_out);
    EXPECT_EQ(open_sockets(), 2U);
}

TEST_F(unix_dial_test, CS_7F_cancelling_the_wait_for_a_listener_ends_it_and_closes_the_socket)
{
    auto [server, first] = listen_busily();
    const auto result = dial(unix_socket(path_));
    settle();
    result->cancel.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(open_sockets(), 2U);
    finish(result);
    EXPECT_EQ(result->code, asio::error::operation_aborted);
}

TEST_F(unix_dial_test, a_context_that_is_destroyed_takes_the_wait_for_a_listener_along)
{
    auto [server, first] = listen_busily();
    bool completed = false;
    {
        asio::io_context gone;
        auto with = context();
        with.executor = gone.get_executor();
        unix_socket(path_).async_connect(with, [&](error_code, unix_socket::stream_type)
                                         { completed = true; });
        EXPECT_EQ(clock_.armed(), 1U);
    }
    EXPECT_EQ(clock_.armed(), 0U);
    clock_.advance(1s);
    EXPECT_FALSE(completed);
    EXPECT_EQ(open_sockets(), 2U);
}

TEST(unix_socket, a_bad_configuration_is_refused_naming_the_field)
{
    EXPECT_THROW(unix_socket(""), std::invalid_argument);
    EXPECT_THROW(unix_socket(std::string("a\0b", 3)), std::invalid_argument);
    EXPECT_THROW(unix_socket("path", {.timeout = 0s}), std::invalid_argument);
    EXPECT_THROW(unix_socket("@name", {.lockfile = true}), std::invalid_argument);
    EXPECT_NO_THROW(unix_socket(std::string(107, 'a')));
    try
    {
        unix_socket(std::string(108, 'a'));
        ADD_FAILURE();
    }
    catch (const std::invalid_argument& ex)
    {
        EXPECT_STREQ(ex.what(), "unix: the path has 108 bytes, and at most 107 are possible");
    }
}

TEST(unix_socket, CS_72_its_description_has_the_options_that_are_not_the_default)
{
    EXPECT_EQ(to_string(unix_socket("/run/a:b")), R"(unix:/run/a\:b)");
    EXPECT_EQ(to_string(unix_socket("s", {.timeout = 5s, .lockfile = true})),
              "unix:s:timeout=5s:lockfile=1");
    EXPECT_EQ(to_string(unix_socket(std::string("\0x", 2))), "unix:@x");
}
}
}

// SPDX-License-Identifier: BSL-1.0
// `holdfast connect` against real servers, which are killed and stopped under it.
#include "support/missing.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <vector>

namespace
{
using support::owned_descriptor;
using support::process;
using support::server_process;

bool installed(const std::string& program)
{
    return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

#define SKIP_WITHOUT(program) SKIP_UNLESS(installed(program), program " is not installed")

/// A named pipe that stays open for writing.
class fifo
{
public:
    fifo()
        : path_(std::filesystem::temp_directory_path() /
                ("holdfast-" + std::to_string(::getpid()) + "-fifo"))
    {
        std::filesystem::remove(path_);
        if (::mkfifo(path_.c_str(), 0600) != 0)
            throw std::runtime_error("mkfifo");
        writes_ = owned_descriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
        reads_ = owned_descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        std::filesystem::remove(path_);
    }

    void write(const std::string& text) const
    {
        EXPECT_EQ(::write(writes_.get(), text.data(), text.size()),
                  static_cast<ssize_t>(text.size()));
    }

    int reading_end() const { return reads_.get(); }

    int unread() const
    {
        int n = 0;
        ::ioctl(reads_.get(), FIONREAD, &n);
        return n;
    }

private:
    std::filesystem::path path_;
    owned_descriptor writes_;
    owned_descriptor reads_;
};

std::vector<std::string> connect(const server_process& server, std::vector<std::string> more = {})
{
    more.insert(more.begin(),
                {HOLDFAST_PROGRAM, "connect", server.description(), "--retry", "fixed=30ms"});
    return more;
}

TEST(connect_to_redis, has_a_ping_answered)
{
    SKIP_WITHOUT("redis-server");
    const auto redis = server_process::redis();
    process p(connect(redis));
    p.write("PING\r\n");
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_EQ(p.output(), "+PONG\r\n");
}

TEST(connect_to_redis, has_a_ping_answered_again_after_the_server_was_killed_and_restarted)
{
    SKIP_WITHOUT("redis-server");
    auto redis = server_process::redis();
    const fifo input;
    process p(connect(redis), {.in = input.reading_end()});
    input.write("PING\r\n");
    ASSERT_TRUE(p.wait_for_output("+PONG")) << p.errors();

    redis.kill();
    ASSERT_TRUE(p.wait_for_errors("Connection refused", 2)) << p.errors();
    input.write("PING\r\n");
    ASSERT_TRUE(p.wait_for_errors("Connection refused", 4)) << p.errors();
    EXPECT_EQ(input.unread(), 6); // nothing is read while there is no connection
    EXPECT_EQ(p.output(), "+PONG\r\n");

    redis.restart();
    ASSERT_TRUE(p.wait_for_output("+PONG", 2)) << p.errors();
    EXPECT_EQ(p.output(), "+PONG\r\n+PONG\r\n");
    EXPECT_NE(p.errors().find("connection lost after"), std::string::npos) << p.errors();
}

TEST(connect_to_redis, has_a_ping_answered_that_met_a_server_which_stood_still)
{
    SKIP_WITHOUT("redis-server");
    auto redis = server_process::redis();
    const fifo input;
    process p(connect(redis), {.in = input.reading_end()});
    input.write("PING\r\n");
    ASSERT_TRUE(p.wait_for_output("+PONG")) << p.errors();
    redis.stop();
    input.write("PING\r\n");
    redis.resume();
    EXPECT_TRUE(p.wait_for_output("+PONG", 2)) << p.errors();
}

TEST(connect_to_redis, leaves_a_server_that_stands_still_and_comes_back_to_it)
{
    SKIP_WITHOUT("redis-server");
    auto redis = server_process::redis();
    const fifo input;
    // The preparation needs an answer, so that it is not connected to one that stands still.
    process p(connect(redis, {"--idle-timeout", "1s", "--attempt-timeout", "1s", "--send",
                              "PING\\r\\n", "--expect", "\\+PONG\\r\\n"}),
              {.in = input.reading_end()});
    ASSERT_TRUE(p.wait_for_errors("connected")) << p.errors();
    redis.stop();
    ASSERT_TRUE(p.wait_for_errors("failed in prepare")) << p.errors();
    redis.resume();
    ASSERT_TRUE(p.wait_for_errors("connected", 2)) << p.errors();
    input.write("ECHO back\r\n");
    EXPECT_TRUE(p.wait_for_output("back")) << p.errors();
}

TEST(connect_to_mosquitto, shakes_hands_on_each_connection_and_has_its_pings_answered)
{
    SKIP_WITHOUT("mosquitto");
    auto mosquitto = server_process::mosquitto();
    const fifo input;
    process p(connect(mosquitto, {"--send", R"(\x10\x0e\0\x04MQTT\x04\x02\0\x3c\0\x02hf)",
                                  "--expect", R"(\x20\x02\x00\x00)"}),
              {.in = input.reading_end()});
    const std::string ping("\xc0\0", 2);
    const std::string answer("\xd0\0", 2);
    ASSERT_TRUE(p.wait_for_errors("connected")) << p.errors();
    input.write(ping);
    ASSERT_TRUE(p.wait_for_output(answer)) << p.errors();

    mosquitto.restart();
    ASSERT_TRUE(p.wait_for_errors("connected", 2)) << p.errors();
    input.write(ping);
    EXPECT_TRUE(p.wait_for_output(answer, 2)) << p.errors();

    mosquitto.stop();
    input.write(ping);
    mosquitto.resume();
    EXPECT_TRUE(p.wait_for_output(answer, 3)) << p.errors();
    EXPECT_EQ(p.output(), answer + answer + answer);
}
}

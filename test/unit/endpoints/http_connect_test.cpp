// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/http_connect.hpp>

#include "endpoints/http_connect_dialogue.hpp"
#include "support/proxy_conversation.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace holdfast
{
namespace
{
using detail::http_connect_dialogue;
using support::conversation;
using support::converse;

const http_connect_dialogue::question as_nobody{.target = "example.com:443"};
const http_connect_dialogue::question as_user{
    .target = "example.com:443", .user = "me", .password = "secret"};

const std::string yes = "HTTP/1.1 200 Connection established\r\n\r\n";

conversation asked(http_connect_dialogue::question q, std::string_view answer,
                   std::size_t piece = 65536)
{
    http_connect_dialogue dialogue(std::move(q));
    return converse(dialogue, answer, piece);
}

error_code error_of_status(const std::string& status, http_connect_dialogue::question q = as_nobody)
{
    return asked(std::move(q), "HTTP/1.1 " + status + "\r\nContent-Length: 1\r\n\r\nx").code;
}

std::string remark_on(std::string_view answer)
{
    http_connect_dialogue dialogue(as_nobody);
    converse(dialogue, answer);
    return dialogue.remark();
}

std::string refusal(const std::string& host, proxy_options o = {})
{
    try
    {
        return "made " + to_string(http_connect(host, 1, tcp("p", 3128), std::move(o)));
    }
    catch (const std::invalid_argument& e)
    {
        return e.what();
    }
}

TEST(http_connect, asks_for_the_target_by_its_name)
{
    const auto c = asked(as_nobody, yes + "hello");
    EXPECT_EQ(c.said, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
    EXPECT_TRUE(c.done);
    EXPECT_EQ(c.left, "hello"); // it belongs to the target
}

TEST(http_connect, tells_a_user_and_a_password)
{
    const auto said = [](std::string user, std::string password)
    {
        return asked({.target = "h:1", .user = std::move(user), .password = std::move(password)},
                     yes)
            .said;
    };
    const std::string before = "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\nProxy-Authorization: Basic ";
    // As RFC 7617 has it, and with each kind of end.
    EXPECT_EQ(said("Aladdin", "open sesame"), before + "QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
    EXPECT_EQ(said("me", "secret"), before + "bWU6c2VjcmV0\r\n\r\n");
    EXPECT_EQ(said("me", "secre"), before + "bWU6c2VjcmU=\r\n\r\n");
    EXPECT_EQ(said("me", ""), before + "bWU6\r\n\r\n");
    EXPECT_EQ(said("\xff\xfe", "\xfb"), before + "//46+w==\r\n\r\n");
}

TEST(http_connect, reads_an_answer_in_any_pieces_and_never_past_its_end)
{
    const std::string odd = "HTTP/1.0 200 \r\nA: b\r\n\r\n";
    const std::string folded = "HTTP/1.1 200 OK\r\nVia: 1.1 a\r\n\tb\r\nX: \r\r\r\nY:\r\n\r\n";
    const std::string shortest = "HTTP/1.1 200 \r\n\r\n";
    for (const auto& answer : {yes, odd, folded, shortest})
        for (std::size_t piece = 1; piece < 20; ++piece)
        {
            const auto c = asked(as_nobody, answer + "\r\n\r\nHTTP", piece);
            if (answer == folded) // whether it is taken or not, it is in the same way
                ASSERT_EQ(c.code, asked(as_nobody, answer + "\r\n\r\nHTTP").code) << piece;
            else
                ASSERT_TRUE(c.done) << answer << piece << c.code.message();
            ASSERT_EQ(c.left, "\r\n\r\nHTTP") << piece;
        }
}

TEST(http_connect, any_success_is_one_and_says_nothing_of_a_body)
{
    EXPECT_TRUE(asked(as_nobody, "HTTP/1.1 204 No Content\r\n\r\n").done);
    EXPECT_TRUE(asked(as_nobody, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").done);
    EXPECT_TRUE(asked(as_nobody, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").done);
}

TEST(http_connect, waits_for_the_answer_that_is_final)
{
    const auto c = asked(as_nobody, "HTTP/1.1 100 Continue\r\n\r\n"
                                    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                                        yes + "hello");
    EXPECT_TRUE(c.done);
    EXPECT_EQ(c.left, "hello");
    EXPECT_EQ(asked(as_nobody, "HTTP/1.1 101 Switching Protocols\r\n\r\n").code,
              proxy_errc::refused);
}

TEST(http_connect, each_kind_of_refusal_is_an_error_of_its_own)
{
    EXPECT_EQ(error_of_status("403 Filtered"), proxy_errc::forbidden);
    EXPECT_EQ(error_of_status("405 No"), proxy_errc::command_not_supported);
    EXPECT_EQ(error_of_status("407 Who is there"), proxy_errc::authentication_required);
    EXPECT_EQ(error_of_status("407 Who is there", as_user), proxy_errc::authentication_refused);
    EXPECT_EQ(error_of_status("401 Unauthorized"), proxy_errc::refused);
    EXPECT_EQ(error_of_status("401 Unauthorized", as_user), proxy_errc::authentication_refused);
    EXPECT_EQ(error_of_status("500 Unable to connect"), proxy_errc::general_failure);
    EXPECT_EQ(error_of_status("501 No"), proxy_errc::command_not_supported);
    EXPECT_EQ(error_of_status("502 Bad Gateway"), proxy_errc::target_not_reached);
    EXPECT_EQ(error_of_status("503 Unavailable"), proxy_errc::unavailable);
    EXPECT_EQ(error_of_status("504 Timed out"), proxy_errc::target_timed_out);
    EXPECT_EQ(error_of_status("504 Timed out"), std::errc::timed_out);
    EXPECT_EQ(error_of_status("302 Found"), proxy_errc::refused);
    EXPECT_EQ(error_of_status("599 Odd"), proxy_errc::refused);
    EXPECT_EQ(error_of_status("502 Bad Gateway"), proxy_condition::target_failed);
    EXPECT_EQ(error_of_status("403 Filtered"), proxy_condition::proxy_refused);
}

TEST(http_connect, says_what_the_proxy_answered_on_one_short_line)
{
    EXPECT_EQ(remark_on("HTTP/1.1 403 Filtered\r\n\r\n"), "it answered 403 Filtered");
    EXPECT_EQ(remark_on("HTTP/1.1 407 Who\r\nProxy-Authenticate: Negotiate\r\n\r\n"),
              R"(it answered 407 Who, and wants "Negotiate")");
    EXPECT_EQ(remark_on("SSH-2.0-OpenSSH_9\r\n"), R"(its answer began with "SSH-2.0-OpenSSH_9")");
    const auto line = remark_on("HTTP/1.1 403 " + std::string(5000, 'x') + "\r\n\r\n");
    EXPECT_LT(line.size(), 200U);
    EXPECT_EQ(remark_on("HTTP/1.1 403 a\x1b[2J\r\n\r\n").find('\x1b'), std::string::npos);
}

TEST(http_connect, what_is_no_answer_is_refused_as_soon_as_that_is_known)
{
    for (const std::string answer :
         {"S", "\x16\x03\x01", "HTTP/2", "HTTP/1.1 200 OK\n", "\n", "HTTP/1.1 abc d\r\n\r\n",
          "HTTP/1.1 200 OK\r\n: x\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 20 \r\n\r\n"})
    {
        EXPECT_EQ(asked(as_nobody, answer).code, proxy_errc::malformed_answer) << answer;
        EXPECT_EQ(asked(as_nobody, answer, 1).code, proxy_errc::malformed_answer) << answer;
    }
}

TEST(http_connect, a_header_that_does_not_end_is_refused)
{
    const auto field = "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x');
    std::string fields = "HTTP/1.1 200 OK\r\n";
    std::string interim;
    for (int i = 0; i < 10'000; ++i)
    {
        fields += "A: b\r\n";
        interim += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    for (const auto& answer : {field, fields, interim})
        for (const std::size_t piece : {1U, 3U, 65536U})
        {
            const auto c = asked(as_nobody, answer, piece);
            EXPECT_EQ(c.code, proxy_errc::answer_too_long);
            EXPECT_GE(c.left.size(), answer.size() - http_connect_dialogue::header_max);
        }
}

TEST(http_connect, takes_a_header_of_up_to_8_KiB)
{
    const std::string rest = "\r\n\r\n";
    std::string answer = "HTTP/1.1 200 OK\r\nA: ";
    answer += std::string(http_connect_dialogue::header_max - answer.size() - rest.size(), 'x');
    EXPECT_TRUE(asked(as_nobody, answer + rest).done);
    EXPECT_EQ(asked(as_nobody, answer + "x" + rest).code, proxy_errc::answer_too_long);
}

TEST(http_connect, an_answer_takes_few_reads)
{
    EXPECT_LE(asked(as_nobody, yes).reads, 8U);
}

TEST(http_connect, refuses_at_once_what_no_proxy_can_be_asked)
{
    EXPECT_EQ(refusal("h", {.user = "a:b"}),
              "http-connect: user has a colon, which Basic has no way to tell");
    EXPECT_EQ(refusal("h", {.user = "a\nb"}),
              "http-connect: user and password: Basic has no control characters");
    EXPECT_EQ(refusal("h", {.user = "a", .password = "a\rb"}),
              "http-connect: user and password: Basic has no control characters");
    EXPECT_NE(refusal("a\r\nb").find("is not valid"), std::string::npos);
    EXPECT_NE(refusal(std::string(65'536, 'a')).find("longer than 253"), std::string::npos);
}

TEST(http_connect, describes_itself_without_the_password)
{
    EXPECT_EQ(refusal("h", {.user = "me", .password = "secret"}),
              R"(made http-connect:h:1:proxy=p\:3128:user=me:password=***)");
}
}
}

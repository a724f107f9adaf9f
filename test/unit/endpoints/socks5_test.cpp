// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/socks5.hpp>

#include "endpoints/socks5_dialogue.hpp"
#include "support/proxy_conversation.hpp"

#include <holdfast/testing/scripted_endpoint.hpp>

#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>

#include <stdexcept>
#include <string>

namespace holdfast
{
namespace
{
using namespace std::string_literals;
using namespace std::chrono_literals;
using detail::socks5_dialogue;
using support::conversation;
using support::converse;

const auto to_name = socks5_dialogue::question{.host = "example.com"s, .port = 443};
const auto as_user = socks5_dialogue::question{
    .host = "example.com"s, .port = 443, .user = "me", .password = "secret"};

const auto takes_nobody = "\5\0"s;
const auto takes_user = "\5\2"s;
const auto user_is_known = "\1\0"s;
const auto reached = "\5\0\0\1\x7f\0\0\1\x04\x38"s;

conversation asked(socks5_dialogue::question q, std::string_view answer, std::size_t piece = 65536)
{
    socks5_dialogue dialogue(std::move(q));
    return converse(dialogue, answer, piece);
}

error_code error_of_reply(char reply)
{
    return asked(to_name, takes_nobody + '\5' + reply + "\0\1\0\0\0\0\0\0"s).code;
}

std::string refusal(const std::string& host, std::uint16_t port, proxy_options o = {})
{
    try
    {
        return "made " + to_string(socks5(host, port, tcp("p", 1080), std::move(o)));
    }
    catch (const std::invalid_argument& e)
    {
        return e.what();
    }
}

TEST(socks5, has_the_proxy_resolve_the_name)
{
    const auto c = asked(to_name, takes_nobody + reached + "hello");
    EXPECT_EQ(c.said, "\5\1\0"s + "\5\1\0\3\x0b"s + "example.com" + "\1\xbb"s);
    EXPECT_TRUE(c.done);
    EXPECT_EQ(c.left, "hello"); // it belongs to the target
}

TEST(socks5, asks_for_addresses_as_addresses)
{
    const auto with = [](const char* address)
    {
        return asked({.host = asio::ip::make_address(address), .port = 80}, takes_nobody + reached)
            .said.substr(3);
    };
    EXPECT_EQ(with("192.0.2.1"), "\5\1\0\1\xc0\0\2\1\0\x50"s);
    EXPECT_EQ(with("2001:db8::1"), "\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\x50"s);
}

TEST(socks5, tells_a_user_and_a_password_if_they_are_wanted)
{
    const auto wanted = asked(as_user, takes_user + user_is_known + reached);
    EXPECT_TRUE(wanted.done);
    EXPECT_EQ(wanted.said,
              "\5\2\0\2"s + "\1\2me\6secret" + "\5\1\0\3\x0b"s + "example.com" + "\1\xbb"s);

    const auto unwanted = asked(as_user, takes_nobody + reached);
    EXPECT_TRUE(unwanted.done);
    EXPECT_EQ(unwanted.said.find("secret"), std::string::npos);
}

TEST(socks5, reads_an_answer_in_any_pieces_and_never_past_its_end)
{
    const std::string bound_name = "\5\0\0\3\x04host\x04\x38"s;
    const std::string no_name = "\5\0\0\3\0\0\0"s;
    const std::string ipv6 = "\5\0\0\4"s + std::string(16, '\1') + "\x04\x38";
    const std::string long_name = "\5\0\0\3\xff"s + std::string(255, 'x') + "\x04\x38";
    for (const auto& reply : {reached, bound_name, no_name, ipv6, long_name})
        for (std::size_t piece = 1; piece < 300; ++piece)
        {
            const auto c = asked(as_user, takes_user + user_is_known + reply + "\5\1", piece);
            ASSERT_TRUE(c.done) << piece;
            ASSERT_EQ(c.left, "\5\1") << piece;
        }
}

TEST(socks5, each_answer_of_a_proxy_that_refuses_is_an_error_of_its_own)
{
    EXPECT_EQ(error_of_reply(1), proxy_errc::general_failure);
    EXPECT_EQ(error_of_reply(2), proxy_errc::forbidden);
    EXPECT_EQ(error_of_reply(3), proxy_errc::network_unreachable);
    EXPECT_EQ(error_of_reply(4), proxy_errc::host_unreachable);
    EXPECT_EQ(error_of_reply(5), proxy_errc::target_refused);
    EXPECT_EQ(error_of_reply(6), proxy_errc::hops_exceeded);
    EXPECT_EQ(error_of_reply(7), proxy_errc::command_not_supported);
    EXPECT_EQ(error_of_reply(8), proxy_errc::address_not_supported);
    EXPECT_EQ(error_of_reply(9), proxy_errc::refused);
    EXPECT_EQ(error_of_reply('\xff'), proxy_errc::refused);
    EXPECT_EQ(asked(to_name, "\5\xff").code, proxy_errc::authentication_required);
    EXPECT_EQ(asked(as_user, "\5\xff").code, proxy_errc::no_common_method);
    EXPECT_EQ(asked(as_user, takes_user + "\1\1").code, proxy_errc::authentication_refused);
    EXPECT_EQ(asked(as_user, takes_user + "\5\1").code, proxy_errc::authentication_refused);
}

TEST(socks5, a_refusal_needs_no_address_after_it)
{
    EXPECT_EQ(asked(to_name, takes_nobody + "\5\5").code, proxy_errc::target_refused);
}

TEST(socks5, tells_who_is_to_blame)
{
    EXPECT_EQ(error_of_reply(1), proxy_condition::proxy_refused);
    EXPECT_EQ(error_of_reply(2), proxy_condition::proxy_refused);
    EXPECT_EQ(error_of_reply(5), proxy_condition::target_failed);
    EXPECT_NE(error_of_reply(5), proxy_condition::proxy_refused);
    EXPECT_NE(error_of_reply(2), proxy_condition::target_failed);
    EXPECT_EQ(error_of_reply(5), std::errc::connection_refused);
    EXPECT_EQ(error_of_reply(2), std::errc::permission_denied);
    EXPECT_NE(error_code(proxy_errc::unavailable), proxy_condition::proxy_refused);
    EXPECT_NE(error_code(proxy_errc::unavailable), proxy_condition::target_failed);
}

TEST(socks5, what_is_not_an_answer_is_refused_as_soon_as_that_is_known)
{
    for (const auto& answer :
         {"H"s, "\4"s, "\0"s, "\5\1"s, "\5\2"s, takes_nobody + "\4", takes_nobody + "\5\0\0\2\0"s,
          takes_nobody + "\5\0\0\0\0"s, takes_nobody + "HTTP/1.1 400 Bad Request"})
    {
        EXPECT_EQ(asked(to_name, answer).code, proxy_errc::malformed_answer);
        EXPECT_EQ(asked(to_name, answer, 1).code, proxy_errc::malformed_answer);
    }
    EXPECT_EQ(asked(as_user, "\5\1").code, proxy_errc::malformed_answer); // it was not offered
}

TEST(socks5, says_what_came_in_place_of_an_answer)
{
    socks5_dialogue dialogue(to_name);
    converse(dialogue, "SSH-2.0-OpenSSH");
    EXPECT_EQ(dialogue.remark(), R"(its answer began with "SS")");
    socks5_dialogue unassigned(to_name);
    converse(unassigned, takes_nobody + "\5\x5b");
    EXPECT_EQ(unassigned.remark(), "it answered with reply 91");
}

TEST(socks5, waits_where_an_answer_is_cut_short)
{
    const auto whole = takes_user + user_is_known + reached;
    for (std::size_t size = 0; size < whole.size(); ++size)
    {
        const auto c = asked(as_user, whole.substr(0, size));
        ASSERT_FALSE(c.done) << size;
        ASSERT_FALSE(c.code) << size;
    }
}

TEST(socks5, refuses_at_once_what_no_proxy_can_be_asked)
{
    EXPECT_EQ(refusal("h", 0), "socks5: port 0 cannot be connected to");
    EXPECT_EQ(refusal("fe80::1%eth0", 1),
              R"(socks5: host "fe80::1%eth0" has a zone, which means nothing to a proxy)");
    EXPECT_EQ(refusal("a..b", 1), R"(socks5: host "a..b" is not valid: it has an empty label)");
    EXPECT_NE(refusal(std::string(65'536, 'a'), 1).find("longer than 253 characters"),
              std::string::npos);
    EXPECT_LT(refusal(std::string(65'536, 'a'), 1).size(), 200U);
    EXPECT_EQ(refusal("h", 1, {.timeout = 0s}),
              "socks5: timeout 0s is not between zero and 9 hours");
    EXPECT_EQ(refusal("h", 1, {.password = "x"}),
              "socks5: password: there is no user that it is of");
    EXPECT_EQ(refusal("h", 1, {.user = std::string(256, 'u')}),
              "socks5: user has more than 255 bytes");
    EXPECT_EQ(refusal("h", 1, {.user = "u", .password = std::string(256, 'p')}),
              "socks5: password has more than 255 bytes");
    EXPECT_EQ(refusal("h", 1, {.user = std::string(255, 'u'), .password = std::string(255, 'p')})
                  .substr(0, 5),
              "made ");
}

TEST(socks5, describes_itself_without_the_password)
{
    EXPECT_EQ(to_string(socks5("example.com", 443, tcp("proxy", 1080))),
              R"(socks5:example.com:443:proxy=proxy\:1080)");
    EXPECT_EQ(to_string(socks5(
                  "2001:db8::1", 443, tcp("::1", 9050, {.timeout = 5s}),
                  {.user = "a:b", .password = "secret", .resolve_here = true, .timeout = 5s})),
              R"(socks5:[2001:db8::1]:443:endpoint=tcp\:[\:\:1]\:9050\:timeout\=5s:resolve=here)"
              R"(:timeout=5s:user=a\:b:password=***)");
    EXPECT_EQ(to_string(socks5("h", 1, tcp("::1", 9050))), R"(socks5:h:1:proxy=\[\:\:1]\:9050)");
    EXPECT_EQ(to_string(socks5_over(testing::scripted_endpoint(), "h", 1)),
              "socks5:h:1:endpoint=scripted");
}

TEST(socks5, the_name_goes_to_the_proxy_as_it_would_be_looked_up)
{
    EXPECT_EQ(refusal("b\xc3\xbc"
                      "cher.example",
                      1),
              "made socks5:b\xc3\xbc"
              R"(cher.example:1:proxy=p\:1080)");
}
}
}

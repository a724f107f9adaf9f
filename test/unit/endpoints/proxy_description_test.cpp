// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/registry.hpp>

#include <gtest/gtest.h>

#include <string>

namespace holdfast
{
namespace
{
std::string made(const std::string& text)
{
    return to_string(parse_endpoint(text));
}

std::string refusal(const std::string& text)
{
    try
    {
        return "made " + made(text);
    }
    catch (const description_error& e)
    {
        return e.what();
    }
}

TEST(proxy_description, makes_an_endpoint_of_each_form)
{
    EXPECT_EQ(made(R"(socks5:example.com:443:proxy=p\:9050)"),
              R"(socks5:example.com:443:proxy=p\:9050)");
    EXPECT_EQ(made(R"(SOCKS5:example.com:443:proxy=p)"), R"(socks5:example.com:443:proxy=p\:1080)");
    EXPECT_EQ(made(R"(http-connect:[::1]:443:proxy=[\:\:1])"),
              R"(http-connect:[::1]:443:proxy=\[\:\:1]\:1080)");
    EXPECT_EQ(made(R"(socks5:h:443:proxy=[fe80\:\:1%a]\:b=c]\:9050)"),
              R"(socks5:h:443:proxy=\[fe80\:\:1%a]\:b\=c]\:9050)");
    EXPECT_EQ(made(R"(proxy-protocol:endpoint=tcp\:fe80\\\:\\\:1%a]b\:9050)"),
              R"(proxy-protocol:fe80\:\:1%a]b:9050)");
    EXPECT_EQ(made(R"(http-connect:h:443:endpoint=unix\:/run/p.sock)"),
              R"(http-connect:h:443:endpoint=unix\:/run/p.sock)");
    EXPECT_EQ(made("socks5://me:secret@h:443?proxy=p:9050&resolve=here&timeout=5"),
              R"(socks5:h:443:proxy=p\:9050:resolve=here:timeout=5s:user=me:password=***)");
    EXPECT_EQ(made(R"(socks5:h:443:endpoint=tcp\:p\:1080)"), R"(socks5:h:443:proxy=p\:1080)");
    EXPECT_EQ(made(R"(socks5:h:443:endpoint=tcp\:p\:1080\:timeout\=5)"),
              R"(socks5:h:443:endpoint=tcp\:p\:1080\:timeout\=5s)");
    EXPECT_EQ(made(R"(socks5:h:443:endpoint=socks5\:q\:1080\:proxy\=p\\\:1080)"),
              R"(socks5:h:443:endpoint=socks5\:q\:1080\:proxy\=p\\\:1080)");
}

TEST(proxy_description, CS_77_refuses_with_one_line_that_has_the_place)
{
    EXPECT_EQ(refusal("socks5:h:1"),
              R"(socks5:h:1: proxy is missing; expected proxy=HOST\:PORT, or endpoint= with a )"
              "description of how to reach it");
    EXPECT_EQ(refusal("socks5:h:1:proxy=p:1080"),
              "socks5:h:1:proxy=p:1080 (column 20): a colon within proxy= has a backslash before "
              R"(it: proxy=HOST\:PORT)");
    EXPECT_EQ(refusal(R"(socks5:h:1:proxy=p\:0)"),
              R"(socks5:h:1:proxy=p\:0 (column 18): proxy "p:0" is not HOST\:PORT; an IPv6 )"
              R"(address stands in brackets: [\:\:1]\:1080)");
    EXPECT_NE(refusal(R"(socks5:h:1:proxy=[\:\:1)").find("is not HOST"), std::string::npos);
    EXPECT_EQ(refusal(R"(socks5:h:1:proxy=a..b)"),
              R"(socks5:h:1:proxy=a..b (column 18): the proxy's host "a..b" is not valid: it has )"
              "an empty label");
    EXPECT_EQ(refusal(R"(socks5:h:1:proxy=p:endpoint=unix\:/x)"),
              R"(socks5:h:1:proxy=p:endpoint=unix\:/x (column 29): endpoint= says how to reach )"
              "the proxy, and so does proxy=; give one of them");
    EXPECT_EQ(refusal("socks5:a..b:1:proxy=p"),
              R"(socks5:a..b:1:proxy=p (column 8): host "a..b" is not valid: it has an empty )"
              "label");
    EXPECT_EQ(refusal("socks5:h:1:proxy=p:resolve=there"),
              R"(socks5:h:1:proxy=p:resolve=there (column 28): resolve "there" is not one of )"
              "proxy, here");
    EXPECT_EQ(refusal(R"(http-connect:h:1:proxy=p:user=a\:b)"),
              R"(http-connect:h:1:proxy=p:user=a\:b (column 31): user has a colon, which Basic )"
              "has no way to tell");
    EXPECT_EQ(refusal("socks5:h:1:proxy=p:timeout=10h"),
              "socks5:h:1:proxy=p:timeout=10h (column 28): timeout 10h is not between zero and 9 "
              "hours");
    EXPECT_EQ(refusal(R"(socks5:h:1:endpoint=tcp\:h\:x)"),
              R"(socks5:h:1:endpoint=tcp\:h\:x (column 29): port "x" is not a number from 1 to )"
              "65535");
}

TEST(proxy_description, no_message_shows_a_password)
{
    for (const std::string text :
         {"socks5:h:1:password=secret", "socks5:h:1:proxy=p:password=secret",
          "socks5://me:secret@h:1", "http-connect://me:secret@h:x?proxy=p",
          R"(socks5:h:1:endpoint=socks5\:h\:1\:password\=secret)"})
    {
        EXPECT_NE(refusal(text).substr(0, 4), "made") << text;
        EXPECT_EQ(refusal(text).find("secret"), std::string::npos) << refusal(text);
    }
}
}
}

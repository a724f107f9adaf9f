// SPDX-License-Identifier: BSL-1.0
#include "page/access.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace
{
const std::string token = "correct-horse-battery";

TEST(access, takes_the_token_as_bearer_in_any_case_of_the_scheme)
{
    const tool::access a(token, true);
    EXPECT_TRUE(a.admits("Bearer " + token));
    EXPECT_TRUE(a.admits("bearer   " + token));
    for (const auto& wrong :
         {std::string(), std::string("Bearer"), std::string("Bearer "), "Bearer" + token, token,
          "Bearer " + token + 'x', "Bearer " + token.substr(1), "Digest " + token,
          "Bearer " + token.substr(0, token.size() - 1)})
        EXPECT_FALSE(a.admits(wrong)) << wrong;
}

TEST(access, takes_the_token_as_the_password_of_anybody)
{
    const tool::access a(token, true);
    EXPECT_TRUE(a.admits("Basic OmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==")); // :token
    EXPECT_TRUE(a.admits("basic OmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ"));
    EXPECT_TRUE(a.admits("Basic eW91OmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==")); // you:token
    EXPECT_FALSE(a.admits("Basic Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"));        // no colon
    EXPECT_FALSE(a.admits("Basic eW91Ondyb25n"));                        // you:wrong
    for (const auto* wrong : {"Basic", "Basic ", "Basic =", "Basic !!!!", "Basic \xff\xff"})
        EXPECT_FALSE(a.admits(wrong)) << wrong;
}

TEST(access, admits_everybody_where_no_token_is_asked)
{
    EXPECT_TRUE(tool::access({}, true).admits(""));
    EXPECT_TRUE(tool::access({}, true).admits("Bearer whatever"));
}

TEST(access, never_says_what_the_token_was)
{
    for (const auto* bad : {"secret", "secret with a space", "secret-\x01-control-character",
                            "secret-that-is-not-ASCII-\xc3\xa9"})
        try
        {
            const tool::access a(bad, false);
            ADD_FAILURE() << "accepted " << bad;
        }
        catch (const std::invalid_argument& e)
        {
            const std::string what = e.what();
            EXPECT_TRUE(what.starts_with("status_token: ")) << what;
            EXPECT_EQ(what.find("secret"), what.npos) << what;
        }
}

TEST(access, knows_this_machine_by_its_own_names_only)
{
    const tool::access a({}, true);
    for (const auto* host : {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "127.8.8.8",
                             "[::1]", "[::1]:8080"})
        EXPECT_TRUE(a.knows_host(host)) << host;
    for (const auto* host : {"", ":", "example.org", "localhost.example.org", "192.0.2.1", "[::2]",
                             "::1", "[::1", "[::1]x", "[::1].example.org", "localhost:80x",
                             "127.0.0.1.example.org", "localhost:8080:1", "localhost,example.org"})
        EXPECT_FALSE(a.knows_host(host)) << host;
}

TEST(access, takes_any_name_where_others_may_come)
{
    EXPECT_TRUE(tool::access(token, false).knows_host("status.example.org"));
}
}

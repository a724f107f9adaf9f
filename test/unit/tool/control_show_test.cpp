// SPDX-License-Identifier: BSL-1.0
// What people see of what a daemon told.
#include "tool/control/control_show.hpp"
#include "tool/control/control_watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace
{
namespace hf = holdfast;
using namespace std::chrono_literals;

const hf::time_point now{1h};

class control_show : public ::testing::Test
{
protected:
    control_show()
    {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }

    ~control_show() override
    {
        ::unsetenv("TZ");
        ::tzset();
    }

    // 2026-02-03 14:03:22
    const tool::told_moment at{now, std::chrono::sys_days(2026y / 2 / 3) + 14h + 3min + 22s};
};

tool::told_service feed()
{
    return {.name = "feed",
            .endpoint = "tls:feed.example.org:7000",
            .job = "hold",
            .state = "waiting",
            .since = now - 192s,
            .attempt = 9,
            .failures = 8,
            .connections = 1,
            .next_attempt = now + 48s,
            .last_failure =
                tool::told_failure{.phase = "connect",
                                   .reason = "Connection refused",
                                   .text = "attempt 9 failed in connect after 0.2 ms: Connection "
                                           "refused",
                                   .addresses = {{"192.0.2.1:7000", "Connection refused", 200us}}},
            .failed_at = now - 12s};
}

tool::told_service cache()
{
    return {.name = "cache",
            .endpoint = "unix:/run/cache.sock",
            .job = "forward from 127.0.0.1:5000",
            .state = "connected",
            .since = now - 27h,
            .attempt = 1,
            .connections = 1};
}

TEST_F(control_show, table_has_a_line_for_each_service)
{
    EXPECT_EQ(
        table_of({feed(), cache()}, at, {}),
        "NAME   STATE      FOR    ENDPOINT                   FAILS  NEXT  LAST FAILURE\n"
        "feed   waiting    3m12s  tls:feed.example.org:7000      8  48s   Connection refused, 12s "
        "ago\n"
        "cache  connected  1d03h  unix:/run/cache.sock           0\n");
}

TEST_F(control_show, table_leaves_out_what_a_narrow_terminal_has_no_room_for)
{
    EXPECT_EQ(table_of({feed(), cache()}, at, {.width = 80}),
              "NAME   STATE      FOR    FAILS  NEXT  LAST FAILURE\n"
              "feed   waiting    3m12s      8  48s   Connection refused, 12s ago\n"
              "cache  connected  1d03h      0\n");
    EXPECT_EQ(table_of({feed(), cache()}, at, {.width = 40}), "NAME   STATE      FOR\n"
                                                              "feed   waiting    3m12s\n"
                                                              "cache  connected  1d03h\n");
    EXPECT_EQ(table_of({feed(), cache()}, at, {.width = 90}),
              "NAME   STATE      FOR    ENDPOINT                  FAILS  NEXT  LAST FAILURE\n"
              "feed   waiting    3m12s  tls:feed.example.org:...      8  48s   Connection refused, "
              "12s...\n"
              "cache  connected  1d03h  unix:/run/cache.sock          0\n");
}

TEST_F(control_show, table_is_never_wider_than_the_terminal)
{
    auto long_one = feed();
    long_one.name = std::string(60, 'n');
    long_one.endpoint = std::string(300, 'e');
    long_one.last_failure->reason = std::string(300, 'r');
    for (std::size_t width = 20; width < 200; ++width)
    {
        const auto text = table_of({feed(), long_one, cache()}, at, {.width = width});
        for (std::size_t begin = 0; begin < text.size();)
        {
            const auto end = text.find('\n', begin);
            EXPECT_LE(end - begin, width) << text;
            begin = end + 1;
        }
    }
}

TEST_F(control_show, table_says_how_many_have_no_room)
{
    const std::vector<tool::told_service> list(30, cache());
    const auto text = table_of(list, at, {.width = 80, .height = 10});
    EXPECT_EQ(std::ranges::count(text, '\n'), 9); // and the cursor's line
    EXPECT_TRUE(text.ends_with("\n... and 23 more\n")) << text;
    EXPECT_EQ(
        std::ranges::count(
            table_of({list.begin(), list.begin() + 8}, at, {.width = 80, .height = 10}), '\n'),
        9);
}

TEST_F(control_show, table_has_colours_where_they_are_wanted)
{
    EXPECT_EQ(table_of({cache()}, at, {.colour = true}),
              "\x1b[1mNAME\x1b[0m   \x1b[1mSTATE\x1b[0m      \x1b[1mFOR\x1b[0m    "
              "\x1b[1mENDPOINT\x1b[0m              \x1b[1mFAILS\x1b[0m  \x1b[1mNEXT\x1b[0m  "
              "\x1b[1mLAST FAILURE\x1b[0m\n"
              "cache  \x1b[32mconnected\x1b[0m  1d03h  unix:/run/cache.sock      0\n");
}

TEST_F(control_show, one_service_is_told_in_full)
{
    EXPECT_EQ(text_of(feed(), at, {}),
              "feed: waiting, without a connection for 3m12s\n"
              "  endpoint      tls:feed.example.org:7000\n"
              "  job           hold\n"
              "  attempts      9 since the start, 8 failures in a row\n"
              "  connections   1\n"
              "  next attempt  in 48s, at 14:04:10\n"
              "  last failure  attempt 9 failed in connect after 0.2 ms: Connection refused\n"
              "                12s ago, at 14:03:10\n");
    EXPECT_TRUE(text_of(cache(), at, {}).starts_with("cache: connected for 1d03h\n"));
}

TEST_F(control_show, a_change_is_one_line)
{
    EXPECT_EQ(change_of(feed(), at),
              "14:03:22 feed: waiting, 8 failures in a row, next attempt in 48s: attempt 9 failed "
              "in connect after 0.2 ms: Connection refused\n");
    EXPECT_EQ(change_of(cache(), at), "14:03:22 cache: connected\n");
}

tool::told history()
{
    return {.why = "feed: has had no connection for 3m12s, since the server closed it",
            .attempts = {{.attempt = 1,
                          .began = now - 25h,
                          .connected = now - 25h + 3ms,
                          .ended = now - 20s,
                          .why = tool::told_failure{.text = "connection lost after 25 h: closed in "
                                                            "good order"},
                          .next = now - 19s},
                         {.attempt = 2,
                          .began = now - 19s,
                          .ended = now - 12s,
                          .why = feed().last_failure,
                          .next = now + 48s}}};
}

TEST_F(control_show, a_history_tells_why_and_of_each_attempt)
{
    EXPECT_EQ(history_of(history(), at, {}),
              "feed: has had no connection for 3m12s, since the server closed it\n"
              "2026-02-02 13:03:22  attempt 1 connected after 3.0 ms, connection lost after 25 h: "
              "closed in good order\n"
              "14:03:03  attempt 9 failed in connect after 0.2 ms: Connection refused\n"
              "            192.0.2.1:7000: Connection refused after 0.2 ms\n"
              "14:04:10  the next attempt (in 48s)\n");
}

TEST_F(control_show, a_history_is_broken_between_words_where_the_terminal_is_narrow)
{
    EXPECT_EQ(history_of(history(), at, {.width = 50}),
              "feed: has had no connection for 3m12s, since the\n"
              "server closed it\n"
              "2026-02-02 13:03:22  attempt 1 connected after 3.0\n"
              "                     ms, connection lost after 25\n"
              "                     h: closed in good order\n"
              "14:03:03  attempt 9 failed in connect after 0.2\n"
              "          ms: Connection refused\n"
              "            192.0.2.1:7000: Connection refused\n"
              "              after 0.2 ms\n"
              "14:04:10  the next attempt (in 48s)\n");
}

TEST_F(control_show, a_history_tells_of_attempts_that_did_not_fail)
{
    const tool::told t{
        .why = "feed: connected",
        .attempts = {{.attempt = 1, .began = now - 9s, .ended = now - 8s},
                     {.attempt = 2, .began = now - 7s, .connected = now - 6s, .ended = now - 4s},
                     {.attempt = 3, .began = now - 3s, .connected = now - 2s},
                     {.attempt = 4, .began = now - 1s}}};
    EXPECT_EQ(history_of(t, at, {}), "feed: connected\n"
                                     "14:03:13  attempt 1 was stopped\n"
                                     "14:03:15  attempt 2 connected after 1.0 s, stopped after "
                                     "2.0 s\n"
                                     "14:03:19  attempt 3 connected after 1.0 s, and still is\n"
                                     "14:03:21  attempt 4 goes on\n");
}

TEST_F(control_show, nothing_that_a_terminal_obeys_is_shown)
{
    EXPECT_EQ(tool::shown("a\x1b[2J\n\xc2\x9b\x7f\xc3\xbc"), "a\\x1b[2J\\x0a\\x9b\\x7f\xc3\xbc");
    auto s = feed();
    s.name = s.endpoint = s.job = s.state = "\x1b]0;owned\x07";
    s.last_failure->reason = s.last_failure->text = "\xc2\x9b\x1b";
    s.last_failure->addresses[0].address = "\x1b";
    tool::told t{.why = "\x1b\n", .attempts = {{.why = s.last_failure}}};
    tool::watched w("");
    for (const auto& text :
         {table_of({s}, at, {}), text_of(s, at, {}), change_of(s, at),
          history_of(t, at, {.width = 80}), w.take({.all = {s}, .is_all = true}, at)})
    {
        EXPECT_EQ(text.find('\x1b'), text.npos) << text;
        EXPECT_EQ(text.find('\x9b'), text.npos) << text;
        EXPECT_EQ(text.find('\x07'), text.npos) << text;
    }
}

TEST_F(control_show, text_is_cut_between_characters)
{
    EXPECT_EQ(tool::shown("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 7),
              "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc...");
    EXPECT_EQ(tool::shown("1234567", 7), "1234567");
    EXPECT_EQ(tool::shown("12345", 4), "1234");
}

TEST_F(control_show, ages_are_short)
{
    EXPECT_EQ(tool::age_of(-1s), "0s");
    EXPECT_EQ(tool::age_of(59'999ms), "59s");
    EXPECT_EQ(tool::age_of(60s), "1m00s");
    EXPECT_EQ(tool::age_of(2h + 5min + 59s), "2h05m");
    EXPECT_EQ(tool::age_of(77h), "3d05h");
}

// Watching

TEST_F(control_show, watching_tells_what_is_new_and_nothing_else)
{
    tool::watched w("");
    EXPECT_EQ(w.take({.all = {feed(), cache()}, .is_all = true}, at),
              change_of(feed(), at) + change_of(cache(), at));
    auto later = feed();
    later.since += 1ms; // how it was rounded
    EXPECT_EQ(w.take({.changed = {later}}, at), "");
    later.state = "dialling";
    EXPECT_EQ(w.take({.changed = {later}}, at), change_of(later, at));
    EXPECT_EQ(w.take({.removed = {"cache"}}, at), "14:03:22 cache: removed\n");
    EXPECT_EQ(w.take({.all = {cache()}, .is_all = true}, at),
              change_of(cache(), at) + "14:03:22 feed: removed\n");
}

TEST_F(control_show, watching_one_tells_of_no_other)
{
    tool::watched w("cache");
    EXPECT_EQ(w.take({.all = {feed(), cache()}, .is_all = true}, at), change_of(cache(), at));
    EXPECT_EQ(w.take({.changed = {feed()}}, at), "");
}

TEST_F(control_show, a_screenful_writes_over_what_was_there)
{
    tool::watched w("");
    w.take({.all = {cache()}, .is_all = true}, at);
    EXPECT_EQ(
        w.screenful(at, {.width = 80, .height = 24}),
        "\x1b[HNAME   STATE      FOR    ENDPOINT              FAILS  NEXT  LAST FAILURE\x1b[K\n"
        "cache  connected  1d03h  unix:/run/cache.sock      0\x1b[K\n\x1b[J");
}
}

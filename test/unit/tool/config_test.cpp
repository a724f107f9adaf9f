// SPDX-License-Identifier: BSL-1.0
#include "tool/run/config.hpp"

#include "tool/run/listen_address.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace tool
{
namespace
{
using namespace std::chrono_literals;

std::string refusal(const std::string& text)
{
    try
    {
        static_cast<void>(parse_config(text, "f"));
    }
    catch (const config_error& e)
    {
        return e.what();
    }
    return "";
}

/// What is wrong with one service that has these lines.
std::string refusal_of(const std::string& lines)
{
    return refusal("[services.a]\nendpoint = \"tcp:h:1\"\n" + lines);
}

service_config service(const std::string& lines)
{
    return parse_config("[services.a]\nendpoint = \"tcp:h:1\"\n" + lines, "f").services.at(0);
}

TEST(config, has_services_in_the_order_of_the_file)
{
    const auto c = parse_config(R"(
[services.zebra]
endpoint = "tcp:h:1"
[services.ape]
endpoint = "unix:/run/x"
hold = true
)",
                                "f");
    ASSERT_EQ(c.services.size(), 2U);
    EXPECT_EQ(c.services[0].name, "zebra");
    EXPECT_EQ(c.services[1].name, "ape");
    EXPECT_EQ(c.services[1].endpoint, "unix:/run/x");
    EXPECT_EQ(c.daemon, daemon_config());
}

TEST(config, has_everything_that_can_be_said_of_a_service)
{
    ::setenv("HOLDFAST_TEST_SECRET", "x", 1);
    const auto c = parse_config(R"(
[services."a.b"]
endpoint = "socks5:h:1:proxy=p:user=me"
secrets = { password = "env:HOLDFAST_TEST_SECRET" }
resolve = ["h:1:127.0.0.1"]
retry = "fixed=2s"
fail_after = 3
attempt_timeout = "1.5s"
prepare_timeout = 2
stop_timeout = 0.25
stable_after = 0
idle_timeout = "1m"
max_age = "1h"
must_be_ready = false
autostart = false
prepare = [{ send = "PING\\r\\n" }, { expect = "PONG" }]
forward = "[::1]:5000"
forward_clients = 3
forward_wait = "1s"
)",
                                "f");
    const service_config expected{.name = "a.b",
                                  .endpoint = "socks5:h:1:proxy=p:user=me",
                                  .secrets = {{"password", "env:HOLDFAST_TEST_SECRET"}},
                                  .resolve = {"h:1:127.0.0.1"},
                                  .retry = "fixed=2s",
                                  .fail_after = 3,
                                  .attempt_timeout = 1500ms,
                                  .prepare_timeout = 2s,
                                  .stop_timeout = 250ms,
                                  .stable_after = 0s,
                                  .idle_timeout = 1min,
                                  .max_age = 1h,
                                  .prepare = {{false, "PING\\r\\n"}, {true, "PONG"}},
                                  .must_be_ready = false,
                                  .autostart = false,
                                  .job = forward_job{"[::1]:5000", 3, 1s}};
    EXPECT_EQ(c.services.at(0), expected);
}

TEST(config, has_everything_that_can_be_said_of_the_program)
{
    const auto c = parse_config(R"(
[daemon]
name = "n"
control = "/run/c"
control_users = ["ops"]
status = "127.0.0.1:8080"
status_token = "env:T"
user = "nobody"
group = "nogroup"
allow_root = true
pid_file = "/run/p"
working_directory = "/"
umask = "027"
stop_timeout = "3s"
log = "json"
log_everything = true
[services.a]
endpoint = "tcp:h:1"
)",
                                "f");
    const daemon_config expected{.name = "n",
                                 .control = "/run/c",
                                 .control_users = {"ops"},
                                 .status = "127.0.0.1:8080",
                                 .status_token = "env:T",
                                 .user = "nobody",
                                 .group = "nogroup",
                                 .allow_root = true,
                                 .pid_file = "/run/p",
                                 .working_directory = "/",
                                 .umask = 027,
                                 .stop_timeout = 3s,
                                 .log = hf::log_format::json,
                                 .log_everything = true};
    EXPECT_EQ(c.daemon, expected);
}

TEST(config, gives_services_the_defaults_that_they_do_not_change)
{
    const auto c = parse_config(R"(
[defaults]
retry = "immediately"
stop_timeout = "1s"
[services.a]
endpoint = "tcp:h:1"
[services.b]
endpoint = "tcp:h:1"
retry = "fixed=1s"
)",
                                "f");
    EXPECT_EQ(c.services[0].retry, "immediately");
    EXPECT_EQ(c.services[1].retry, "fixed=1s");
    EXPECT_EQ(c.services[1].stop_timeout, 1s);
}

TEST(config, has_one_job_for_each_connection)
{
    EXPECT_EQ(service("").job, job_config(hold_job()));
    EXPECT_EQ(service("exec = \"cat\"").job, job_config(exec_job{"cat"}));
    EXPECT_EQ(service("log = \"/tmp/x\"").job, job_config(log_job{"/tmp/x"}));
    EXPECT_EQ(service("forward = \"unix:/tmp/x\"").job, job_config(forward_job{"unix:/tmp/x"}));
    EXPECT_EQ(refusal_of("exec = \"cat\"\nlog = \"x\""),
              "f:4:7: services.a.log: a connection is for one thing, and exec is there already");
    EXPECT_EQ(refusal_of("hold = true\nexec = \"cat\""),
              "f:3:8: services.a.hold: a connection is for one thing, and exec is there already");
    EXPECT_EQ(refusal_of("exec = \"\""), "f:3:8: services.a.exec: must not be empty");
    EXPECT_EQ(refusal_of("log = \"x\""),
              "f:3:7: services.a.log: \"x\" must be a path that begins with /");
    EXPECT_EQ(refusal_of("forward = \"unix:x\""),
              "f:3:11: services.a.forward: \"x\" must be a path that begins with /");
    EXPECT_EQ(refusal_of("forward_wait = 1"), "f:3:16: services.a.forward_wait: goes with forward");
}

TEST(config, says_where_something_is_wrong_and_what_was_expected)
{
    EXPECT_EQ(refusal(""), "f:1:1: there is no service; one begins with a line such as "
                           "[services.cache]");
    EXPECT_EQ(refusal("[services.a]\nhold = true"),
              "f:1:1: services.a.endpoint: is needed: where to connect to, such as "
              "\"tcp:127.0.0.1:6379\"");
    EXPECT_EQ(refusal_of("retri = \"x\""),
              "f:3:1: services.a: there is no key \"retri\" (did you mean \"retry\"?)");
    EXPECT_EQ(refusal("[servicez.a]\n"),
              "f:1:2: there is no key \"servicez\" (did you mean \"services\"?)");
    EXPECT_EQ(refusal("[daemon]\nstatsu = 1\n[services.a]\nendpoint = \"tcp:h:1\""),
              "f:2:1: daemon: there is no key \"statsu\" (did you mean \"status\"?)");
    EXPECT_EQ(refusal_of("retry = 3"), "f:3:9: services.a.retry: is a number, and must be a text");
    EXPECT_EQ(refusal_of("retry = \"fixd=1s\"").substr(0, 32),
              "f:3:9: services.a.retry: \"fixd\":");
    EXPECT_EQ(refusal_of("stop_timeout = \"1 s\"").substr(0, 38),
              "f:3:16: services.a.stop_timeout: \"1 s\"");
    EXPECT_EQ(refusal_of("stop_timeout = 0"),
              "f:3:16: services.a.stop_timeout: must be more than zero");
    EXPECT_EQ(refusal_of("max_age = true"), "f:3:11: services.a.max_age: is true or false, and "
                                            "must be a time such as \"1.5s\" or 30");
    EXPECT_EQ(refusal_of("attempt_timeout = \"25h\""),
              "f:3:19: services.a.attempt_timeout: must be at most 24 hours");
    EXPECT_EQ(refusal_of("fail_after = 0"),
              "f:3:14: services.a.fail_after: must be a whole number from 1 to 1000000000");
    EXPECT_EQ(refusal_of("prepare = [{ snd = \"x\" }]"),
              "f:3:11: services.a.prepare: each step is { send = \"TEXT\" } or { expect = "
              "\"REGEX\" }");
    EXPECT_EQ(refusal_of("prepare = [{ expect = \"(\" }]").substr(0, 40),
              "f:3:23: services.a.prepare[0].expect: \"(");
    EXPECT_EQ(refusal_of("endpoint = \"x\"").substr(0, 7), "f:3:12:");
    EXPECT_EQ(refusal("[services.\"a b\"]\n"),
              "f:1:1: services.a b: the name \"a b\" must be made of 1 to 64 letters, digits, "
              "points, hyphens and underscores");
    EXPECT_EQ(refusal("[+a]").substr(0, 5), "f:1:2");
    EXPECT_EQ(refusal("caf\xc3\xa9 = 1").substr(0, 5), "f:1:4");
    EXPECT_EQ(refusal("services = 1"), "f:1:12: services: must be a table");
}

TEST(config, refuses_endpoints_that_make_no_sense_where_they_stand)
{
    const auto with = [](const std::string& endpoint)
    { return refusal("[services.a]\nendpoint = \"" + endpoint + "\""); };
    EXPECT_EQ(with("tpc:h:1").substr(0, 30), "f:2:12: services.a.endpoint: t");
    EXPECT_NE(with("tpc:h:1").find("did you mean \"tcp\"?"), std::string::npos) << with("tpc:h:1");
    EXPECT_EQ(with("tcp:h:70000").substr(0, 29), "f:2:12: services.a.endpoint: ");
}

TEST(config, takes_secrets_by_reference_only_and_tells_none)
{
    const auto open = refusal("[services.a]\nendpoint = \"socks5://me:hunter2@h:1?proxy=p\"");
    EXPECT_EQ(open, "f:2:12: services.a.endpoint: holds a secret; say in `secrets` where it is "
                    "read from");
    EXPECT_EQ(refusal_of("secrets = { password = \"hunter2\" }").find("hunter2"),
              std::string::npos);
    EXPECT_NE(refusal_of("secrets = { password = \"hunter2\" }").find("must be env:NAME"),
              std::string::npos);
    ::unsetenv("HOLDFAST_TEST_MISSING");
    EXPECT_NE(refusal("[services.a]\nendpoint = \"socks5:h:1:proxy=p:user=me\"\nsecrets = { "
                      "password = \"env:HOLDFAST_TEST_MISSING\" }")
                  .find("HOLDFAST_TEST_MISSING"),
              std::string::npos);
}

TEST(config, listens_on_this_machine_alone)
{
    for (const auto* const good :
         {"127.0.0.1:0", "127.1.2.3:65535", "[::1]:80", "localhost:80", "unix:/run/x"})
        EXPECT_NO_THROW(listen_address(good)) << good;
    for (const auto* const bad :
         {"0.0.0.0:80", "[::]:80", "192.0.2.1:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
          "127.0.0.1:x", "example.com:80", "unix:", "", ":80"})
        EXPECT_THROW(listen_address(bad), std::invalid_argument) << bad;
}

TEST(config, that_cannot_be_read_is_told)
{
    try
    {
        static_cast<void>(read_config("/nowhere/holdfast.toml"));
        FAIL();
    }
    catch (const config_error& e)
    {
        EXPECT_STREQ(e.what(), "/nowhere/holdfast.toml: cannot be read: No such file or directory");
    }
}
}
}

// SPDX-License-Identifier: BSL-1.0
// TLS against the servers that everybody has: nginx, stunnel, and openssl's own, which can be made
// to misbehave.
#include "support/certificates.hpp"
#include "support/listener.hpp"
#include "support/missing.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace
{
namespace asio = boost::asio;
namespace fs = std::filesystem;
using support::certificate;
using support::listener;
using support::process;
using support::server_process;

constexpr const char* nginx_program = "/usr/sbin/nginx";
constexpr const char* stunnel_program = "/usr/bin/stunnel4";

#define SKIP_WITHOUT(program) SKIP_UNLESS(fs::exists(program), program)

bool holds(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

class tls_servers : public testing::Test
{
protected:
    tls_servers()
    {
        std::string pattern = testing::TempDir() + "holdfast.XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        place("server.pem", certificate("good.pem"));
        place("server.key", certificate("good.key"));
    }

    ~tls_servers() override { fs::remove_all(folder_); }

    /// Puts these files, one after the other, in the place of `name`, at once.
    template <class... Files>
    void place(const std::string& name, const Files&... files) const
    {
        std::ofstream(folder_ / "new") << (support::text_of(files) + ...);
        fs::rename(folder_ / "new", folder_ / name);
    }

    std::string file(const std::string& name) const { return folder_ / name; }

    /// nginx, which says of each request what it knows of the connection. It has no other process.
    server_process nginx(const std::string& more) const
    {
        return server_process(
            [this, more](std::uint16_t port)
            {
                std::ofstream conf(folder_ / "nginx.conf");
                conf << "daemon off; master_process off; error_log stderr notice; pid "
                     << file("pid") << ";\nevents {}\nhttp { access_log off;\n";
                for (const auto* const kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
                    conf << kind << "_temp_path " << file(kind) << ";\n";
                conf << "server { listen 127.0.0.1:" << port << " ssl;\nssl_certificate "
                     << file("server.pem") << "; ssl_certificate_key " << file("server.key")
                     << ";\nssl_verify_depth 3; " << more
                     << "\nlocation / { return 200 \"version=$ssl_protocol "
                        "reused=$ssl_session_reused client=$ssl_client_s_dn name=$ssl_server_name "
                        "end "
                     << ++starts_ << "\\n\"; } } }\n";
                conf.close();
                return std::vector<std::string>{nginx_program,      "-p", folder_, "-c",
                                                file("nginx.conf"), "-e", "stderr"};
            },
            "OS: Linux"); // which it says when it listens
    }

    /// stunnel before `behind`.
    server_process stunnel(const std::string& behind, const std::string& more = {}) const
    {
        return server_process(
            [=, this](std::uint16_t port)
            {
                std::ofstream conf(folder_ / "stunnel.conf");
                conf
                    << "foreground = yes\nsyslog = no\ndebug = 6\npid =\n[one]\naccept = 127.0.0.1:"
                    << port << "\nconnect = " << behind << "\ncert = " << file("server.pem")
                    << "\nkey = " << file("server.key") << '\n'
                    << more << '\n';
                conf.close();
                return std::vector<std::string>{stunnel_program, file("stunnel.conf")};
            },
            "bound to 127.0.0.1");
    }

    static server_process openssl(const std::vector<std::string>& more)
    {
        return server_process(
            [more](std::uint16_t port)
            {
                std::vector<std::string> words{"openssl",
                                               "s_server",
                                               "-accept",
                                               "127.0.0.1:" + std::to_string(port),
                                               "-www",
                                               "-cert",
                                               certificate("good.pem"),
                                               "-key",
                                               certificate("good.key"),
                                               "-cert_chain",
                                               certificate("intermediate.pem")};
                words.insert(words.end(), more.begin(), more.end());
                return words;
            },
            "ACCEPT");
    }

    static std::string description(const server_process& server, const std::string& more = {})
    {
        return "tls:127.0.0.1:" + std::to_string(server.port()) +
               ":hostname=good.test:trustRoots=" + certificate("root.pem") + more;
    }

    static std::string as_client(const std::string& pem) { return ":certificate=" + pem; }

    /// `holdfast connect`, which asks whenever it is connected, and is hung up on after the answer.
    static std::vector<std::string> asking(const std::string& description)
    {
        return {
            HOLDFAST_PROGRAM,           "connect", description, "--retry", "fixed=20ms", "--send",
            R"(GET / HTTP/1.0\r\n\r\n)"};
    }

    static std::vector<std::string> check(const std::string& description,
                                          std::vector<std::string> more = {})
    {
        more.insert(more.begin(), {HOLDFAST_PROGRAM, "check", description});
        return more;
    }

    fs::path folder_;
    mutable int starts_ = 0; // of nginx, which tells with each answer after which one it is
};

TEST_F(tls_servers, CS_73_nginx_says_that_the_second_attempt_resumes_the_first)
{
    SKIP_WITHOUT(nginx_program);
    for (const std::string version : {"TLSv1.2", "TLSv1.3"})
    {
        const auto server = nginx("ssl_protocols " + version + ';');
        process p(asking(description(server)));
        ASSERT_TRUE(p.wait_for_output(" end ", 3)) << p.output() << p.errors();
        const auto& text = p.output();
        const auto line = "version=" + version + " reused=";
        const auto first = text.find(line + ". client= name=good.test end");
        const auto second = text.find(line, first + 1);
        const auto third = text.find(line, second + 1);
        EXPECT_NE(first, std::string::npos) << text;
        EXPECT_EQ(text.find(line + "r client="), second) << text;
        EXPECT_EQ(text.find(line + "r client=", second + 1), third) << text;
    }
}

TEST_F(tls_servers, CS_73_nginx_resumes_nothing_where_tickets_are_switched_off)
{
    SKIP_WITHOUT(nginx_program);
    const auto server = nginx("ssl_protocols TLSv1.3;");
    process p(asking(description(server, ":resume=0")));
    ASSERT_TRUE(p.wait_for_output(" end ", 3)) << p.output() << p.errors();
    EXPECT_FALSE(holds(p.output(), "reused=r")) << p.output();
}

TEST_F(tls_servers, check_shows_that_nginx_resumes)
{
    SKIP_WITHOUT(nginx_program);
    const auto server = nginx("");
    process p(check(description(server), {"--twice"}));
    EXPECT_EQ(p.wait(), 0) << p.output();
    const auto& text = p.output();
    const auto once_more = text.find("\nonce more\n");
    ASSERT_NE(once_more, std::string::npos) << text;
    EXPECT_LT(text.find("resumed           no\n"), once_more) << text;
    EXPECT_GT(text.rfind("resumed           yes\n"), once_more) << text;
    EXPECT_NE(text.rfind("resumed           yes\n"), std::string::npos) << text;
}

TEST_F(tls_servers, CS_73_nginx_is_shown_our_certificate_and_the_new_one_when_it_was_replaced)
{
    SKIP_WITHOUT(nginx_program);
    const auto server =
        nginx("ssl_verify_client on; ssl_client_certificate " + certificate("root.pem") + ';');
    place("client.pem", certificate("client.pem"), certificate("client.key"));
    process p(asking(description(server, as_client(file("client.pem")))));
    ASSERT_TRUE(p.wait_for_output("client=CN=client name=good.test end ", 2)) << p.output();
    place("client.pem", certificate("other_client.pem"), certificate("other_client.key"));
    ASSERT_TRUE(p.wait_for_output("client=CN=other client name=good.test end ", 2)) << p.output();
    // As somebody else it begins anew, and goes on from there.
    EXPECT_TRUE(holds(p.output(), "reused=. client=CN=other client")) << p.output();
    EXPECT_TRUE(holds(p.output(), "reused=r client=CN=other client")) << p.output();
}

TEST_F(tls_servers, nginx_that_wants_a_certificate_asks_for_it)
{
    SKIP_WITHOUT(nginx_program);
    const auto server =
        nginx("ssl_verify_client on; ssl_client_certificate " + certificate("root.pem") + ';');
    process without(asking(description(server)));
    EXPECT_TRUE(without.wait_for_output("400 No required SSL certificate was sent"));
    process stranger(check(description(server, as_client(certificate("self.pem")) +
                                                   ":privateKey=" + certificate("self.key")),
                           {"--watch", "0"}));
    EXPECT_EQ(stranger.wait(), 0) << stranger.output();
    EXPECT_TRUE(holds(stranger.output(), "our certificate   asked for, and sent: CN=self\n"))
        << stranger.output();
}

TEST_F(tls_servers, CS_7C_a_server_whose_certificate_was_replaced_is_judged_anew)
{
    SKIP_WITHOUT(nginx_program);
    auto server = nginx("");
    process p(asking(description(server)));
    ASSERT_TRUE(p.wait_for_output(" end ", 2)) << p.errors();
    server.kill();
    place("server.pem", certificate("expired.pem"));
    place("server.key", certificate("expired.key"));
    server.restart();
    ASSERT_TRUE(p.wait_for_errors("certificate has expired: the server's certificate"))
        << p.errors();
    process q(check(description(server)));
    EXPECT_EQ(q.wait(), 1);
    EXPECT_TRUE(holds(q.output(), "\ncause: the server's certificate, \"CN=expired\", expired at "))
        << q.output();
    server.kill();
    place("server.pem", certificate("good.pem"));
    place("server.key", certificate("good.key"));
    server.restart();
    EXPECT_TRUE(p.wait_for_output(" end " + std::to_string(starts_) + '\n')) << p.errors();
}

/// Sends back what comes.
void echo(listener::socket& s)
{
    char buffer[4096];
    boost::system::error_code ec;
    for (;;)
    {
        const auto n = s.read_some(asio::buffer(buffer), ec);
        if (ec)
            return;
        asio::write(s, asio::buffer(buffer, n), ec);
    }
}

TEST_F(tls_servers, CS_73_stunnel_carries_bytes_both_ways)
{
    SKIP_WITHOUT(stunnel_program);
    listener server(echo);
    const auto tunnel = stunnel(server.description().substr(sizeof "tcp:" - 1));
    std::string text(300'000, 0);
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<char>(i * 2654435761U >> 13);
    process p({HOLDFAST_PROGRAM, "connect", description(tunnel), "--once"});
    p.write(text);
    ASSERT_TRUE(p.wait_for_output(text.substr(text.size() - 1000)));
    p.close_input();
    EXPECT_EQ(p.wait(), 0) << p.errors();
    EXPECT_TRUE(p.output() == text) << p.output().size();
}

TEST_F(tls_servers, CS_73_stunnel_wants_a_certificate_of_its_clients)
{
    SKIP_WITHOUT(stunnel_program);
    listener server(echo);
    for (const std::string version : {"TLSv1.2", "TLSv1.3"})
    {
        const auto tunnel = stunnel(server.description().substr(sizeof "tcp:" - 1),
                                    "verifyChain = yes\nCAfile = " + certificate("root.pem") +
                                        "\nsslVersion = " + version);
        process without(check(description(tunnel), {"--watch", "20s"}));
        EXPECT_EQ(without.wait(), 1) << without.output();
        EXPECT_TRUE(holds(without.output(), "\ncause: the server wants a certificate of us, and "
                                            "none was given\n"))
            << without.output();

        place("stranger.pem", certificate("self.pem"), certificate("self.key"));
        process stranger(
            check(description(tunnel, as_client(file("stranger.pem"))), {"--watch", "20s"}));
        EXPECT_EQ(stranger.wait(), 1) << stranger.output();
        EXPECT_TRUE(holds(stranger.output(),
                          "\ncause: the server does not accept our certificate, CN=self\n"))
            << stranger.output();

        place("client.pem", certificate("client.pem"), certificate("client.key"));
        process with({HOLDFAST_PROGRAM, "connect",
                      description(tunnel, as_client(file("client.pem"))), "--once"});
        with.write("ping");
        EXPECT_TRUE(with.wait_for_output("ping")) << with.errors();
    }
}

TEST_F(tls_servers, stunnel_with_nothing_behind_it_is_seen_to_hang_up)
{
    SKIP_WITHOUT(stunnel_program);
    const auto tunnel = stunnel("127.0.0.1:" + std::to_string(support::free_port()));
    process p(check(description(tunnel), {"--watch", "20s"}));
    EXPECT_EQ(p.wait(), 1) << p.output(); // it does not even say goodbye
    EXPECT_TRUE(holds(p.output(), "\ncause: the server took the connection, and ended it at once"))
        << p.output();
}

/// What openssl's server is told, and the cause that is to be told of it.
struct oddity
{
    std::string test;
    std::vector<std::string> options;
    std::string cause;
};

void PrintTo(const oddity& o, std::ostream* out)
{
    *out << o.test;
}

const oddity oddities[] = {
    {"version_1_0",
     {"-tls1", "-cipher", "DEFAULT@SECLEVEL=0"},
     "the server speaks no version of TLS that is new enough"},
    {"version_1_1",
     {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"},
     "the server speaks no version of TLS that is new enough"},
    {"no_common_cipher",
     {"-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"},
     "the server has no version, cipher or kind of key in common with us"},
    {"wants_a_certificate",
     {"-tls1_2", "-Verify", "2"},
     "the server wants a certificate of us, and none was given"},
    {"no_common_protocol",
     {"-alpn", "nosuch"},
     "the server speaks none of the protocols that were offered (ALPN)"},
    {"no_tickets", {"-no_ticket", "-num_tickets", "0"}, ""},
    {"serves_one_client_and_wants_a_certificate",
     {"-naccept", "1", "-Verify", "2", "-verify_return_error"},
     "the server wants a certificate"},
};

class tls_oddities : public tls_servers, public testing::WithParamInterface<oddity>
{
};

TEST_P(tls_oddities, of_openssl_are_told)
{
    const auto& o = GetParam();
    const auto server = openssl(o.options);
    process p(check(description(server, ":alpn=h2")));
    EXPECT_EQ(p.wait(), o.cause.empty() ? 0 : 1) << p.output();
    EXPECT_TRUE(holds(p.output(), o.cause.empty() ? "\nconnected to " : "\ncause: " + o.cause))
        << p.output();
}

INSTANTIATE_TEST_SUITE_P(openssl, tls_oddities, testing::ValuesIn(oddities),
                         [](const auto& each) { return each.param.test; });
}

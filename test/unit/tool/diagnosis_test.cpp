// SPDX-License-Identifier: BSL-1.0
// What `holdfast check` says is the matter, of each way in which an attempt can fail.
#include "tool/diagnosis.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>

#if defined(HOLDFAST_TLS)
#include <holdfast/endpoints/tls_error.hpp>

#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#endif

#include <memory>
#include <string>
#include <vector>

namespace
{
namespace hf = holdfast;
namespace net = boost::asio::error;
using hf::errc;
using hf::error_code;
using hf::phase;
using steps = std::vector<hf::dial_step>;

hf::dial_step connect_to(const std::string& target, error_code ec, std::string detail = {})
{
    return {.phase = phase::connect,
            .what = "connect to " + target,
            .code = ec,
            .detail = std::move(detail)};
}

hf::dial_step look_up(const std::string& host, error_code ec)
{
    return {.phase = phase::lookup, .what = "look up " + host, .code = ec};
}

hf::dial_step handshake(error_code ec, decltype(hf::dial_step::facts) facts = {})
{
    return {
        .phase = phase::tls, .what = "shake hands with x", .code = ec, .facts = std::move(facts)};
}

/// An attempt that failed in its last step.
tool::diagnosis diagnose(const steps& all, const std::string& detail = {})
{
    hf::failure why{.code = all.back().code, .phase = all.back().phase};
    if (!detail.empty())
        why.detail = std::make_shared<const std::string>(detail);
    return tool::diagnose(why, all);
}

error_code system(int number)
{
    return {number, boost::system::system_category()};
}

/// The steps of an attempt, what is said of it, and a part of what to try.
struct row
{
    steps all;
    std::string cause;
    std::string tries;
};

void expect(const row& r, const std::string& detail = {})
{
    const auto d = diagnose(r.all, detail);
    EXPECT_EQ(d.cause, r.cause);
    EXPECT_NE(d.advice.find(r.tries), std::string::npos) << d.advice;
    EXPECT_EQ(d.cause.find('\n'), std::string::npos);
    EXPECT_FALSE(d.cause.ends_with('.'));
}

TEST(diagnosis, of_a_connect_names_what_was_tried)
{
    const row rows[] = {
        {{connect_to("127.0.0.1:80", net::connection_refused)},
         "nothing listens on 127.0.0.1:80",
         "whether the server runs"},
        {{connect_to("[::1]:80", net::connection_refused),
          connect_to("127.0.0.1:80", net::connection_refused)},
         "nothing listens on [::1]:80 or 127.0.0.1:80",
         "whether the server runs"},
        {{connect_to("192.0.2.1:80", errc::connect_timed_out)},
         "nothing answers from 192.0.2.1:80",
         "firewall"},
        {{connect_to("192.0.2.1:80", net::operation_aborted)}, // by the attempt's own end
         "nothing answers from 192.0.2.1:80",
         "firewall"},
        {{connect_to("192.0.2.1:80", net::timed_out)},
         "nothing answers from 192.0.2.1:80",
         "firewall"},
        {{connect_to("[2001:db8::1]:80", net::network_unreachable)},
         "this machine has no way to the network of [2001:db8::1]:80",
         "-4"},
        {{connect_to("192.0.2.1:80", net::network_unreachable)},
         "this machine has no way to the network of 192.0.2.1:80",
         "ip route"},
        {{connect_to("192.0.2.1:80", net::host_unreachable)},
         "the network does not reach 192.0.2.1:80",
         "its machine is up"},
        {{connect_to("127.0.0.1:40000", errc::connected_to_itself)},
         "nothing listens on 127.0.0.1:40000: the system gave us that very port to connect from, "
         "so that the socket met itself",
         "ip_local_port_range"},
        {{connect_to("127.0.0.1:80", net::connection_reset)},
         "127.0.0.1:80 ended the connection as soon as it was made",
         "log of the server"},
        {{connect_to("127.0.0.1:80", net::access_denied)},
         "this machine forbids connecting to 127.0.0.1:80",
         "firewall"},
        {{connect_to("127.0.0.1:80", system(EPROTO))}, "127.0.0.1:80: Protocol error", "message"},
    };
    for (const auto& r : rows)
        expect(r);
}

TEST(diagnosis, of_a_name_tells_of_each_address_and_advises_on_what_is_mended_most_easily)
{
    const row r{{look_up("some.test", {}), connect_to("[2001:db8::1]:80", net::network_unreachable),
                 connect_to("192.0.2.1:80", errc::connect_timed_out),
                 connect_to("192.0.2.2:80", net::connection_refused)},
                "this machine has no way to the network of [2001:db8::1]:80; nothing answers from "
                "192.0.2.1:80; nothing listens on 192.0.2.2:80",
                "whether the server runs"};
    expect(r);
}

TEST(diagnosis, leaves_out_an_address_that_was_only_slower)
{
    const steps all{
        connect_to("192.0.2.1:80", net::operation_aborted, "another address was faster"),
        connect_to("192.0.2.2:80", {}), connect_to("192.0.2.3:80", net::connection_refused)};
    EXPECT_EQ(diagnose(all).cause, "nothing listens on 192.0.2.3:80");
}

TEST(diagnosis, is_short_however_many_addresses_there_are)
{
    steps all;
    for (int i = 0; i < 64; ++i)
        all.push_back(connect_to("192.0.2." + std::to_string(i) + ":80", net::connection_refused));
    EXPECT_EQ(diagnose(all).cause, "nothing listens on 192.0.2.0:80, 192.0.2.1:80, 192.0.2.2:80, "
                                   "192.0.2.3:80 and 60 more");
}

TEST(diagnosis, of_a_Unix_socket_speaks_of_it)
{
    const row rows[] = {
        {{connect_to("/run/a", system(ENOENT))}, "there is no Unix socket /run/a", "where"},
        {{connect_to("/run/a", system(ENOTDIR))}, "there is no Unix socket /run/a", "where"},
        {{connect_to("/run/a", system(EACCES))},
         "this user may not connect to the Unix socket /run/a",
         "namei -l"},
        {{connect_to("/run/a", net::connection_refused)},
         "nobody listens on the Unix socket /run/a any more",
         "left behind"},
        {{connect_to("/run/a", errc::no_listener)},
         "nobody listens on the Unix socket /run/a any more",
         "start the server"},
        {{connect_to("@name", errc::connect_timed_out)},
         "the server of the Unix socket @name takes no more connections",
         "queue"},
    };
    for (const auto& r : rows)
        expect(r);
}

TEST(diagnosis, of_a_lookup_names_the_host)
{
    const row rows[] = {
        {{look_up("nosuch.test", net::host_not_found)},
         "there is no host called nosuch.test",
         "spelt"},
        {{look_up("v4.test (IPv6 only)", errc::no_address)},
         "v4.test (IPv6 only) exists, and has no address of the wanted kind",
         "-6"},
        {{look_up("slow.test", errc::lookup_timed_out)},
         "the name servers of this machine gave no answer for slow.test",
         "resolv.conf"},
        {{look_up("slow.test", net::host_not_found_try_again)},
         "the name servers of this machine gave no answer for slow.test",
         "resolv.conf"},
        {{look_up("odd.test", net::no_recovery)},
         "odd.test was not looked up: A non-recoverable error occurred during database lookup",
         "resolv.conf"},
    };
    for (const auto& r : rows)
        expect(r);
}

TEST(diagnosis, of_what_this_machine_lacks_blames_no_peer)
{
    const auto cause = [](error_code ec) { return diagnose({connect_to("1.2.3.4:5", ec)}).cause; };
    EXPECT_EQ(cause(system(EMFILE)),
              "this process may open no more files, and a connection is one");
    EXPECT_EQ(cause(system(ENFILE)),
              "this machine may open no more files, and a connection is one");
    EXPECT_EQ(cause(system(EADDRNOTAVAIL)), "this machine has no address and port to connect from");
    EXPECT_EQ(cause(system(ENOBUFS)),
              "this machine ran out of something: No buffer space available");
    EXPECT_EQ(diagnose({look_up("x", errc::too_many_lookups)}).cause,
              "too many lookups are stuck already");
}

TEST(diagnosis, of_a_proxy_tells_its_refusal_from_that_of_the_target)
{
    const auto of = [](error_code ec, const std::string& detail = {})
    {
        return diagnose({connect_to("192.0.2.1:1080", {}),
                         {.phase = phase::proxy, .what = "ask the proxy for x:1", .code = ec}},
                        detail);
    };
    EXPECT_EQ(of(errc::proxy_timed_out).cause, "the proxy took the connection, and did not answer");
    EXPECT_EQ(of(net::eof).cause, "the proxy hung up instead of answering");
    EXPECT_EQ(of(net::connection_refused, "reply 5").cause, "Connection refused: reply 5");
    EXPECT_NE(of(net::connection_refused).advice.find("behind the proxy"), std::string::npos);
    EXPECT_NE(of(net::access_denied).advice.find("allow"), std::string::npos);
    EXPECT_NE(of(net::host_unreachable).advice.find("from where the proxy is"), std::string::npos);
    EXPECT_NE(of(system(EPROTO)).advice.find("password"), std::string::npos);
}

TEST(diagnosis, of_an_endpoint_of_another_kind_says_what_it_says)
{
    const auto d =
        diagnose({{.phase = phase::connect, .what = "run nosuch", .code = system(ENOENT)}},
                 "there is no program nosuch");
    EXPECT_EQ(d.cause, "there is no program nosuch");
    EXPECT_EQ(tool::diagnose({.code = system(EPROTO)}, {}).cause, "Protocol error");
}

TEST(diagnosis, of_a_connection_that_was_lost_at_once_blames_the_server)
{
    const row r{{connect_to("127.0.0.1:80", {}),
                 {.phase = phase::session, .what = "watch", .code = net::connection_reset}},
                "the server took the connection, and ended it at once: Connection reset by peer",
                "log of the server"};
    expect(r);
}

#if defined(HOLDFAST_TLS)
error_code refused(int reason)
{
    return {reason, hf::tls_verify_category()};
}

error_code of_openssl(int reason)
{
    return {static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, reason)), net::get_ssl_category()};
}

TEST(diagnosis, of_a_certificate_is_what_is_wrong_with_it_and_what_mends_that)
{
    const struct
    {
        int reason;
        const char* tries;
    } rows[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, "renewed"},
        {X509_V_ERR_CERT_NOT_YET_VALID, "clock"},
        {X509_V_ERR_HOSTNAME_MISMATCH, "hostname="},
        {X509_V_ERR_IP_ADDRESS_MISMATCH, "hostname="},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "its certificate, had from whoever runs it"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "that root"},
        {X509_V_ERR_INVALID_PURPOSE, "serverAuth"},
        {X509_V_ERR_EE_KEY_TOO_SMALL, "2048"},
        {X509_V_ERR_CERT_REVOKED, "do not use this server"},
        {X509_V_ERR_UNABLE_TO_GET_CRL, "crl="},
        {X509_V_ERR_CRL_HAS_EXPIRED, "anew"},
        {X509_V_ERR_PATH_LENGTH_EXCEEDED, "whoever runs the server"},
    };
    for (const auto& r : rows)
        expect({{handshake(refused(r.reason))}, "it is so", r.tries}, "it is so");
}

TEST(diagnosis, of_an_unknown_issuer_hangs_on_whether_the_server_sent_one)
{
    const auto unknown = refused(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    const auto alone = diagnose({handshake(unknown, {{"certificate", "CN=a"}})});
    EXPECT_NE(alone.advice.find("have the server send"), std::string::npos);
    const auto chain =
        diagnose({handshake(unknown, {{"certificate", "CN=a"}, {"certificate", "CN=b"}})});
    EXPECT_EQ(chain.advice.find("have the server send"), std::string::npos);
    EXPECT_NE(chain.advice.find("trustRoots="), std::string::npos);
}

TEST(diagnosis, of_a_handshake_tells_a_plain_port_from_one_that_hangs_up)
{
    const row rows[] = {
        {{handshake(of_openssl(SSL_R_WRONG_VERSION_NUMBER))},
         "what the server sent is not TLS, so this port is one without it",
         "tcp: for tls:"},
        {{handshake(boost::asio::ssl::error::stream_truncated)},
         "the server hung up in the middle of the TLS handshake",
         "speaks TLS"},
        {{handshake(net::connection_reset)},
         "the server hung up in the middle of the TLS handshake",
         "speaks TLS"},
        {{handshake(errc::tls_timed_out)},
         "the server took the connection, and does not answer to TLS",
         "tcp: for tls:"},
        {{handshake(errc::unusable_files)},
         "a file with certificates or keys cannot be used",
         "mend"},
    };
    for (const auto& r : rows)
        expect(r);
    expect({{handshake(of_openssl(SSL_R_TLSV1_ALERT_PROTOCOL_VERSION))}, "too old", "TLS 1.2"},
           "too old");
    expect({{handshake(errc::key_not_pinned)},
            "the key of the server is not one that was pinned: the server has the key k",
            "pins="},
           "the server has the key k");
}

TEST(diagnosis, of_our_certificate_holds_before_and_after_the_handshake)
{
    const decltype(hf::dial_step::facts) none{{"our certificate", "asked for, and we have none"}};
    const decltype(hf::dial_step::facts) sent{{"our certificate", "asked for, and sent: CN=me"}};
    const std::string wants = "the server wants a certificate of us, and none was given";
    expect({{handshake(of_openssl(SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE), none)},
            wants,
            "certificate=FILE:privateKey=FILE"});
    const hf::dial_step lost{.phase = phase::session,
                             .what = "watch",
                             .code = of_openssl(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED)};
    expect({{handshake({}, none), lost}, wants, "certificate=FILE"});
    expect({{handshake({}, sent), lost},
            "the server does not accept our certificate, CN=me",
            "an issuer that the server trusts"});
}
#endif
}

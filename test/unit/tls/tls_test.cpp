// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/tls.hpp>

#include "tls_fixture.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/process.hpp>
#include <holdfast/endpoints/unix.hpp>
#include <holdfast/protocols/session.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <stdexcept>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;

class tls_test : public tls_fixture
{
protected:
    /// How a dial to a server with that certificate fails; the words are in the report.
    error_code refused(const std::string& name, const tls_options& options = trusting())
    {
        support::tls_server server(io_, {.certificate = name});
        const auto result = dial(to(server, options));
        finish(result);
        EXPECT_EQ(report_.phase, phase::tls);
        EXPECT_EQ(result->code == condition::peer_not_verified, bool(result->code));
        return result->code;
    }

    bool says(const std::string& words) const { return detail().find(words) != std::string::npos; }
};

error_code verify_error(int value)
{
    return {value, tls_verify_category()};
}

TEST_F(tls_test, CS_7C_a_server_is_verified_by_name_and_is_told_the_name)
{
    support::tls_server server(io_);
    const auto result = dial(to(server));
    finish(result);
    EXPECT_EQ(result->code, error_code()) << detail();
    EXPECT_EQ(report_.phase, phase::tls);
    ASSERT_TRUE(runs_until([&] { return server.last().shaken; }));
    EXPECT_EQ(server.last().server_name, "good.test");
}

TEST_F(tls_test, CS_7C_a_server_is_verified_by_address_and_told_no_name)
{
    support::tls_server server(io_, {.certificate = "address"});
    const auto result = dial(to(server, trusting("")));
    finish(result);
    EXPECT_EQ(result->code, error_code()) << detail();
    ASSERT_TRUE(runs_until([&] { return server.last().shaken; }));
    EXPECT_EQ(server.last().server_name, "");
    EXPECT_EQ(refused("address", trusting("127.0.0.2")),
              verify_error(X509_V_ERR_IP_ADDRESS_MISMATCH));
    EXPECT_TRUE(says("is for 127.0.0.1 and ::1, not for \"127.0.0.2\"")) << detail();
}

TEST_F(tls_test, CS_7C_by_default_the_roots_of_the_platform_are_trusted_and_no_others)
{
    auto options = trusting();
    options.trust_roots = "";
    EXPECT_EQ(refused("good", options), verify_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY));
    EXPECT_TRUE(says("not among those that this machine trusts")) << detail();
}

TEST_F(tls_test, CS_7C_verification_is_switched_off_by_one_long_name_which_the_description_shows)
{
    auto options = trusting();
    options.insecure_accept_any_certificate = true;
    EXPECT_EQ(refused("self", options), error_code()) << detail();
    EXPECT_EQ(to_string(tls("127.0.0.1", 1, {.insecure_accept_any_certificate = true})),
              "tls:127.0.0.1:1:insecureAcceptAnyCertificate=1");
}

TEST_F(tls_test, what_is_wrong_with_a_certificate_is_said_in_words)
{
    EXPECT_EQ(refused("expired"), verify_error(X509_V_ERR_CERT_HAS_EXPIRED));
    EXPECT_TRUE(says("\"CN=expired\", expired at 20")) << detail();
    EXPECT_TRUE(says(" 3 days ago by the clock of this machine")) << detail();
    EXPECT_EQ(refused("future"), verify_error(X509_V_ERR_CERT_NOT_YET_VALID));
    EXPECT_TRUE(says("\"CN=future\", is not valid until 20")) << detail();
    EXPECT_EQ(refused("several"), verify_error(X509_V_ERR_HOSTNAME_MISMATCH));
    EXPECT_TRUE(says(R"(is for "a.test", "b.test" and 192.0.2.7, not for "good.test")"))
        << detail();
    EXPECT_EQ(refused("nameless"), verify_error(X509_V_ERR_HOSTNAME_MISMATCH));
    EXPECT_TRUE(says("only its subject \"CN=good.test\", which does not count")) << detail();
    EXPECT_EQ(refused("self"), verify_error(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT));
    EXPECT_TRUE(says("\"CN=self\", is signed by itself, and not trusted by /")) << detail();
    EXPECT_EQ(refused("unknown"), verify_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY));
    EXPECT_TRUE(says("is issued by \"CN=Other Root\", which is not among those of /")) << detail();
    EXPECT_EQ(refused("alone"), verify_error(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY));
    EXPECT_TRUE(says("and of which the server sends no certificate either")) << detail();
    EXPECT_EQ(refused("purpose"), verify_error(X509_V_ERR_INVALID_PURPOSE));
    EXPECT_TRUE(says("is for TLS Web Client Authentication only, not for a TLS server"))
        << detail();
    EXPECT_EQ(refused("weak"), verify_error(X509_V_ERR_EE_KEY_TOO_SMALL));
    EXPECT_TRUE(says("(RSA, 1024 bits) that is too short")) << detail();
}

TEST_F(tls_test, a_certificate_that_was_revoked_is_refused_if_the_lists_are_given)
{
    EXPECT_EQ(refused("revoked"), error_code()) << detail();
    auto options = trusting();
    options.crl = certificate("crl.pem");
    EXPECT_EQ(refused("revoked", options), verify_error(X509_V_ERR_CERT_REVOKED));
    EXPECT_TRUE(says("\"CN=revoked\", with the serial number 1")) << detail();
    EXPECT_EQ(refused("good", options), error_code()) << detail();
}

TEST_F(tls_test, a_star_stands_for_one_whole_label)
{
    EXPECT_EQ(refused("wildcard", trusting("x.wild.test")), error_code()) << detail();
    EXPECT_EQ(refused("wildcard", trusting("x.wild.test.")), error_code()) << detail();
    const auto mismatch = verify_error(X509_V_ERR_HOSTNAME_MISMATCH);
    EXPECT_EQ(refused("wildcard", trusting("wild.test")), mismatch);
    EXPECT_EQ(refused("wildcard", trusting("x.y.wild.test")), mismatch);
    EXPECT_EQ(refused("partial", trusting("foo.wild.test")), mismatch);
}

TEST_F(tls_test, roots_are_a_file_a_directory_or_pem)
{
    const auto folder = ::testing::TempDir() + "/holdfast-roots-" + std::to_string(::getpid());
    std::filesystem::create_directory(folder);
    std::filesystem::copy(certificate("other_root.pem"), folder + "/other.pem");
    std::filesystem::copy(certificate("root.pem"), folder + "/test.crt");
    auto options = trusting();
    options.trust_roots = folder;
    EXPECT_EQ(refused("good", options), error_code()) << detail();
    std::filesystem::remove_all(folder);
    options.trust_roots = support::text_of(certificate("root.pem"));
    EXPECT_EQ(refused("good", options), error_code()) << detail();
    // What is trusted need not be a root.
    options.trust_roots = certificate("intermediate.pem");
    EXPECT_EQ(refused("alone", options), error_code()) << detail();
}

TEST_F(tls_test, a_server_with_no_version_that_is_new_enough_is_refused)
{
    support::tls_server server(io_, {.version_max = TLS1_1_VERSION});
    const auto result = dial(to(server));
    finish(result);
    EXPECT_TRUE(result->code);
    EXPECT_TRUE(says("no version of TLS that is new enough")) << detail();

    support::tls_server older(io_, {.version_max = TLS1_2_VERSION});
    auto options = trusting();
    options.min_version = tls_version::v1_3;
    const auto second = dial(to(older, options));
    finish(second);
    EXPECT_TRUE(second->code);
    EXPECT_TRUE(says("no version of TLS that is new enough")) << detail();
}

TEST_F(tls_test, a_server_without_tls_is_told_from_one_with)
{
    support::tls_server server(io_, {.behaves = manners::talk_plainly});
    const auto result = dial(to(server));
    finish(result);
    EXPECT_EQ(result->code.category(), asio::error::get_ssl_category());
    EXPECT_TRUE(says("is not TLS")) << detail();
}

TEST_F(tls_test, a_server_that_hangs_up_in_the_handshake_is_told)
{
    support::tls_server server(io_, {.behaves = manners::hang_up});
    const auto result = dial(to(server));
    finish(result);
    EXPECT_TRUE(result->code == asio::ssl::error::stream_truncated ||
                result->code == asio::error::connection_reset)
        << result->code;
}

TEST_F(tls_test, a_server_that_is_not_there_is_a_failure_of_the_connect)
{
    std::optional<support::tls_server> server(std::in_place, io_);
    const auto endpoint = to(*server);
    server.reset();
    const auto result = dial(endpoint);
    finish(result);
    EXPECT_EQ(result->code, asio::error::connection_refused);
    EXPECT_EQ(report_.phase, phase::connect);
}

TEST_F(tls_test, a_handshake_that_does_not_end_runs_out_of_time)
{
    support::tls_server server(io_, {.behaves = manners::stall});
    auto options = trusting();
    options.timeout = 3s;
    const auto result = dial(to(server, options));
    ASSERT_TRUE(runs_until([&] { return report_.phase == phase::tls; }));
    clock_.advance(2999ms);
    settle();
    EXPECT_EQ(result->completions, 0);
    clock_.advance(1ms);
    finish(result);
    EXPECT_EQ(result->code, errc::tls_timed_out);
}

TEST_F(tls_test, CS_7F_cancelling_in_each_phase_ends_it_at_once_and_closes_the_socket)
{
    support::tls_server server(io_, {.behaves = manners::stall});
    for (const bool shaking : {false, true})
    {
        report_.phase = phase::connect;
        const auto before = open_descriptors();
        const auto result = dial(to(server));
        if (shaking)
        {
            ASSERT_TRUE(runs_until([&] { return report_.phase == phase::tls; }));
            settle();
        }
        result->cancel.emit(asio::cancellation_type::all);
        finish(result);
        EXPECT_EQ(result->code, asio::error::operation_aborted);
        EXPECT_LE(open_descriptors(), before + 1); // that of the server, who accepted it
    }
}

TEST_F(tls_test, CS_7F_a_cancel_that_arrives_with_the_success_closes_the_socket)
{
    support::tls_server server(io_);
    for (int steps = 1; steps < 40; ++steps)
    {
        const auto result = dial(to(server));
        io_.restart();
        for (int i = 0; i < steps && result->completions == 0; ++i)
            io_.run_one_for(1s);
        if (result->completions != 0)
            return; // each moment before was tried
        result->cancel.emit(asio::cancellation_type::all);
        finish(result);
        EXPECT_EQ(result->code, asio::error::operation_aborted);
    }
    FAIL() << "no dial succeeded";
}

TEST_F(tls_test, CS_7D_over_a_unix_socket)
{
    const auto path = ::testing::TempDir() + "/holdfast-" + std::to_string(::getpid()) + ".sock";
    std::filesystem::remove(path);
    support::tls_server server(io_, {.path = path});
    const auto result = dial(tls_over(unix_socket(path), "good.test", trusting()));
    finish(result);
    ASSERT_EQ(result->code, error_code()) << detail();
    EXPECT_EQ(echo(*result->stream, "ping"), "ping");
    result->stream->close();
    ASSERT_TRUE(runs_until([&] { return server.last().ended; }));
    EXPECT_EQ(server.last().why, asio::error::eof);
    std::filesystem::remove(path);
}

TEST_F(tls_test, CS_7D_over_tls)
{
    support::tls_server inner(io_, {.certificate = "wildcard"});
    support::tls_server outer(io_, {.passes_on_to = inner.port()});
    const auto result = dial(tls_over(to(outer), "x.wild.test", trusting("")));
    finish(result);
    ASSERT_EQ(result->code, error_code()) << detail();
    EXPECT_EQ(echo(*result->stream, "ping"), "ping");
    EXPECT_EQ(inner.last().server_name, "x.wild.test");
    EXPECT_EQ(outer.last().server_name, "good.test");
    stream_link link;
    tie(*result->stream, link);
    EXPECT_TRUE(link.tied());
    result->stream->close();
    ASSERT_TRUE(runs_until([&] { return inner.last().ended && outer.last().ended; }));
    EXPECT_EQ(outer.last().why, asio::error::eof);
}

TEST_F(tls_test, CS_7D_over_an_endpoint_whose_kind_is_known_at_run_time_only)
{
    support::tls_server server(io_);
    const any_endpoint below = tcp("127.0.0.1", server.port());
    const auto result = dial(tls_over(below, "good.test", trusting()));
    finish(result);
    ASSERT_EQ(result->code, error_code()) << detail();
    EXPECT_EQ(echo(*result->stream, "ping"), "ping");
    result->stream->close();
    ASSERT_TRUE(runs_until([&] { return server.last().ended; }));
    EXPECT_EQ(server.last().why, asio::error::eof);
}

TEST_F(tls_test, CS_7E_over_a_program_that_connects)
{
    support::tls_server server(io_);
    const process relay("bash",
                        {"-c", "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(server.port()) +
                                   "; cat <&3 & exec cat >&3"});
    auto result = dial(tls_over(relay, "good.test", trusting()));
    finish(result);
    EXPECT_EQ(result->code, error_code()) << detail();
    EXPECT_EQ(echo(*result->stream, "ping"), "ping");
    stream_link link;
    tie(*result->stream, link);
    result->stream->close();
    EXPECT_TRUE(runs_until([&] { return !link.tied(); })); // it has ended, and was waited for
}

TEST_F(tls_test, options_that_make_no_sense_are_refused_when_they_are_given)
{
    const auto refusal = [](tls_options options)
    {
        try
        {
            tls("127.0.0.1", 1, std::move(options));
        }
        catch (const std::invalid_argument& e)
        {
            return std::string(e.what());
        }
        return std::string("taken");
    };
    EXPECT_EQ(refusal({.server_name = "a..b"}),
              "tls: server_name \"a..b\" is not valid: it has an empty label");
    EXPECT_EQ(refusal({.trust_roots = "/nowhere/roots.pem"}),
              "tls: trust_roots \"/nowhere/roots.pem\" cannot be read: No such file or directory");
    const auto deep = "/nowhere/" + std::string(200, 'x') + "/roots.pem";
    EXPECT_EQ(refusal({.trust_roots = deep}),
              "tls: trust_roots \"" + deep + "\" cannot be read: No such file or directory");
    EXPECT_EQ(refusal({.trust_roots = "-----BEGIN CERTIFICATE-----\nAAAA"}).substr(0, 51),
              "tls: trust_roots (PEM) has PEM that cannot be read:");
    EXPECT_EQ(refusal({.trust_roots = certificate("good.key")}),
              "tls: trust_roots \"" + certificate("good.key") + "\" holds no certificate");
    EXPECT_EQ(refusal({.crl = certificate("good.pem")}),
              "tls: crl \"" + certificate("good.pem") + "\" holds no certificate revocation list");
    EXPECT_EQ(refusal({.certificate = certificate("client.pem")}),
              "tls: certificate \"" + certificate("client.pem") + "\" holds no private key");
    EXPECT_EQ(refusal({.private_key = certificate("client.key")}),
              "tls: private_key is given without a certificate");
    EXPECT_EQ(refusal({.certificate = certificate("client.pem"),
                       .private_key = certificate("stranger.key")}),
              "tls: private_key \"" + certificate("stranger.key") +
                  "\" has a key that is not that of the certificate");
    EXPECT_NE(refusal({.certificate = certificate("client.pem"),
                       .private_key = certificate("locked.key")})
                  .find("is a key with a password"),
              std::string::npos);
    EXPECT_EQ(refusal({.pins = {"sha256//short"}}),
              "tls: pins \"sha256//short\" is not sha256// and 32 bytes in base64");
    EXPECT_EQ(refusal({.alpn = {""}}), "tls: alpn \"\" is not 1 to 255 bytes long");
    EXPECT_EQ(refusal({.timeout = 0s}), "tls: timeout 0s is not above zero and at most 9 hours");
    EXPECT_EQ(refusal({}), "taken");
}
}
}

// SPDX-License-Identifier: BSL-1.0
// One certificate for each thing that can be wrong, behind openssl's own server: what `holdfast
// connect` and `holdfast check` say of it, beside curl and `openssl s_client`.
#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/server_process.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace
{
using support::certificate;
using support::process;
using support::server_process;

/// A server with a certificate, and what is to be said of it.
struct row
{
    std::string test;
    std::string certificate; ///< Of those that `make_certificates` makes.
    std::string host;        ///< That is asked for.
    std::string reason{};    ///< A part of our sentence; empty: it is good.
    bool looks_at_lists = false;
    bool others_take_it = false; ///< They count the name in the subject, which RFC 9525 forbids.
};

void PrintTo(const row& r, std::ostream* out)
{
    *out << r.test;
}

const row rows[] = {
    {"good", "good", "good.test"},
    {"wildcard", "wildcard", "x.wild.test"},
    {"address", "address", "127.0.0.1"},
    {"not_revoked", "good", "good.test", "", true},
    {"wrong_name", "several", "good.test",
     R"(hostname mismatch: the certificate is for "a.test", "b.test" and 192.0.2.7, not for "good.test")"},
    {"wrong_address", "several", "127.0.0.1",
     R"(IP address mismatch: the certificate is for "a.test", "b.test" and 192.0.2.7, not for "127.0.0.1")"},
    {"wildcard_for_two_labels", "wildcard", "x.y.wild.test",
     R"(is for "*.wild.test", not for "x.y.wild.test")"},
    {"wildcard_for_none", "wildcard", "wild.test", R"(is for "*.wild.test", not for "wild.test")"},
    {"no_name", "nameless", "good.test", R"(only its subject "CN=good.test", which does not count)",
     false, true},
    {"expired", "expired", "good.test",
     R"(certificate has expired: the server's certificate, "CN=expired", expired at 20)"},
    {"not_yet_valid", "future", "good.test",
     R"(certificate is not yet valid: the server's certificate, "CN=future", is not valid until 20)"},
    {"self_signed", "self", "good.test",
     R"(self-signed certificate: the server's certificate, "CN=self", is signed by itself)"},
    {"unknown_root", "unknown", "good.test",
     R"("CN=unknown", is issued by "CN=Other Root", which is not among those of)"},
    {"intermediate_missing", "alone", "good.test",
     R"(issued by "CN=Test Intermediate", which is not among)"},
    {"wrong_purpose", "purpose", "good.test",
     "is for TLS Web Client Authentication only, not for a TLS server"},
    {"weak_key", "weak", "good.test", "(RSA, 1024 bits) that is too short to be safe"},
    {"revoked", "revoked", "good.test",
     R"(certificate revoked: the server's certificate, "CN=revoked", with the serial number)",
     true},
};

class tls_matrix : public testing::TestWithParam<row>
{
protected:
    /// openssl's server, which answers as one of HTTP, and sends all that is in the file.
    static server_process serve(const std::string& name)
    {
        return server_process(
            [name](std::uint16_t port)
            {
                std::vector<std::string> words{"openssl",
                                               "s_server",
                                               "-accept",
                                               "127.0.0.1:" + std::to_string(port),
                                               "-cipher",
                                               "DEFAULT@SECLEVEL=0",
                                               "-www",
                                               "-cert",
                                               certificate(name + ".pem"),
                                               "-key",
                                               certificate(name + ".key")};
                if (support::text_of(certificate(name + ".pem")).find("BEGIN", 20) !=
                    std::string::npos)
                    words.insert(words.end(), {"-cert_chain", certificate("intermediate.pem")});
                return words;
            },
            "ACCEPT");
    }

    /// Whether a program ends well.
    static bool succeeds(std::vector<std::string> command)
    {
        process p(std::move(command));
        p.close_input();
        return p.wait() == 0;
    }
};

TEST_P(tls_matrix, CS_7C_is_judged_as_it_should_be)
{
    const row& r = GetParam();
    const auto server = serve(r.certificate);
    const auto port = std::to_string(server.port());
    auto description =
        "tls:127.0.0.1:" + port + ":hostname=" + r.host + ":trustRoots=" + certificate("root.pem");
    if (r.looks_at_lists)
        description += ":crl=" + certificate("crl.pem");
    process p({HOLDFAST_PROGRAM, "connect", description, "--once", "--fail-after", "1", "--send",
               R"(GET / HTTP/1.0\r\n\r\n)"}); // the server answers, and hangs up
    p.close_input();
    const auto status = p.wait();
    EXPECT_EQ(status, r.reason.empty() ? 0 : 3) << p.errors();
    EXPECT_NE(p.errors().find(r.reason.empty() ? "connected" : r.reason), std::string::npos)
        << p.errors();
    EXPECT_EQ(p.errors().find("failed in tls") == std::string::npos, r.reason.empty());
}

TEST_P(tls_matrix, check_says_in_one_sentence_what_is_wrong)
{
    const row& r = GetParam();
    const auto server = serve(r.certificate);
    auto description = "tls:127.0.0.1:" + std::to_string(server.port()) + ":hostname=" + r.host +
                       ":trustRoots=" + certificate("root.pem");
    if (r.looks_at_lists)
        description += ":crl=" + certificate("crl.pem");
    process p({HOLDFAST_PROGRAM, "check", description, "--watch", "0"});
    EXPECT_EQ(p.wait(), r.reason.empty() ? 0 : 1) << p.output();
    EXPECT_EQ(p.errors(), "");
    EXPECT_NE(p.output().find("certificate       CN="), std::string::npos) << p.output();
    const auto begin = p.output().find("\ncause: ");
    if (r.reason.empty())
    {
        EXPECT_EQ(begin, std::string::npos) << p.output();
        return;
    }
    ASSERT_NE(begin, std::string::npos) << p.output();
    const auto cause = p.output().substr(begin + 1, p.output().find('\n', begin + 1) - begin - 1);
    // What OpenSSL calls it stands before the colon, and on another line here.
    const auto colon = r.reason.find(": ");
    const auto reason = colon == std::string::npos ? r.reason : r.reason.substr(colon + 2);
    EXPECT_NE(cause.find(reason), std::string::npos) << p.output();
    EXPECT_NE(p.output().find("\ntry:   "), std::string::npos) << p.output();
}

TEST_P(tls_matrix, curl_and_openssl_agree)
{
    const row& r = GetParam();
    const auto server = serve(r.certificate);
    const auto port = std::to_string(server.port());
    const bool good = r.reason.empty() || r.others_take_it;
    const bool is_address = r.host.find_first_not_of("0123456789.") == std::string::npos;

    std::vector<std::string> curl{"curl",
                                  "--silent",
                                  "--noproxy",
                                  "*",
                                  "--max-time",
                                  "10",
                                  "--cacert",
                                  certificate("root.pem"),
                                  "--resolve",
                                  r.host + ":" + port + ":127.0.0.1",
                                  "--output",
                                  "/dev/null",
                                  "https://" + r.host + ":" + port + "/"};
    std::vector<std::string> openssl{
        "openssl",
        "s_client",
        "-connect",
        "127.0.0.1:" + port,
        "-CAfile",
        certificate(r.looks_at_lists ? "root_and_lists.pem" : "root.pem"),
        is_address ? "-verify_ip" : "-verify_hostname",
        r.host,
        "-verify_return_error"};
    if (r.looks_at_lists)
    {
        curl.insert(curl.end(), {"--crlfile", certificate("crl.pem")});
        openssl.insert(openssl.end(), {"-crl_check_all", "-crl_check"});
    }
    EXPECT_EQ(succeeds(curl), good);
    EXPECT_EQ(succeeds(openssl), good);
}

INSTANTIATE_TEST_SUITE_P(certificates, tls_matrix, testing::ValuesIn(rows),
                         [](const auto& each) { return each.param.test; });
}

// SPDX-License-Identifier: BSL-1.0
#include "tls_fixture.hpp"

#include <holdfast/endpoints/made_per_attempt.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>

namespace holdfast
{
namespace
{
namespace fs = std::filesystem;

class tls_credentials_test : public tls_fixture
{
protected:
    tls_credentials_test()
    {
        std::string pattern = ::testing::TempDir() + "/holdfast.XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
    }

    ~tls_credentials_test() override { fs::remove_all(folder_); }

    /// Puts a file of the tests in the place of `name`.
    void place(const std::string& name, const std::string& file) const
    {
        fs::copy_file(certificate(file), folder_ / "new");
        fs::rename(folder_ / "new", folder_ / name);
    }

    tls_options as_client() const
    {
        auto options = trusting();
        options.certificate = folder_ / "client.pem";
        options.private_key = folder_ / "client.key";
        return options;
    }

    auto connect(const tls& endpoint)
    {
        report_.detail = nullptr;
        auto result = dial(endpoint);
        finish(result);
        return result;
    }

    static std::string pin_of(const std::string& name)
    {
        const auto command = "openssl x509 -in '" + certificate(name + ".leaf.pem") +
                             "' -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst "
                             "-sha256 -binary | openssl base64";
        std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
        char line[128] = {};
        EXPECT_NE(std::fgets(line, sizeof line, output.get()), nullptr);
        return "sha256//" + std::string(line, 44);
    }

    fs::path folder_;
};

TEST_F(tls_credentials_test, our_certificate_is_shown_to_a_server_that_asks)
{
    place("client.pem", "client.pem");
    place("client.key", "client.key");
    support::tls_server server(io_, {.asks_for_certificate = true});
    const auto result = connect(to(server, as_client()));
    EXPECT_EQ(result->code, error_code()) << detail();
    EXPECT_EQ(echo(*result->stream, "ping"), "ping");
    EXPECT_EQ(server.last().client_subject, "/CN=client");
}

TEST_F(tls_credentials_test, it_may_be_given_as_pem)
{
    support::tls_server server(io_, {.asks_for_certificate = true});
    auto options = trusting();
    options.certificate =
        support::text_of(certificate("client.pem")) + support::text_of(certificate("client.key"));
    const auto result = connect(to(server, options));
    EXPECT_EQ(result->code, error_code()) << detail();
    EXPECT_EQ(echo(*result->stream, "ping"), "ping");
    EXPECT_EQ(server.last().client_subject, "/CN=client");
}

TEST_F(tls_credentials_test, it_may_be_another_one_for_each_attempt)
{
    support::tls_server server(io_, {.asks_for_certificate = true});
    const auto issue = [&](const dial_context& attempt) -> asio::awaitable<tls>
    {
        const std::string who = attempt.attempt == 1 ? "client" : "other_client";
        auto options = trusting();
        options.certificate = support::text_of(certificate(who + ".pem")) +
                              support::text_of(certificate(who + ".key"));
        co_await clock_.async_wait_until(io_.get_executor(), clock_.now(), asio::use_awaitable);
        co_return to(server, options);
    };
    const made_per_attempt endpoint("the server", issue);
    for (const auto* subject : {"/CN=client", "/CN=other client"})
    {
        auto with = context();
        with.attempt = subject == std::string_view("/CN=client") ? 1 : 2;
        const auto result = dial(endpoint, with);
        settle();
        clock_.advance(duration(1)); // the one who issues them has done so
        finish(result);
        EXPECT_EQ(result->code, error_code()) << detail();
        EXPECT_EQ(echo(*result->stream, "ping"), "ping");
        EXPECT_EQ(server.last().client_subject, subject);
    }
}

TEST_F(tls_credentials_test, a_server_that_misses_our_certificate_says_so_in_the_handshake_or_after)
{
    support::tls_server older(io_, {.asks_for_certificate = true, .version_max = TLS1_2_VERSION});
    const auto failed = connect(to(older));
    EXPECT_TRUE(failed->code);
    EXPECT_NE(detail().find("wants a certificate of us"), std::string::npos)
        << detail() << failed->code.message();

    support::tls_server server(io_, {.asks_for_certificate = true});
    const auto result = connect(to(server));
    EXPECT_EQ(result->code, error_code()); // of TLS 1.3 this is all that a client knows
    EXPECT_EQ(read_ends(*result->stream).message(),
              "tlsv13 alert certificate required (SSL routines)");
}

TEST_F(tls_credentials_test, files_that_have_changed_are_read_again)
{
    place("client.pem", "client.pem");
    place("client.key", "client.key");
    support::tls_server server(io_, {.asks_for_certificate = true});
    const auto endpoint = to(server, as_client());
    const auto first = connect(endpoint);
    EXPECT_EQ(echo(*first->stream, "ping"), "ping");
    EXPECT_EQ(server.last().client_subject, "/CN=client");

    place("client.pem", "other_client.pem");
    place("client.key", "other_client.key");
    const auto second = connect(endpoint);
    EXPECT_EQ(echo(*second->stream, "ping"), "ping");
    EXPECT_EQ(server.last().client_subject, "/CN=other client");
    EXPECT_FALSE(second->stream->details().resumed); // as somebody else
}

TEST_F(tls_credentials_test, a_file_that_is_broken_meanwhile_fails_the_attempt_until_it_is_mended)
{
    place("client.pem", "client.pem");
    place("client.key", "client.key");
    support::tls_server server(io_);
    const auto endpoint = to(server, as_client());
    std::ofstream(folder_ / "client.pem") << "not yet written";
    const auto broken = connect(endpoint);
    EXPECT_EQ(broken->code, errc::unusable_files);
    EXPECT_EQ(report_.phase, phase::tls);
    EXPECT_NE(detail().find("client.pem\" holds no certificate"), std::string::npos) << detail();
    fs::remove(folder_ / "client.key");
    place("client.pem", "client.pem");
    EXPECT_EQ(connect(endpoint)->code, errc::unusable_files);
    place("client.key", "client.key");
    EXPECT_EQ(connect(endpoint)->code, error_code()) << detail();
}

TEST_F(tls_credentials_test, roots_that_have_changed_judge_anew_whoever_was_trusted)
{
    place("roots.pem", "root.pem");
    auto options = trusting();
    options.trust_roots = folder_ / "roots.pem";
    support::tls_server server(io_);
    const auto endpoint = to(server, options);
    const auto first = connect(endpoint);
    EXPECT_EQ(echo(*first->stream, "ping"), "ping"); // there is a ticket now
    place("roots.pem", "other_root.pem");
    EXPECT_EQ(connect(endpoint)->code, condition::peer_not_verified);
}

TEST_F(tls_credentials_test, a_key_that_is_pinned_is_the_only_one)
{
    support::tls_server server(io_); // whose key is that of most
    auto options = trusting();
    options.pins = {pin_of("weak"), pin_of("good")};
    EXPECT_EQ(connect(to(server, options))->code, error_code()) << detail();

    options.pins = {pin_of("weak")};
    const auto refused = connect(to(server, options));
    EXPECT_EQ(refused->code, errc::key_not_pinned);
    EXPECT_EQ(refused->code, condition::peer_not_verified);
    EXPECT_EQ(detail(), "the server has the key " + pin_of("good"));
}

TEST_F(tls_credentials_test, a_pin_makes_nothing_else_good_unless_all_is_accepted)
{
    support::tls_server server(io_, {.certificate = "self"});
    auto options = trusting();
    options.pins = {pin_of("good")}; // the same key
    EXPECT_EQ(connect(to(server, options))->code.category(), tls_verify_category());
    options.insecure_accept_any_certificate = true;
    EXPECT_EQ(connect(to(server, options))->code, error_code()) << detail();
    options.pins = {pin_of("weak")};
    EXPECT_EQ(connect(to(server, options))->code, errc::key_not_pinned);
}
}
}

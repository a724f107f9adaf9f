// SPDX-License-Identifier: BSL-1.0
// What dials of TLS tell of their steps, where somebody asks.
#include "tls_fixture.hpp"
#include "unit/endpoints/recorded_steps.hpp"

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;
using support::tls_server;
using texts = std::vector<std::string>;

class tls_steps : public tls_fixture
{
protected:
    /// Dials, and gives the step of the handshake.
    dial_step handshake(const tls& endpoint)
    {
        told_.steps.clear();
        auto c = context();
        c.report = &told_;
        stream_.reset();
        const auto result = dial(endpoint, c);
        finish(result);
        stream_ = std::move(result->stream);
        EXPECT_EQ(told_.steps.size(), 2U);
        EXPECT_EQ(told_.steps.front().phase, phase::connect);
        return told_.steps.back();
    }

    recorded_steps told_;
    std::optional<tls::stream_type> stream_;
};

TEST_F(tls_steps, are_the_handshake_with_what_was_agreed_and_who_is_there)
{
    const tls_server server(io_, {.protocol = "h2"});
    auto options = trusting();
    options.alpn = {"h2"};
    const auto step = handshake(to(server, options));
    EXPECT_EQ(step.phase, phase::tls);
    EXPECT_EQ(step.what, "shake hands with good.test");
    EXPECT_EQ(step.code, error_code());
    EXPECT_EQ(step.began, step.ended); // the manual clock stood still
    EXPECT_EQ(facts_named(step, "version"), texts{"TLSv1.3"});
    EXPECT_EQ(facts_named(step, "cipher"), texts{"TLS_AES_256_GCM_SHA384"});
    EXPECT_EQ(facts_named(step, "protocol"), texts{"h2"});
    EXPECT_EQ(facts_named(step, "resumed"), texts{"no"});
    EXPECT_EQ(facts_named(step, "certificate"), (texts{"CN=good", "CN=Test Intermediate"}));
    EXPECT_EQ(facts_named(step, "issued by"), (texts{"CN=Test Intermediate", "CN=Test Root"}));
    EXPECT_EQ(facts_named(step, "for"), (texts{"good.test", "no name"}));
    ASSERT_EQ(facts_named(step, "valid until").size(), 2U);
    EXPECT_TRUE(facts_named(step, "valid until")[0].ends_with(" UTC"));
    EXPECT_EQ(facts_named(step, "valid from").size(), 2U);
    EXPECT_EQ(facts_named(step, "verified"), texts{"yes, trusted through CN=Test Root"});
    EXPECT_EQ(facts_named(step, "our certificate"), texts{});
}

TEST_F(tls_steps, tell_of_a_handshake_that_was_resumed)
{
    const tls_server server(io_);
    const auto endpoint = to(server);
    handshake(endpoint);
    EXPECT_EQ(echo(*stream_, "x"), "x");
    const auto step = handshake(endpoint);
    EXPECT_EQ(facts_named(step, "resumed"), texts{"yes"});
    EXPECT_EQ(facts_named(step, "certificate"), (texts{"CN=good", "CN=Test Intermediate"}));
    EXPECT_EQ(facts_named(step, "verified"), texts{"yes, in the handshake that is resumed"});
}

TEST_F(tls_steps, tell_of_the_certificates_that_were_refused)
{
    const tls_server server(io_, {.certificate = "several"});
    const auto step = handshake(to(server));
    EXPECT_TRUE(step.code == condition::peer_not_verified);
    EXPECT_EQ(step.detail,
              R"(the certificate is for "a.test", "b.test" and 192.0.2.7, not for "good.test")");
    EXPECT_EQ(facts_named(step, "version"), texts{"TLSv1.3"});
    EXPECT_EQ(facts_named(step, "for"), (texts{"a.test, b.test and 192.0.2.7", "no name"}));
    EXPECT_EQ(facts_named(step, "verified"), texts{"no"});
}

TEST_F(tls_steps, tell_who_was_not_verified)
{
    const tls_server server(io_, {.certificate = "self"});
    const auto any =
        handshake(to(server, {.server_name = "x", .insecure_accept_any_certificate = true}));
    EXPECT_EQ(any.code, error_code());
    EXPECT_EQ(facts_named(any, "certificate"), texts{"CN=self"});
    EXPECT_EQ(facts_named(any, "verified"), texts{"no: any certificate is accepted"});
}

TEST_F(tls_steps, tell_whether_the_server_asked_for_a_certificate)
{
    const tls_server server(io_, {.asks_for_certificate = true});
    const auto without = handshake(to(server)); // TLS 1.3 refuses it only afterwards
    EXPECT_EQ(facts_named(without, "our certificate"), texts{"asked for, and we have none"});
    auto options = trusting();
    options.certificate = certificate("client.pem");
    options.private_key = certificate("client.key");
    const auto with = handshake(to(server, options));
    EXPECT_EQ(facts_named(with, "our certificate"), texts{"asked for, and sent: CN=client"});
}

TEST_F(tls_steps, claim_nothing_of_a_handshake_that_did_not_come_about)
{
    const tls_server server(io_, {.behaves = manners::talk_plainly});
    const auto step = handshake(to(server));
    EXPECT_EQ(step.detail, "what the server sent is not TLS: is this a port without it?");
    EXPECT_TRUE(step.facts.empty());
}

TEST_F(tls_steps, end_with_a_time_out_or_a_cancellation)
{
    const tls_server server(io_, {.behaves = manners::stall});
    auto options = trusting();
    options.timeout = 5s;
    auto c = context();
    c.report = &told_;
    const auto late = dial(to(server, options), c);
    runs_until([&] { return clock_.armed() == 1U && server.accepted() == 1U; });
    runs_until([&] { return told_.steps.size() == 1U; });
    const auto began = clock_.now();
    clock_.advance(5s);
    finish(late);
    ASSERT_EQ(told_.steps.size(), 2U);
    EXPECT_EQ(told_.steps.back().code, errc::tls_timed_out);
    EXPECT_EQ(told_.steps.back().began, began);
    EXPECT_EQ(told_.steps.back().ended, began + 5s);

    const auto cancelled = dial(to(server, options), c);
    runs_until([&] { return told_.steps.size() == 3U; });
    cancelled->cancel.emit(asio::cancellation_type::terminal);
    finish(cancelled);
    ASSERT_EQ(told_.steps.size(), 4U);
    EXPECT_EQ(told_.steps.back().code, asio::error::operation_aborted);
}

TEST_F(tls_steps, end_with_files_that_cannot_be_used)
{
    const tls_server server(io_);
    const std::string path = ::testing::TempDir() + "holdfast.roots." + std::to_string(::getpid());
    std::filesystem::copy_file(certificate("root.pem"), path,
                               std::filesystem::copy_options::overwrite_existing);
    auto options = trusting();
    options.trust_roots = path;
    const auto endpoint = to(server, options);
    std::filesystem::remove(path);
    const auto step = handshake(endpoint);
    EXPECT_EQ(step.code, errc::unusable_files);
    EXPECT_NE(step.detail.find(path), std::string::npos) << step.detail;
}
}
}

// SPDX-License-Identifier: BSL-1.0
#include "tls_fixture.hpp"

#include <openssl/ssl.h>

namespace holdfast
{
namespace
{
class tls_resumption_test : public tls_fixture
{
protected:
    /// Whether the next connection resumes an earlier one; both sides have to say the same. It is
    /// left open.
    bool resumes(const tls& endpoint, const support::tls_server& server)
    {
        const auto result = dial(endpoint);
        finish(result);
        EXPECT_EQ(result->code, error_code()) << detail();
        EXPECT_EQ(echo(*result->stream, "ping"), "ping"); // reads the tickets too
        const bool resumed = result->stream->details().resumed;
        EXPECT_EQ(server.last().resumed, resumed);
        last_ = result;
        return resumed;
    }

    std::shared_ptr<outcome<tls::stream_type>> last_;
};

TEST_F(tls_resumption_test, the_second_handshake_resumes_the_first)
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    {
        support::tls_server server(io_, {.version_max = version});
        const auto endpoint = to(server);
        EXPECT_FALSE(resumes(endpoint, server));
        for (int i = 0; i < 5; ++i)
            EXPECT_TRUE(resumes(endpoint, server)) << version << ", " << i;
    }
}

TEST_F(tls_resumption_test, so_it_does_after_the_connection_was_lost)
{
    support::tls_server server(io_);
    const auto endpoint = to(server);
    EXPECT_FALSE(resumes(endpoint, server));
    server.cut_off();
    EXPECT_EQ(read_ends(*last_->stream), asio::ssl::error::stream_truncated);
    EXPECT_TRUE(resumes(endpoint, server));
    last_->stream->next_layer().close();
    last_ = nullptr;
    EXPECT_TRUE(resumes(endpoint, server));
}

TEST_F(tls_resumption_test, copies_of_an_endpoint_share_tickets_and_others_do_not)
{
    support::tls_server server(io_);
    const auto endpoint = to(server);
    EXPECT_FALSE(resumes(endpoint, server));
    const tls copy = endpoint; // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_TRUE(resumes(copy, server));
    EXPECT_FALSE(resumes(to(server), server));
}

TEST_F(tls_resumption_test, a_ticket_is_offered_once)
{
    support::tls_server server(io_, {.tickets = 1});
    const auto endpoint = to(server);
    EXPECT_FALSE(resumes(endpoint, server));
    // Both are dialled before either has brought a ticket of its own.
    const auto first = dial(endpoint);
    const auto second = dial(endpoint);
    finish(first);
    if (second->completions == 0)
        finish(second);
    EXPECT_NE(first->stream->details().resumed, second->stream->details().resumed);
}

TEST_F(tls_resumption_test, it_can_be_switched_off)
{
    support::tls_server server(io_);
    auto options = trusting();
    options.resume = false;
    const auto endpoint = to(server, options);
    EXPECT_FALSE(resumes(endpoint, server));
    EXPECT_FALSE(resumes(endpoint, server));
}

TEST_F(tls_resumption_test, a_server_that_was_refused_is_refused_again)
{
    support::tls_server server(io_, {.version_max = TLS1_2_VERSION});
    const auto endpoint = to(server, trusting("bad.test"));
    for (int i = 0; i < 2; ++i)
    {
        const auto result = dial(endpoint);
        finish(result);
        EXPECT_EQ(result->code, condition::peer_not_verified);
    }
}
}
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_UNIT_TLS_TLS_FIXTURE_HPP
#define HOLDFAST_TEST_UNIT_TLS_TLS_FIXTURE_HPP

#include "support/certificates.hpp"
#include "support/tls_server.hpp"
#include "unit/endpoints/dial_fixture.hpp"

#include <holdfast/endpoints/tls.hpp>

#include <boost/asio/read.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <utility>

namespace holdfast
{
using support::certificate;
using manners = support::tls_server_options::manners;

/// Options that trust what the tests have made, for a server called `name`.
inline tls_options trusting(std::string name = "good.test")
{
    return {.server_name = std::move(name), .trust_roots = certificate("root.pem")};
}

/// A context to dial on, with servers that speak TLS.
class tls_fixture : public dial_fixture
{
protected:
    static tls to(const support::tls_server& server, tls_options options = trusting())
    {
        return {"127.0.0.1", server.port(), std::move(options)};
    }

    /// What the last dial had to say beyond its error.
    std::string detail() const { return report_.detail ? *report_.detail : std::string(); }

    /// Runs until it is so, or too much time has gone by.
    template <class Condition>
    bool runs_until(Condition condition)
    {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        io_.restart();
        while (!condition() && std::chrono::steady_clock::now() < limit)
            io_.run_one_until(limit);
        return condition();
    }

    /// What comes back when `text` is sent to a server that echoes; also has the tickets of TLS 1.3
    /// read.
    template <class Stream>
    std::string echo(Stream& stream, std::string text)
    {
        std::string back(text.size(), 0);
        bool done = false;
        asio::async_write(stream, asio::buffer(text), [](error_code, std::size_t) {});
        asio::async_read(stream, asio::buffer(back), [&](error_code, std::size_t) { done = true; });
        runs_until([&] { return done; });
        return back;
    }

    /// How the next read ends.
    template <class Stream>
    error_code read_ends(Stream& stream)
    {
        std::optional<error_code> result;
        char byte = 0;
        stream.async_read_some(asio::buffer(&byte, 1),
                               [&](error_code ec, std::size_t) { result = ec; });
        runs_until([&] { return result.has_value(); });
        return result.value_or(error_code());
    }
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_CONFORMANCE_ADDRESSED_ENDPOINT_HPP
#define HOLDFAST_TEST_CONFORMANCE_ADDRESSED_ENDPOINT_HPP

#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>

#include <string>
#include <utility>

namespace conformance
{
/// A stream in memory with an address: 192.0.2.1, and the number of the attempt as port.
class addressed_stream : public holdfast::testing::memory_stream
{
public:
    addressed_stream(memory_stream s, std::uint32_t port)
        : memory_stream(std::move(s))
        , peer_("192.0.2.1:" + std::to_string(port))
    {
    }

    const std::string& peer() const { return peer_; }

private:
    std::string peer_;
};

/// A scripted endpoint whose peers have addresses; also an endpoint as a user would wrap one.
struct addressed_endpoint
{
    using stream_type = addressed_stream;

    holdfast::testing::scripted_endpoint inner;

    template <class Token>
    auto async_connect(const holdfast::dial_context& context, Token&& token) const
    {
        namespace asio = boost::asio;
        return asio::async_initiate<Token, void(holdfast::error_code, addressed_stream)>(
            [](auto done, const holdfast::testing::scripted_endpoint& e,
               const holdfast::dial_context& c)
            {
                const auto slot = asio::get_associated_cancellation_slot(done);
                const auto executor = asio::get_associated_executor(done, c.executor);
                e.async_connect(
                    c, asio::bind_cancellation_slot(
                           slot, asio::bind_executor(
                                     executor, [done = std::move(done), number = c.attempt](
                                                   holdfast::error_code ec,
                                                   holdfast::testing::memory_stream s) mutable
                                     { done(ec, addressed_stream(std::move(s), number)); })));
            },
            token, inner, context);
    }
};

inline std::string to_string(const addressed_endpoint&)
{
    return "addressed";
}
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_SRV_HPP
#define HOLDFAST_ENDPOINTS_SRV_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/endpoints/registry.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/resolvers/c_ares_resolver.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
/// How an `srv` endpoint finds servers and connects to them.
struct srv_options
{
    /// Who is asked for the servers. Their names are looked up by the resolver of the dial.
    dns_options dns{};

    /// How each server is connected to. `timeout` is how long the servers may be looked up, and
    /// after that how long each of them has, its own lookup included; `stagger` is how long one of
    /// them is tried before the next is tried beside it.
    tcp_options tcp{};
};

/// The servers of a service, as the DNS of a domain names them (SRV records, RFC 2782), over TCP.
///
/// Servers of the lowest priority are tried first, in an order drawn by their weights: a new one
/// each `stagger`, or at once when one fails, as RFC 8305 has it for addresses; the first to
/// connect wins. When all of one priority have failed, those of the next are tried. The failure of
/// each is told to the report, by its name and port, after those of its addresses. A domain that
/// says that it has no such service fails with `errc::no_such_service`.
///
/// What the DNS said is remembered for as long as it says, at most a day, by the endpoint and its
/// copies; it is looked up anew after an attempt that failed, in whatever phase, or a connection
/// that was lost. At most 64 servers are used.
///
/// The names of servers come from the DNS, which can be forged: over TLS verify the domain, not
/// the server, as `tls_over(srv("_xmpp-client._tcp.example.org"), "example.org")` does.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
class srv
{
public:
    using stream_type = tcp::stream_type;

    /// @param name Such as `_xmpp-client._tcp.example.org`.
    /// @throws std::invalid_argument naming what is wrong
    explicit srv(std::string name, srv_options options = {});

    const std::string& name() const noexcept;
    const srv_options& options() const noexcept;

    /// Connects. Completes with the error and the connected stream: `errc::lookup_timed_out`,
    /// `too_many_lookups`, `no_such_service`; `asio::error::no_data` where the domain has no such
    /// record; what else `c_ares_resolver` gives; or the error of the server that failed last.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted` soon, and every socket is closed.
    template <asio::completion_token_for<void(error_code, stream_type)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            start_connect{context.executor}, token, target_, context);
    }

    /// Forgets what the DNS said, and has the resolver forget the names; see `tell_failed`.
    void failed(const failure& why, resolver& names) const noexcept;

    /// The description: `srv:_xmpp-client._tcp.example.org`, with the options that differ from the
    /// default.
    friend std::string to_string(const srv& endpoint);

    /// Adds the kind `srv` to a registry, for descriptions. It is in none from the start, since not
    /// every program has c-ares.
    static void register_endpoints(registry& known);

    struct target; // what the endpoints copied from one another share

private:
    struct start_connect
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }
        template <class Handler>
        void operator()(Handler&& done, std::shared_ptr<const target> target,
                        const dial_context& context) const
        {
            start(detail::plain_handler(std::forward<Handler>(done), context.executor),
                  std::move(target), context);
        }
        static void start(asio::any_completion_handler<void(error_code, stream_type&&)> done,
                          std::shared_ptr<const target> target, const dial_context& context);
    };

    std::shared_ptr<const target> target_;
};
}

#endif

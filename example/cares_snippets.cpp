// SPDX-License-Identifier: BSL-1.0
// What the documentation shows of the DNS. Compiled, not run.
#include <holdfast.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

// The declarations are for the compiler, that it may warn of none that is missing.
asio::awaitable<void> chat(hf::srv::stream_type stream);
void services(asio::io_context& context);
void resolvers(asio::io_context& context);

void services(asio::io_context& context)
{
    // [srv]
    hf::client_service xmpp(context, hf::srv("_xmpp-client._tcp.example.org"), chat);
    // [/srv]
}

void resolvers(asio::io_context& context)
{
    // [c_ares_resolver]
    hf::c_ares_resolver dns({.servers = {"192.0.2.53", "[2001:db8::53]:5353"}, .timeout = 1s});
    hf::caching_resolver names(dns, hf::default_clock(context.get_executor()));
    // [/c_ares_resolver]
}

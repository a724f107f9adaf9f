// SPDX-License-Identifier: BSL-1.0
// What the documentation shows of TLS. Compiled, not run.
#include <holdfast.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

// The declarations are for the compiler, that it may warn of none that is missing.
asio::awaitable<void> chat(hf::tls::stream_type stream);
void endpoints(asio::io_context& context);
void descriptions();

// [tls_session]
asio::awaitable<void> chat(hf::tls::stream_type stream)
{
    const hf::tls_details agreed = stream.details();
    std::cout << agreed.version << (agreed.resumed ? ", resumed\n" : "\n");
    for (std::array<char, 4096> bytes;;)
        co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}
// [/tls_session]

void endpoints(asio::io_context& context)
{
    // [tls]
    hf::client_service irc(context, hf::tls("irc.example.com", 6697), chat);
    // [/tls]

    // [tls_options]
    const hf::tls database("db.example", 5432,
                           {.trust_roots = "/etc/app/ca.pem",
                            .certificate = "/etc/app/client.pem",
                            .private_key = "/etc/app/client.key",
                            .alpn = {"postgresql"},
                            .min_version = hf::tls_version::v1_3});
    // [/tls_options]

    // [tls_over]
    const hf::tls_over local(hf::unix_socket("/run/app.sock"), "app.example");
    // [/tls_over]
}

void descriptions()
{
    // [tls_registry]
    hf::registry known = hf::registry::standard();
    hf::tls::register_endpoints(known);
    const auto endpoint = hf::parse_endpoint("tls:irc.example.com:6697:timeout=5", known);
    // [/tls_registry]
}

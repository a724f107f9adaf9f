// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_ENDPOINTS_STANDARD_ENDPOINTS_HPP
#define HOLDFAST_SRC_ENDPOINTS_STANDARD_ENDPOINTS_HPP

#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/registry.hpp>
#include <holdfast/endpoints/tcp.hpp>

namespace holdfast::detail
{
any_endpoint make_tcp(const description& d, const registry& known);
/// Reads `host`, `port` and the keys of tcp.
tcp read_tcp(const argument_reader& arguments);

any_endpoint make_failover(const description& d, const registry& known);
any_endpoint make_socks5(const description& d, const registry& known);
any_endpoint make_http_connect(const description& d, const registry& known);
any_endpoint make_proxy_protocol(const description& d, const registry& known);

any_endpoint make_unix(const description& d, const registry& known);
}

#endif

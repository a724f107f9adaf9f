// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_HPP
#define HOLDFAST_HPP

// Everything but the support for tests, which is in <holdfast/testing/...>. What needs a library
// more is there for whoever links holdfast::tls, cares, saving or runner.

#include <holdfast/any_stream.hpp>
#include <holdfast/as_service.hpp>
#include <holdfast/client_service.hpp>
#include <holdfast/connect_once.hpp>
#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/description.hpp>
#include <holdfast/endpoints/descriptors.hpp>
#include <holdfast/endpoints/failover.hpp>
#include <holdfast/endpoints/http_connect.hpp>
#include <holdfast/endpoints/made_per_attempt.hpp>
#include <holdfast/endpoints/process.hpp>
#include <holdfast/endpoints/proxy_protocol.hpp>
#include <holdfast/endpoints/registry.hpp>
#include <holdfast/endpoints/socks5.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/endpoints/unix.hpp>
#include <holdfast/multi_service.hpp>
#include <holdfast/observe/event_stream.hpp>
#include <holdfast/observe/history.hpp>
#include <holdfast/observe/log.hpp>
#include <holdfast/observe/metrics.hpp>
#include <holdfast/observe/tell_all.hpp>
#include <holdfast/protocols/callback_protocol.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/resolvers/caching_resolver.hpp>
#include <holdfast/resolvers/fixed_addresses.hpp>
#include <holdfast/retry/backoff.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>
#include <holdfast/retry/limit.hpp>
#include <holdfast/retry/policy.hpp>
#include <holdfast/retry/schedule.hpp>
#include <holdfast/retry/twisted_backoff.hpp>
#include <holdfast/service.hpp>

#if defined(HOLDFAST_CARES)
#include <holdfast/endpoints/srv.hpp>
#include <holdfast/resolvers/c_ares_resolver.hpp>
#endif

#if defined(HOLDFAST_RUNNER)
#include <holdfast/runner.hpp>
#include <holdfast/runner/passed_sockets.hpp>
#endif

#if defined(HOLDFAST_SAVING)
#include <holdfast/saving/json.hpp>
#include <holdfast/saving/record.hpp>
#include <holdfast/saving/service_kinds.hpp>
#endif

#if defined(HOLDFAST_TLS)
#include <holdfast/endpoints/tls.hpp>
#endif

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_HPP
#define HOLDFAST_HPP

// Everything but the support for tests, which is in <holdfast/testing/...>. TLS for whoever links
// holdfast::tls.

#include <holdfast/any_stream.hpp>
#include <holdfast/as_service.hpp>
#include <holdfast/client_service.hpp>
#include <holdfast/connect_once.hpp>
#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/description.hpp>
#include <holdfast/endpoints/registry.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/endpoints/unix.hpp>
#include <holdfast/multi_service.hpp>
#include <holdfast/protocols/callback_protocol.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/retry/backoff.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>
#include <holdfast/retry/limit.hpp>
#include <holdfast/retry/policy.hpp>
#include <holdfast/retry/schedule.hpp>
#include <holdfast/retry/twisted_backoff.hpp>
#include <holdfast/service.hpp>

#if defined(HOLDFAST_SAVING)
#include <holdfast/saving/json.hpp>
#include <holdfast/saving/record.hpp>
#include <holdfast/saving/service_kinds.hpp>
#endif

#if defined(HOLDFAST_TLS)
#include <holdfast/endpoints/tls.hpp>
#endif

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TLS_FACTS_HPP
#define HOLDFAST_SRC_TLS_FACTS_HPP

#include <holdfast/endpoint.hpp>

#include "openssl.hpp"

namespace holdfast::detail
{
/// What a step of a dial tells of certificates and handshakes.
using step_facts = decltype(dial_step::facts);

/// For each certificate its subject, `certificate`, and after it who issued it, which names it is
/// for, and from when until when it is valid.
step_facts facts_of(const STACK_OF(X509) * chain);

/// What was agreed in a handshake so far, and who the server says it is.
step_facts facts_of(const SSL* handshake);
}

#endif

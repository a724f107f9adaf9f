// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TLS_VERIFICATION_HPP
#define HOLDFAST_SRC_TLS_VERIFICATION_HPP

#include "openssl.hpp"

#include <string>

namespace holdfast::detail
{
/// What is wrong with the chain that was just refused, so that a person can act on it: one line.
///
/// @param name The name or address that was asked for.
/// @param roots Where the trusted certificates are from; empty: this machine.
std::string explain_refusal(X509_STORE_CTX* refused, const std::string& name,
                            const std::string& roots);

/// What a handshake failed of, if more is to be said than OpenSSL does; else empty.
///
/// @param reason The reason that OpenSSL gave, of its library for TLS.
std::string explain_handshake(int reason, const std::string& name, bool has_certificate);
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TLS_CONFIGURATION_HPP
#define HOLDFAST_SRC_TLS_CONFIGURATION_HPP

#include <holdfast/endpoints/tls_options.hpp>

#include "facts.hpp"
#include "openssl.hpp"
#include "pem_files.hpp"
#include "tickets.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::detail
{
/// The SHA-256 of a public key (SubjectPublicKeyInfo).
using key_digest = std::array<unsigned char, 32>;

/// Throws `std::invalid_argument` if it is not `sha256//` and 44 characters of base64.
key_digest parse_pin(const std::string& pin);

/// What OpenSSL is told of one endpoint, made of its files as they are now; never changes but for
/// the tickets.
struct tls_configuration
{
    /// Throws `std::invalid_argument` naming the option.
    tls_configuration(const std::string& name, const tls_options& options);

    owned_context context;
    pem_files files;
    std::vector<key_digest> pins;
    std::string name;
    std::string roots; // as messages call them; empty: those of this machine
    bool accepts_any_certificate;
    mutable ticket_store tickets; // of this configuration: with others, others were verified
};

/// What is remembered of one handshake, by the object that OpenSSL has for it.
struct handshake_notes
{
    std::shared_ptr<const tls_configuration> configuration;
    long refused = X509_V_OK;           // why the certificate was
    bool not_pinned = false;            // that of all there is to say, only this is wrong
    std::string detail{};               // the same in words
    bool asked_for_certificate = false; // that the server wants one of us

    // The rest only if somebody is told of the steps.
    bool traced = false;
    step_facts certificates{};     // that the server sent
    std::string trusted_through{}; // the subject of what is trusted
};

/// Gives `ssl` its notes, which live as long as it does. False if there is no memory.
bool attach_notes(SSL* ssl, std::unique_ptr<handshake_notes> notes) noexcept;

/// Null if it has none.
handshake_notes* notes_of(const SSL* ssl) noexcept;
}

#endif

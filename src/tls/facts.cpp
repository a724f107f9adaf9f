// SPDX-License-Identifier: BSL-1.0
#include "facts.hpp"

#include <holdfast/detail/tls_client.hpp>

#include "certificate_words.hpp"
#include "configuration.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace holdfast::detail
{
namespace
{
constexpr int certificates_max = 10; // a chain of sense has three or four

/// Whether a server asked for our certificate, and what it was given.
std::string own_certificate(const SSL* handshake)
{
    const X509* const own = SSL_get_certificate(handshake);
    return own == nullptr ? "asked for, and we have none"
                          : "asked for, and sent: " + text_of(X509_get_subject_name(own));
}

std::string verdict(const SSL* handshake, const handshake_notes& notes)
{
    if (notes.refused != X509_V_OK || notes.not_pinned)
        return "no";
    if (SSL_session_reused(handshake) == 1)
        return "yes, in the handshake that is resumed";
    if (notes.configuration->accepts_any_certificate)
        return notes.configuration->pins.empty() ? "no: any certificate is accepted"
                                                 : "by its pinned key alone";
    return notes.trusted_through.empty() ? "" : "yes, trusted through " + notes.trusted_through;
}

void add(step_facts& facts, const char* name, std::string value)
{
    if (!value.empty())
        facts.emplace_back(name, std::move(value));
}
}

step_facts facts_of(const STACK_OF(X509) * chain)
{
    step_facts facts;
    const int count = chain != nullptr ? sk_X509_num(chain) : 0;
    for (int i = 0; i < std::min(count, certificates_max); ++i)
    {
        const X509* const one = sk_X509_value(chain, i);
        const auto names = names_of(one, false);
        facts.emplace_back("certificate", text_of(X509_get_subject_name(one)));
        facts.emplace_back("issued by", text_of(X509_get_issuer_name(one)));
        facts.emplace_back("for", names.empty() ? "no name" : listed(names));
        facts.emplace_back("valid from", say(time_of(X509_get0_notBefore(one))));
        facts.emplace_back("valid until", say(time_of(X509_get0_notAfter(one))));
    }
    if (count > certificates_max)
        facts.emplace_back("more certificates", std::to_string(count - certificates_max));
    return facts;
}

step_facts facts_of(const SSL* handshake)
{
    step_facts facts;
    // Before the server has chosen a cipher the version is only what we would like.
    if (SSL_get_current_cipher(handshake) != nullptr)
    {
        const auto agreed = details_of(const_cast<SSL*>(handshake));
        facts.emplace_back("version", agreed.version);
        facts.emplace_back("cipher", agreed.cipher);
        add(facts, "protocol", agreed.protocol);
        facts.emplace_back("resumed", agreed.resumed ? "yes" : "no");
    }
    const handshake_notes* const notes = notes_of(handshake);
    if (notes == nullptr)
        return facts;
    auto certificates = notes->certificates;
    if (certificates.empty()) // none was sent, as when a handshake is resumed
        certificates = facts_of(SSL_get_peer_cert_chain(handshake));
    std::ranges::move(certificates, std::back_inserter(facts));
    if (!certificates.empty())
        add(facts, "verified", verdict(handshake, *notes));
    if (notes->asked_for_certificate)
        facts.emplace_back("our certificate", own_certificate(handshake));
    return facts;
}
}

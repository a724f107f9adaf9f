// SPDX-License-Identifier: BSL-1.0
#include "verification.hpp"

#include "certificate_words.hpp"

#include <ctime>
#include <string_view>
#include <vector>

namespace holdfast::detail
{
namespace
{
/// `3 days`, `5 hours`, `1 minute`.
std::string say_seconds(std::time_t seconds)
{
    const auto plural = [](std::time_t n, const char* unit)
    { return std::to_string(n) + ' ' + unit + (n == 1 ? "" : "s"); };
    if (seconds >= 86'400)
        return plural(seconds / 86'400, "day");
    return seconds >= 3600 ? plural(seconds / 3600, "hour") : plural(seconds / 60, "minute");
}

std::string explain_name(const X509* certificate, const std::string& name)
{
    const auto names = names_of(certificate);
    if (!names.empty())
        return "the certificate is for " + listed(names) + ", not for " + name;
    return "the certificate names no host or address that it is for (subjectAltName), only its "
           "subject " +
           say(X509_get_subject_name(certificate)) + ", which does not count; " + name +
           " was asked for";
}

/// Which certificate of a chain is meant.
std::string which(const X509* certificate, int depth)
{
    const auto name = say(X509_get_subject_name(certificate));
    return depth == 0 ? "the server's certificate, " + name + ","
                      : "the certificate of the issuer " + name;
}

std::string explain_dates(const X509* certificate, int depth, bool expired)
{
    const auto now = std::time(nullptr);
    const auto edge =
        time_of(expired ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate));
    const auto text = which(certificate, depth);
    return expired ? text + " expired at " + say(edge) + ", " + say_seconds(now - edge) +
                         " ago by the clock of this machine"
                   : text + " is not valid until " + say(edge) + ", in " + say_seconds(edge - now) +
                         " by the clock of this machine";
}

std::string explain_issuer(const X509* certificate, int depth, const std::string& roots)
{
    const auto trusted =
        roots.empty() ? std::string("those that this machine trusts") : "those of " + roots;
    auto line = which(certificate, depth) + " is issued by " +
                say(X509_get_issuer_name(certificate)) + ", which is not among " + trusted;
    if (depth == 0)
        line += ", and of which the server sends no certificate either";
    return line;
}

std::string explain_purpose(const X509* certificate, int depth)
{
    const owned_usage usage(static_cast<EXTENDED_KEY_USAGE*>(
        X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
    std::vector<std::string> purposes;
    purposes.reserve(static_cast<std::size_t>(sk_ASN1_OBJECT_num(usage.get()) + 1));
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage.get()); ++i)
        purposes.emplace_back(OBJ_nid2ln(OBJ_obj2nid(sk_ASN1_OBJECT_value(usage.get(), i))));
    if (purposes.empty())
        return which(certificate, depth) + " may not be used for a TLS server";
    return which(certificate, depth) + " is for " + listed(purposes) +
           " only, not for a TLS server";
}

std::string explain_key(const X509* certificate, int depth)
{
    const EVP_PKEY* const key = X509_get0_pubkey(certificate);
    const char* const type = key != nullptr ? EVP_PKEY_get0_type_name(key) : nullptr;
    return which(certificate, depth) + " has a key (" + (type != nullptr ? type : "of some kind") +
           ", " + std::to_string(key != nullptr ? EVP_PKEY_get_bits(key) : 0) +
           " bits) that is too short to be safe; RSA needs 2048 bits, elliptic curves 224";
}

std::string explain_revocation(const X509* certificate, int depth)
{
    const owned_bio memory(BIO_new(BIO_s_mem()));
    i2a_ASN1_INTEGER(memory.get(), X509_get0_serialNumber(certificate));
    return which(certificate, depth) + " with the serial number " + text_of(memory.get()) +
           " was revoked by its issuer";
}
}

std::string explain_refusal(X509_STORE_CTX* refused, const std::string& name,
                            const std::string& roots)
{
    const int depth = X509_STORE_CTX_get_error_depth(refused);
    const X509* const certificate = X509_STORE_CTX_get_current_cert(refused) != nullptr
                                        ? X509_STORE_CTX_get_current_cert(refused)
                                        : X509_STORE_CTX_get0_cert(refused);
    if (certificate == nullptr)
        return "the server sent no certificate";
    const auto trusted = roots.empty() ? std::string("by this machine") : "by " + roots;
    switch (X509_STORE_CTX_get_error(refused))
    {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return explain_dates(certificate, depth, true);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return explain_dates(certificate, depth, false);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return explain_name(certificate, name);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return which(certificate, depth) + " is signed by itself, and not trusted " + trusted;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "the root " + say(X509_get_subject_name(certificate)) +
               " that the server's certificate leads to is not trusted " + trusted;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return explain_issuer(certificate, depth, roots);
    case X509_V_ERR_INVALID_PURPOSE:
        return explain_purpose(certificate, depth);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        return explain_key(certificate, depth);
    case X509_V_ERR_CERT_REVOKED:
        return explain_revocation(certificate, depth);
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return "the revocation lists that were given have none of the issuer of " +
               say(X509_get_subject_name(certificate)) + ", " +
               say(X509_get_issuer_name(certificate));
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return "the revocation list of " + say(X509_get_issuer_name(certificate)) +
               " is out of date; give a newer one";
    default:
        return which(certificate, depth) + " is refused";
    }
}

std::string explain_handshake(int reason, const std::string& name, bool has_certificate)
{
    switch (reason)
    {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        return "what the server sent is not TLS: is this a port without it?";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "the server speaks no version of TLS that is new enough";
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
        return "the server knows no " + name;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return has_certificate ? "the server does not know the issuer of our certificate"
                               : "the server says that it does not know an issuer";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return "the server says that our certificate has expired";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return "the server says that our certificate was revoked";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "the server wants a certificate of us";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        return has_certificate
                   ? "the server has no version, cipher or kind of key in common with us, or wants "
                     "another certificate of us"
                   : "the server has no version, cipher or kind of key in common with us, or wants "
                     "a certificate of us";
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return "the server speaks none of the protocols that were offered (ALPN)";
    default:
        return {};
    }
}
}

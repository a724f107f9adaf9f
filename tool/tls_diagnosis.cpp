// SPDX-License-Identifier: BSL-1.0
#include "diagnosis.hpp"

#include <fmt/format.h>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <string_view>

#if defined(HOLDFAST_TLS)
#include <holdfast/endpoints/tls_error.hpp>

#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#endif

namespace tool
{
namespace
{
namespace e = boost::system::errc;
using hf::errc;
using hf::error_code;
using steps = std::span<const hf::dial_step>;

#if defined(HOLDFAST_TLS)
/// How many certificates the server sent.
std::ptrdiff_t certificates_sent(steps all)
{
    for (auto s = all.rbegin(); s != all.rend(); ++s)
        if (s->phase == hf::phase::tls)
            return std::ranges::count(s->facts, "certificate",
                                      &decltype(s->facts)::value_type::first);
    return 0;
}

std::string advice_on_certificate(int reason, steps all)
{
    switch (reason)
    {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "have it renewed on the server; if it is newer than that, the clock of this machine "
               "is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "see whether the clock of this machine is right; if so, the server has its "
               "certificate too early";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "connect by a name that it is for, or give that one with hostname=NAME if this is "
               "the right server";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "if this is the right server, give its certificate, had from whoever runs it, with "
               "trustRoots=FILE";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "if this is the right server, give that root, had from whoever runs it, with "
               "trustRoots=FILE";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return certificates_sent(all) > 1
                   ? "give the certificate of that issuer with trustRoots=FILE, if it is to be "
                     "trusted"
                   : "have the server send the certificate of its issuer too, if that is an "
                     "intermediate one; else give it with trustRoots=FILE, if it is to be trusted";
    case X509_V_ERR_INVALID_PURPOSE:
        return "have the server given a certificate that is for TLS servers (serverAuth)";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return "have a certificate made with a key and a digest of this decade: RSA with 2048 bits "
               "or P-256, and SHA-256";
    case X509_V_ERR_CERT_REVOKED:
        return "do not use this server until it has a new certificate; its old key may be in other "
               "hands";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return "give the lists of all issuers in the chain, in one file, with crl=FILE";
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return "get the list anew from its issuer";
    default:
        return "see what the chain above has, and ask whoever runs the server";
    }
}

diagnosis diagnose_handshake(const hf::failure& why)
{
    const auto cause = words_of(why);
    switch (ERR_GET_REASON(static_cast<unsigned long>(why.code.value())))
    {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        return {.cause = "what the server sent is not TLS, so this port is one without it",
                .advice = "write tcp: for tls:, or give the port where it speaks TLS"};
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return {.cause = cause,
                .advice = "have TLS 1.2 or 1.3 switched on at the server; without "
                          "minVersion=1.3 both are spoken here"};
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
        return {.cause = cause,
                .advice = "give the name that the server goes by there with hostname=NAME"};
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return {.cause = cause, .advice = "leave out alpn=, or offer what the server speaks"};
    default:
        return {.cause = cause, .advice = "see the log of the server, which knows more"};
    }
}

/// A server that asked for a certificate of ours has hung up on us.
diagnosis diagnose_own_certificate(const std::string& own)
{
    constexpr std::string_view sent = "asked for, and sent: ";
    if (own.starts_with(sent))
        return {.cause = fmt::format("the server does not accept our certificate, {}",
                                     own.substr(sent.size())),
                .advice = "see whether it is for TLS clients, in date, and of an issuer that the "
                          "server trusts, and whether certificate= has the intermediate ones too"};
    return {.cause = "the server wants a certificate of us, and none was given",
            .advice = "give one with certificate=FILE:privateKey=FILE"};
}

bool is_of_ssl(error_code ec)
{
    return ec.category() == boost::asio::error::get_ssl_category() ||
           ec.category() == boost::asio::ssl::error::get_stream_category();
}
#endif

bool hung_up(error_code ec)
{
#if defined(HOLDFAST_TLS)
    if (ec == boost::asio::ssl::error::stream_truncated)
        return true;
#endif
    return ec == boost::asio::error::eof || ec == e::connection_reset || ec == e::broken_pipe;
}
}

diagnosis diagnose_tls(const hf::failure& why, std::span<const hf::dial_step> steps)
{
    const error_code ec = why.code;
#if defined(HOLDFAST_TLS)
    if (ec.category() == hf::tls_verify_category())
        return {.cause = words_of(why), .advice = advice_on_certificate(ec.value(), steps)};
    const auto own = fact_of(steps, hf::phase::tls, "our certificate");
    if (!own.empty() && (is_of_ssl(ec) || hung_up(ec)))
        return diagnose_own_certificate(own);
    if (ec.category() == boost::asio::error::get_ssl_category())
        return diagnose_handshake(why);
#endif
    if (ec == errc::key_not_pinned)
        return {.cause = fmt::format("{}: {}", ec.message(), words_of(why)),
                .advice = "if the key was changed on purpose, pin the new one with pins="};
    if (ec == errc::unusable_files)
        return {.cause = words_of(why), .advice = "mend that file, or what the description says"};
    if (ec == e::timed_out || ec == e::operation_canceled)
        return {.cause = "the server took the connection, and does not answer to TLS",
                .advice = "see whether that port speaks TLS: one without it may wait for more; "
                          "then write tcp: for tls:"};
    if (hung_up(ec))
        return {.cause = "the server hung up in the middle of the TLS handshake",
                .advice = "see whether that port speaks TLS, and by which name (hostname=NAME); "
                          "the log of the server may know more"};
    return {.cause = words_of(why), .advice = "see the log of the server, which knows more"};
}
}

// SPDX-License-Identifier: BSL-1.0
#include "configuration.hpp"

#include "../quoted.hpp"
#include "certificate_words.hpp"
#include "platform_roots.hpp"
#include "verification.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace holdfast::detail
{
namespace
{
constexpr std::string_view pin_prefix = "sha256//";

void free_notes(void*, void* notes, CRYPTO_EX_DATA*, int, long, void*)
{
    delete static_cast<handshake_notes*>(notes);
}

int notes_index() noexcept
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_notes);
    return index;
}

std::string base64(const key_digest& digest)
{
    std::array<unsigned char, 48> text{};
    const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
    return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

key_digest digest_of_key(X509* certificate)
{
    key_digest digest{};
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size > 0)
        EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(),
                   nullptr);
    OPENSSL_free(der);
    return digest;
}

/// What a chain that was verified leads to.
std::string root_of(X509_STORE_CTX* chain)
{
    const STACK_OF(X509)* const verified = X509_STORE_CTX_get0_chain(chain);
    return text_of(X509_get_subject_name(sk_X509_value(verified, sk_X509_num(verified) - 1)));
}

/// Whether the chain is good by all that was asked for; tells the notes why not.
bool verify(X509_STORE_CTX* chain, handshake_notes& notes)
{
    const tls_configuration& c = *notes.configuration;
    if (notes.traced)
        notes.certificates = facts_of(X509_STORE_CTX_get0_untrusted(chain));
    if (!c.accepts_any_certificate && X509_verify_cert(chain) != 1)
    {
        notes.refused = X509_STORE_CTX_get_error(chain);
        notes.detail = explain_refusal(chain, quoted(c.name), c.roots);
        return false;
    }
    if (notes.traced && !c.accepts_any_certificate)
        notes.trusted_through = root_of(chain);
    if (c.pins.empty())
        return true;
    const auto digest = digest_of_key(X509_STORE_CTX_get0_cert(chain));
    if (std::ranges::find(c.pins, digest) != c.pins.end())
        return true;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    notes.not_pinned = true;
    notes.detail = "the server has the key " + std::string(pin_prefix) + base64(digest);
    return false;
}

int verify_chain(X509_STORE_CTX* chain, void*)
{
    const auto* const ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    handshake_notes* const notes = ssl != nullptr ? notes_of(ssl) : nullptr;
    try
    {
        if (notes != nullptr && verify(chain, *notes))
        {
            X509_STORE_CTX_set_error(chain, X509_V_OK);
            return 1;
        }
    }
    catch (const std::bad_alloc&) // then nothing is verified
    {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_OUT_OF_MEM);
    }
    return 0;
}

/// OpenSSL calls it when the server asks for a certificate, before it sends the one there is.
int note_request(SSL* ssl, void*)
{
    if (handshake_notes* const notes = notes_of(ssl))
        notes->asked_for_certificate = true;
    return 1;
}

int keep_ticket(SSL* ssl, SSL_SESSION* ticket)
{
    const handshake_notes* const notes = notes_of(ssl);
    if (notes == nullptr || SSL_get_verify_result(ssl) != X509_V_OK ||
        SSL_SESSION_is_resumable(ticket) == 0)
        return 0;
    notes->configuration->tickets.keep(owned_session(ticket));
    return 1;
}

[[noreturn]] void refuse(const std::string& what)
{
    throw std::invalid_argument("tls: " + what);
}

void set_versions(SSL_CTX* context, const tls_options& o)
{
    const int wanted = o.min_version == tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    // The configuration of the system may ask for more.
    if (SSL_CTX_get_min_proto_version(context) < wanted)
        SSL_CTX_set_min_proto_version(context, wanted);
    constexpr int least_security = 2; // 112 bits: RSA with 2048, SHA-2
    if (SSL_CTX_get_security_level(context) < least_security)
        SSL_CTX_set_security_level(context, least_security);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

void set_name(SSL_CTX* context, const std::string& name)
{
    X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(context);
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(name, not_an_address);
    // RFC 9525: only what the certificate says it is for counts, and a star stands for one label.
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    const bool set = not_an_address
                         ? X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size()) == 1
                         : X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1;
    if (!set)
        refuse("server_name " + quoted(name) + " cannot be verified");
}

void set_trust(SSL_CTX* context, pem_files& files, const tls_options& o)
{
    if (o.insecure_accept_any_certificate)
        return;
    if (o.trust_roots.empty())
    {
        files.watch(platform_roots_file());
        if (o.crl.empty())
            SSL_CTX_set_cert_store(context, platform_roots().release());
        else // lists are added to it: one of its own
            SSL_CTX_set_default_verify_paths(context);
        return;
    }
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    for (const auto& root : files.trusted("trust_roots", o.trust_roots))
        X509_STORE_add_cert(store, root.get());
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
}

void set_revocation(SSL_CTX* context, pem_files& files, const tls_options& o)
{
    if (o.crl.empty())
        return;
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    for (const auto& list : files.lists("crl", o.crl))
        X509_STORE_add_crl(store, list.get());
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context),
                                X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

void set_certificate(SSL_CTX* context, pem_files& files, const tls_options& o)
{
    if (o.certificate.empty())
    {
        if (!o.private_key.empty())
            refuse("private_key is given without a certificate");
        return;
    }
    auto chain = files.certificates("certificate", o.certificate);
    ERR_clear_error();
    if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
        refuse_file("certificate", o.certificate, "cannot be used: " + take_reason());
    for (auto next = chain.begin() + 1; next != chain.end(); ++next)
        if (SSL_CTX_add1_chain_cert(context, next->get()) != 1)
            refuse_file("certificate", o.certificate, "cannot be used: " + take_reason());
    const char* const option = o.private_key.empty() ? "certificate" : "private_key";
    const auto& source = o.private_key.empty() ? o.certificate : o.private_key;
    const auto key = files.private_key(option, source);
    ERR_clear_error();
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    {
        const bool differs = ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH ||
                             ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_TYPE_MISMATCH;
        const auto reason = take_reason();
        refuse_file(option, source,
                    differs ? "has a key that is not that of the certificate"
                            : "has a key that cannot be used: " + reason);
    }
}

void set_alpn(SSL_CTX* context, const tls_options& o)
{
    if (o.alpn.empty())
        return;
    std::string wire;
    for (const auto& protocol : o.alpn)
    {
        if (protocol.empty() || protocol.size() > 255)
            refuse("alpn " + quoted(protocol) + " is not 1 to 255 bytes long");
        wire += static_cast<char>(protocol.size());
        wire += protocol;
    }
    if (wire.size() > 65'535 ||
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                                static_cast<unsigned>(wire.size())) != 0)
        refuse("alpn has too many protocols");
}

void set_tickets(SSL_CTX* context, const tls_options& o)
{
    if (!o.resume)
    {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        return;
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_ticket);
}
}

key_digest parse_pin(const std::string& pin)
{
    std::array<unsigned char, 36> decoded{};
    key_digest digest{};
    const auto text = std::string_view(pin).substr(std::min(pin.size(), pin_prefix.size()));
    // 44 characters are 33 bytes; the last is what the one "=" at the end stands for.
    if (!pin.starts_with(pin_prefix) || text.size() != 44 || text[43] != '=' || text[42] == '=' ||
        EVP_DecodeBlock(decoded.data(), reinterpret_cast<const unsigned char*>(text.data()), 44) !=
            33)
        refuse("pins " + quoted(pin) + " is not sha256// and 32 bytes in base64");
    std::copy_n(decoded.begin(), digest.size(), digest.begin());
    return digest;
}

tls_configuration::tls_configuration(const std::string& server, const tls_options& o)
    : context(SSL_CTX_new(TLS_client_method()))
    , name(server)
    , roots(o.trust_roots.empty() || !is_pem(o.trust_roots) ? o.trust_roots : "those given")
    , accepts_any_certificate(o.insecure_accept_any_certificate)
{
    if (context == nullptr)
        throw std::bad_alloc();
    SSL_CTX* const c = context.get();
    for (const auto& pin : o.pins)
        pins.push_back(parse_pin(pin));
    set_versions(c, o);
    set_name(c, name);
    set_trust(c, files, o);
    set_revocation(c, files, o);
    set_certificate(c, files, o);
    set_alpn(c, o);
    set_tickets(c, o);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(c, verify_chain, nullptr);
    SSL_CTX_set_cert_cb(c, note_request, nullptr);
    ERR_clear_error(); // what the system's own roots may have left
}

bool attach_notes(SSL* ssl, std::unique_ptr<handshake_notes> notes) noexcept
{
    if (notes_index() < 0 || SSL_set_ex_data(ssl, notes_index(), notes.get()) != 1)
        return false;
    [[maybe_unused]] const auto* const kept = notes.release(); // by free_notes
    return true;
}

handshake_notes* notes_of(const SSL* ssl) noexcept
{
    return static_cast<handshake_notes*>(SSL_get_ex_data(ssl, notes_index()));
}
}

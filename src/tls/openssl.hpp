// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TLS_OPENSSL_HPP
#define HOLDFAST_SRC_TLS_OPENSSL_HPP

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace holdfast::detail
{
template <auto Free>
struct freed_by
{
    template <class T>
    void operator()(T* p) const noexcept
    {
        Free(p);
    }
};

using owned_bio = std::unique_ptr<BIO, freed_by<BIO_free>>;
using owned_context = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using owned_crl = std::unique_ptr<X509_CRL, freed_by<X509_CRL_free>>;
using owned_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using owned_session = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;
using owned_certificate = std::unique_ptr<X509, freed_by<X509_free>>;
using owned_names = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;
using owned_usage = std::unique_ptr<EXTENDED_KEY_USAGE, freed_by<EXTENDED_KEY_USAGE_free>>;

/// A BIO that reads `text`, which outlives it.
inline owned_bio reader_of(std::string_view text)
{
    return owned_bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// All that was written to a BIO in memory.
inline std::string text_of(BIO* memory)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

/// The reason of the last error of OpenSSL on this thread, in its words; forgets all errors.
inline std::string take_reason()
{
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    std::string text = reason != nullptr ? reason : "no reason given";
    ERR_clear_error();
    return text;
}
}

#endif

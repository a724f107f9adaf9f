// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_TLS_OPTIONS_HPP
#define HOLDFAST_ENDPOINTS_TLS_OPTIONS_HPP

#include <holdfast/time.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace holdfast
{
/// A version of TLS. Older ones are not spoken (RFC 8996).
enum class tls_version : unsigned char
{
    v1_2,
    v1_3,
};

/// How a TLS endpoint makes sure who is there, and says who we are.
///
/// Where PEM is expected, a text that holds `-----BEGIN` is the PEM itself, and everything else the
/// path of a file. Files are looked at before each attempt and read again when they have changed;
/// one that cannot be used by then is a failure of that attempt.
struct tls_options
{
    /// The name or IP address that the certificate must be for; a name is also told to the server
    /// (SNI). Empty: the host that the endpoint was given.
    std::string server_name{};

    /// The certificates that are trusted: PEM, or a directory of PEM files (`.pem`, `.crt`, `.cer`,
    /// or named by their hash). Empty: those of this machine. They need not be roots: whatever is
    /// here is trusted.
    std::string trust_roots{};

    /// Certificates that were revoked: PEM of one list (CRL) for each issuer in the chain. Empty:
    /// not looked at.
    std::string crl{};

    /// Our own certificate, for servers that ask for one: PEM, with the intermediate ones after it.
    std::string certificate{};

    /// Its key: PEM, without a password. Empty: it stands beside the certificate.
    std::string private_key{};

    /// Keys of which the server must have one, as `sha256//` and the SHA-256 of its public key
    /// (SubjectPublicKeyInfo) in base64, which is how curl has them. Asked for on top of all else.
    /// Empty: any key.
    std::vector<std::string> pins{};

    /// The protocols to offer, best first, such as `h2` (ALPN); each of 1 to 255 bytes. Which one
    /// the server chose, if any, is `tls_stream::protocol()`.
    std::vector<std::string> alpn{};

    /// The oldest version to speak.
    tls_version min_version = tls_version::v1_2;

    /// How long the handshake may take; above zero, at most 9 hours.
    duration timeout = std::chrono::seconds(30);

    /// Whether to keep the tickets that the server gives, and to offer one with the next attempt: a
    /// handshake that resumes an earlier one costs a fraction.
    bool resume = true;

    /// Talks to whoever answers: no certificate is looked at, of whatever name, age or issuer.
    /// Anybody between here and there can read and change everything. `pins` still hold; with one
    /// of them it is as good as any other.
    bool insecure_accept_any_certificate = false;
};
}

#endif

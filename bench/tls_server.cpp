// SPDX-License-Identifier: BSL-1.0
// The other end of the benchmarks of TLS, in a process of its own. Makes a root and a certificate
// for bench.test (P-256), writes the root to ROOT, prints its port, and serves one connection at a
// time, for ever.
//
//     tls_server ROOT greet    says one byte after the handshake and waits for the end
//     tls_server ROOT echo     sends back what comes
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace
{
void must(bool good, const char* what)
{
    if (!good)
    {
        std::perror(what);
        std::exit(1);
    }
}

void extend(X509* certificate, X509* issuer, int kind, const char* value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

/// A certificate of a day, still to be extended and signed. It issues itself if `issuer` is null.
X509* new_certificate(const char* subject, EVP_PKEY* key, X509* issuer)
{
    X509* const c = X509_new();
    X509_set_version(c, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c), issuer == nullptr ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(c), -3600);
    X509_gmtime_adj(X509_getm_notAfter(c), 86'400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(subject), -1, -1, 0);
    X509_set_issuer_name(c, X509_get_subject_name(issuer == nullptr ? c : issuer));
    X509_set_pubkey(c, key);
    return c;
}

SSL_CTX* make_context(const char* root_file)
{
    EVP_PKEY* const root_key = EVP_EC_gen("P-256");
    X509* const root = new_certificate("bench root", root_key, nullptr);
    extend(root, root, NID_basic_constraints, "critical,CA:true");
    extend(root, root, NID_key_usage, "critical,keyCertSign");
    X509_sign(root, root_key, EVP_sha256());

    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const leaf = new_certificate("bench.test", key, root);
    extend(leaf, root, NID_subject_alt_name, "DNS:bench.test");
    extend(leaf, root, NID_ext_key_usage, "serverAuth");
    X509_sign(leaf, root_key, EVP_sha256());

    std::FILE* const file = std::fopen(root_file, "w");
    must(file != nullptr && PEM_write_X509(file, root) == 1, root_file);
    std::fclose(file);

    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    must(SSL_CTX_use_certificate(context, leaf) == 1, "certificate");
    must(SSL_CTX_use_PrivateKey(context, key) == 1, "key");
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // tickets alone
    return context;
}

void serve(SSL* guest, bool echoes)
{
    std::vector<char> buffer(65536);
    if (SSL_accept(guest) != 1 || (!echoes && SSL_write(guest, "x", 1) != 1))
        return;
    for (int got; (got = SSL_read(guest, buffer.data(), static_cast<int>(buffer.size()))) > 0;)
        if (!echoes || SSL_write(guest, buffer.data(), got) <= 0)
            return;
}
}

int main(int argc, char** argv)
{
    if (argc != 3)
    {
        std::fputs("usage: tls_server ROOT greet | echo\n", stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    SSL_CTX* const context = make_context(argv[1]);
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    must(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    must(::listen(listener, 64) == 0, "listen");
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    for (;;)
    {
        const int guest = ::accept(listener, nullptr, nullptr);
        const int on = 1;
        ::setsockopt(guest, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        SSL* const ssl = SSL_new(context);
        SSL_set_fd(ssl, guest);
        serve(ssl, argv[2] == std::string_view("echo"));
        SSL_free(ssl);
        ::close(guest);
    }
}

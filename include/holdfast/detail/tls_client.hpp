// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_TLS_CLIENT_HPP
#define HOLDFAST_DETAIL_TLS_CLIENT_HPP

#include <holdfast/endpoint.hpp>
#include <holdfast/endpoints/tls_details.hpp>
#include <holdfast/endpoints/tls_options.hpp>
#include <holdfast/error.hpp>

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace holdfast::detail
{
struct ssl_deleter
{
    void operator()(SSL* ssl) const noexcept;
};

struct tls_configuration; // made of the files as they are now

using owned_ssl = std::unique_ptr<SSL, ssl_deleter>;

/// One end of TLS as it is configured: what all handshakes of an endpoint and its copies share,
/// their tickets included. Safe from any thread.
class tls_client
{
public:
    /// Reads all files. Throws `std::invalid_argument` naming the option.
    ///
    /// @param host What the endpoint is called: the name to verify, unless the options have one.
    /// @param port 0 if it is not known.
    tls_client(std::string host, std::uint16_t port, tls_options options);
    tls_client(const tls_client&) = delete;
    tls_client& operator=(const tls_client&) = delete;
    ~tls_client();

    const tls_options& options() const noexcept { return options_; }

    /// The name or the address that is verified, as the certificate has it.
    const std::string& name() const noexcept { return name_; }

    /// What one handshake needs. Null if it cannot be had: then `ec` and the report say why.
    owned_ssl begin(dial_report& report, error_code& ec) const;

    /// What a handshake that failed with `ec` means; the details go into the report.
    error_code explain(SSL* ssl, error_code ec, dial_report& report) const;

    /// Tells of a handshake that has ended with `ec`, or of one that could not begin (`ssl` is
    /// null), where somebody asks.
    void tell(const SSL* ssl, error_code ec, time_point began, time_point ended,
              dial_report& report) const;

    /// The description of an endpoint, given that of the one below. `direct`: the one below is TCP
    /// to our host and port.
    std::string describe(const std::string& below, bool direct) const;

private:
    std::shared_ptr<const tls_configuration> current() const;

    const std::string host_;
    const std::uint16_t port_;
    const tls_options options_;
    const std::string name_;
    mutable std::mutex mutex_; // of what follows
    mutable std::shared_ptr<const tls_configuration> configuration_;
};

tls_details details_of(SSL* ssl);

/// The record that says goodbye (close_notify), and marks it as said; empty if there is nothing to
/// say goodbye to. Nothing can be written afterwards.
std::vector<unsigned char> take_close_notify(SSL* ssl) noexcept;

/// `bytes` as records, past all buffers; nothing can be written afterwards.
std::vector<unsigned char> take_last_records(SSL* ssl, const void* bytes,
                                             std::size_t size) noexcept;
}

#endif

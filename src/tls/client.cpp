// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/tls_client.hpp>

#include <holdfast/duration.hpp>
#include <holdfast/endpoints/tls_error.hpp>

#include "../host_name.hpp"
#include "../quoted.hpp"
#include "configuration.hpp"
#include "facts.hpp"
#include "verification.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

#include <array>
#include <chrono>
#include <new>
#include <stdexcept>

namespace holdfast::detail
{
namespace
{
using namespace std::chrono_literals;

bool is_address(const std::string& text)
{
    error_code not_an_address;
    asio::ip::make_address(text, not_an_address);
    return !not_an_address;
}

/// A host as a certificate has it: without the dot at the end of a complete name, without the zone
/// of an address, internationalised labels as `xn--`.
std::string verified_name(const std::string& host)
{
    if (const auto zone = host.find('%'); zone != host.npos && is_address(host))
        return host.substr(0, zone);
    if (is_address(host))
        return host;
    auto name = to_ascii_name(host);
    if (name.problem != nullptr)
        throw std::invalid_argument("tls: server_name " + quoted(host) +
                                    " is not valid: " + name.problem);
    if (name.text.ends_with('.'))
        name.text.pop_back();
    return std::move(name.text);
}

void check(const tls_options& o)
{
    constexpr duration most = 9h;
    if (o.timeout <= 0s || o.timeout > most)
        throw std::invalid_argument("tls: timeout " + to_string(o.timeout) +
                                    " is not above zero and at most 9 hours");
}

/// The last error of OpenSSL as Asio has it.
error_code last_error()
{
    const auto code = ERR_get_error();
    ERR_clear_error();
    if (code == 0)
        return boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
    return {static_cast<int>(code), asio::error::get_ssl_category()};
}

/// Has OpenSSL write to memory what `act` has to say, and gives that.
template <class Act>
std::vector<unsigned char> past_all_buffers(SSL* ssl, Act act) noexcept
{
    std::vector<unsigned char> records;
    owned_bio memory(BIO_new(BIO_s_mem()));
    if (memory == nullptr)
        return records;
    ERR_clear_error();
    BIO* const writes = memory.get();
    SSL_set0_wbio(ssl, memory.release());
    act();
    char* data = nullptr;
    const long size = BIO_get_mem_data(writes, &data);
    try
    {
        records.assign(data, data + std::max(size, 0L));
    }
    catch (const std::bad_alloc&) // then nothing is said
    {
    }
    ERR_clear_error();
    return records;
}
}

void ssl_deleter::operator()(SSL* ssl) const noexcept
{
    SSL_free(ssl);
}

tls_client::tls_client(std::string host, std::uint16_t port, tls_options options)
    : host_(std::move(host))
    , port_(port)
    , options_(std::move(options))
    , name_(verified_name(options_.server_name.empty() ? host_ : options_.server_name))
{
    check(options_);
    configuration_ = std::make_shared<const tls_configuration>(name_, options_);
}

tls_client::~tls_client() = default;

std::shared_ptr<const tls_configuration> tls_client::current() const
{
    const std::lock_guard lock(mutex_);
    if (configuration_->files.changed())
        configuration_ = std::make_shared<const tls_configuration>(name_, options_);
    return configuration_;
}

owned_ssl tls_client::begin(dial_report& report, error_code& ec) const
{
    auto notes = std::make_unique<handshake_notes>();
    try
    {
        notes->configuration = current();
        notes->traced = report.traced;
    }
    catch (const std::invalid_argument& refusal)
    {
        ec = errc::unusable_files;
        report.detail = std::make_shared<const std::string>(refusal.what());
        return nullptr;
    }
    const tls_configuration& c = *notes->configuration;
    const auto ticket = c.tickets.take();
    ERR_clear_error();
    owned_ssl ssl(SSL_new(c.context.get()));
    if (ssl == nullptr || !attach_notes(ssl.get(), std::move(notes)) ||
        (!is_address(name_) && SSL_set_tlsext_host_name(ssl.get(), name_.c_str()) != 1))
    {
        ec = last_error();
        return nullptr;
    }
    if (ticket != nullptr)
        SSL_set_session(ssl.get(), ticket.get());
    return ssl;
}

error_code tls_client::explain(SSL* ssl, error_code ec, dial_report& report) const
{
    const handshake_notes* const notes = notes_of(ssl);
    if (notes != nullptr && (notes->refused != X509_V_OK || notes->not_pinned))
    {
        report.detail = std::make_shared<const std::string>(notes->detail);
        if (notes->not_pinned)
            return errc::key_not_pinned;
        return {static_cast<int>(notes->refused), tls_verify_category()};
    }
    std::string detail;
    if (ec == asio::ssl::error::stream_truncated)
        detail = "the server hung up in the middle of the handshake";
    else if (ec.category() == asio::error::get_ssl_category())
        detail = explain_handshake(ERR_GET_REASON(static_cast<unsigned long>(ec.value())),
                                   quoted(name_), !options_.certificate.empty());
    if (!detail.empty())
        report.detail = std::make_shared<const std::string>(std::move(detail));
    return ec;
}

void tls_client::tell(const SSL* ssl, error_code ec, time_point began, time_point ended,
                      dial_report& report) const
{
    dial_trace* const trace = trace_of(report);
    if (trace == nullptr)
        return;
    trace->step({.phase = phase::tls,
                 .what = "shake hands with " + name_,
                 .began = began,
                 .ended = ended,
                 .code = ec,
                 .detail = ec && report.detail ? *report.detail : std::string(),
                 .facts = ssl != nullptr ? facts_of(ssl) : step_facts()});
}

tls_details details_of(SSL* ssl)
{
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &protocol, &size);
    return {.version = SSL_get_version(ssl),
            .cipher = SSL_get_cipher_name(ssl),
            .protocol = size != 0 ? std::string(reinterpret_cast<const char*>(protocol), size)
                                  : std::string(),
            .resumed = SSL_session_reused(ssl) == 1};
}

std::vector<unsigned char> take_close_notify(SSL* ssl) noexcept
{
    if (SSL_is_init_finished(ssl) == 0 || (SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) != 0)
        return {};
    return past_all_buffers(ssl, [&] { SSL_shutdown(ssl); });
}

std::vector<unsigned char> take_last_records(SSL* ssl, const void* bytes, std::size_t size) noexcept
{
    if (size == 0 || SSL_is_init_finished(ssl) == 0)
        return {};
    return past_all_buffers(ssl,
                            [&]
                            {
                                SSL_write(ssl, bytes, static_cast<int>(size));
                                SSL_shutdown(ssl);
                            });
}
}

// SPDX-License-Identifier: BSL-1.0
#include "support/tls_server.hpp"

#include "support/certificates.hpp"

#include <holdfast/detail/stream_layers.hpp>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace support
{
namespace asio = boost::asio;
using asio::ip::tcp;
using local = asio::local::stream_protocol;
using any_socket = asio::generic::stream_protocol::socket;
using boost::system::error_code;
using manners = tls_server_options::manners;

class tls_server::connection : public std::enable_shared_from_this<connection>
{
public:
    connection(any_socket socket, asio::ssl::context& context, const options& how)
        : stream_(std::move(socket), context)
        , behind_(stream_.get_executor())
        , how_(how)
    {
    }

    void start()
    {
        const auto keep = shared_from_this();
        const auto then_end = [keep, this](error_code, std::size_t) { close(); };
        switch (how_.behaves)
        {
        case manners::stall:
            return;
        case manners::hang_up:
            return stream_.next_layer().async_read_some(asio::buffer(buffer_), then_end);
        case manners::talk_plainly:
            return asio::async_write(stream_.next_layer(),
                                     asio::buffer("220 hello, who is there\r\n", 25),
                                     [keep](error_code, std::size_t) {});
        case manners::shake_hands:
        case manners::swallow:
            return stream_.async_handshake(asio::ssl::stream_base::server,
                                           [keep, this](error_code ec) { shaken(ec); });
        }
    }

    void say_goodbye()
    {
        stream_.async_shutdown([keep = shared_from_this()](error_code) {});
    }

    void close()
    {
        holdfast::detail::close_stream(stream_.next_layer());
        holdfast::detail::close_stream(behind_);
    }

    connection_facts facts;

private:
    void shaken(error_code ec)
    {
        if (ec)
            return end(ec);
        SSL* const ssl = stream_.native_handle();
        facts.shaken = true;
        facts.resumed = SSL_session_reused(ssl) == 1;
        if (const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
            facts.server_name = name;
        if (const X509* const certificate = SSL_get0_peer_certificate(ssl))
        {
            std::array<char, 256> subject{};
            X509_NAME_oneline(X509_get_subject_name(certificate), subject.data(), subject.size());
            facts.client_subject = subject.data();
        }
        if (how_.passes_on_to != 0)
            return pass_on();
        read();
    }

    /// Is a tunnel from now on.
    void pass_on()
    {
        behind_.connect({asio::ip::address_v4::loopback(), how_.passes_on_to});
        carry(stream_, behind_, buffer_);
        carry(behind_, stream_, other_buffer_);
    }

    template <class From, class To>
    void carry(From& from, To& to, std::array<char, 16384>& buffer)
    {
        from.async_read_some(
            asio::buffer(buffer),
            [keep = shared_from_this(), this, &from, &to, &buffer](error_code ec, std::size_t n)
            {
                if (ec)
                    return end(ec);
                asio::async_write(to, asio::buffer(buffer.data(), n),
                                  [keep, this, &from, &to, &buffer](error_code failed, std::size_t)
                                  { failed ? end(failed) : carry(from, to, buffer); });
            });
    }

    void read()
    {
        stream_.async_read_some(asio::buffer(buffer_),
                                [keep = shared_from_this(), this](error_code ec, std::size_t n)
                                {
                                    if (ec)
                                        return end(ec);
                                    facts.received.append(buffer_.data(), n);
                                    how_.behaves == manners::swallow ? read() : write(n);
                                });
    }

    void write(std::size_t n)
    {
        asio::async_write(stream_, asio::buffer(buffer_.data(), n),
                          [keep = shared_from_this(), this](error_code ec, std::size_t)
                          { ec ? end(ec) : read(); });
    }

    void end(error_code ec)
    {
        if (!std::exchange(facts.ended, true))
            facts.why = ec;
        close();
    }

    asio::ssl::stream<any_socket> stream_;
    tcp::socket behind_; // of a tunnel
    const options& how_;
    std::array<char, 16384> buffer_{};
    std::array<char, 16384> other_buffer_{};
};

struct tls_server::state : std::enable_shared_from_this<state>
{
    state(asio::io_context& context, options o) : how(std::move(o)), acceptor(context)
    {
        if (how.path.empty())
            listen(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        else
            listen(local::endpoint(how.path));
        SSL_CTX* const c = tls.native_handle();
        SSL_CTX_set_security_level(c, 0); // what is too weak is for the client to say
        tls.use_certificate_chain_file(certificate(how.certificate + ".pem"));
        tls.use_private_key_file(certificate(how.certificate + ".key"), asio::ssl::context::pem);
        if (how.asks_for_certificate)
        {
            tls.load_verify_file(certificate("root.pem"));
            tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        }
        SSL_CTX_set_session_id_context(c, reinterpret_cast<const unsigned char*>("test"), 4);
        SSL_CTX_set_num_tickets(c, how.tickets);
        if (how.version_max != 0)
            SSL_CTX_set_max_proto_version(c, how.version_max);
        if (!how.protocol.empty())
            SSL_CTX_set_alpn_select_cb(c, choose_protocol, &how.protocol);
    }

    static int choose_protocol(SSL*, const unsigned char** out, unsigned char* size,
                               const unsigned char* offered, unsigned offered_size, void* wanted)
    {
        const auto& name = *static_cast<const std::string*>(wanted);
        for (const auto* at = offered; at < offered + offered_size; at += *at + 1)
            if (std::equal(name.begin(), name.end(), at + 1, at + 1 + *at))
            {
                *out = at + 1;
                *size = *at;
                return SSL_TLSEXT_ERR_OK;
            }
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    template <class Endpoint>
    void listen(const Endpoint& where)
    {
        acceptor.open(where.protocol());
        acceptor.bind(where);
        acceptor.listen();
    }

    void accept()
    {
        acceptor.async_accept(
            [self = shared_from_this()](error_code ec, any_socket socket)
            {
                if (ec)
                    return;
                self->connections.push_back(
                    std::make_shared<connection>(std::move(socket), self->tls, self->how));
                self->connections.back()->start();
                self->accept();
            });
    }

    options how;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    asio::basic_socket_acceptor<asio::generic::stream_protocol> acceptor;
    std::vector<std::shared_ptr<connection>> connections;
};

tls_server::tls_server(asio::io_context& context, options o)
    : state_(std::make_shared<state>(context, std::move(o)))
{
    state_->accept();
}

tls_server::~tls_server()
{
    holdfast::detail::close_stream(state_->acceptor);
    for (const auto& c : state_->connections)
        c->close();
}

std::uint16_t tls_server::port() const
{
    const auto where = state_->acceptor.local_endpoint();
    tcp::endpoint address;
    std::memcpy(address.data(), where.data(), std::min(where.size(), address.capacity()));
    return address.port();
}

std::size_t tls_server::accepted() const noexcept
{
    return state_->connections.size();
}

const tls_server::connection_facts& tls_server::last() const
{
    return state_->connections.back()->facts;
}

void tls_server::say_goodbye()
{
    state_->connections.back()->say_goodbye();
}

void tls_server::cut_off()
{
    state_->connections.back()->close();
}
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SUPPORT_TLS_SERVER_HPP
#define HOLDFAST_TEST_SUPPORT_TLS_SERVER_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace support
{
/// How a `tls_server` is made.
struct tls_server_options
{
    enum class manners
    {
        shake_hands, ///< And then send back what comes.
        swallow,     ///< The same, and send nothing back.
        stall,       ///< Accept, and say nothing.
        hang_up,     ///< Accept, and close when something comes.
        talk_plainly ///< Accept, and say something that is not TLS.
    };

    std::string certificate = "good"; ///< Of those that `make_certificates` makes.
    bool asks_for_certificate = false;
    std::string protocol{}; ///< Chosen with ALPN, if it is offered.
    int version_max = 0;    ///< As OpenSSL has it; 0: any.
    manners behaves = manners::shake_hands;
    unsigned tickets = 2;
    std::string path{};             ///< Not empty: it listens on this Unix socket instead.
    std::uint16_t passes_on_to = 0; ///< A port of this machine it is a tunnel to; 0: it echoes.
};

/// A TLS server of the test itself, on the context of the client.
class tls_server
{
public:
    using options = tls_server_options;

    /// What is known of a connection.
    struct connection_facts
    {
        bool shaken = false; ///< The handshake is done.
        bool resumed = false;
        std::string server_name{};    ///< That the client asked for (SNI).
        std::string client_subject{}; ///< Of its certificate.
        bool ended = false;
        boost::system::error_code why{}; ///< `eof`: the client said goodbye.
        std::string received{};
    };

    explicit tls_server(boost::asio::io_context& context, options o = {});
    tls_server(const tls_server&) = delete;
    tls_server& operator=(const tls_server&) = delete;
    ~tls_server();

    std::uint16_t port() const;

    std::size_t accepted() const noexcept;

    /// Of the newest connection.
    const connection_facts& last() const;

    void say_goodbye(); ///< Sends close_notify on the newest connection.
    void cut_off();     ///< Closes its socket without.

private:
    class connection;
    struct state;
    std::shared_ptr<state> state_;
};
}

#endif

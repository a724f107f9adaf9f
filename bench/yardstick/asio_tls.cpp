// SPDX-License-Identifier: BSL-1.0
// The same as bench/ours/tls.cpp with `asio::ssl::stream`, in as few lines as it takes. It verifies
// the server, and resumes nothing: Asio leaves that to whoever asks OpenSSL.
//
//     asio_tls PORT ROOT COUNT full|BYTES
#include "../exchange.hpp"
#include "../socket_options.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace
{
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using stream_type = asio::ssl::stream<tcp::socket>;

class client
{
public:
    client(asio::io_context& context, asio::ssl::context& tls, const tcp::endpoint& server)
        : context_(context)
        , tls_(tls)
        , server_(server)
    {
    }

    template <class Done>
    void dial(Done done)
    {
        stream_.emplace(context_, tls_);
        SSL_set_tlsext_host_name(stream_->native_handle(), "bench.test");
        stream_->set_verify_callback(asio::ssl::host_name_verification("bench.test"));
        stream_->next_layer().async_connect(
            server_,
            [this, done](error_code ec)
            {
                if (ec)
                    std::abort(); // the server is ours and does not fail
                bench::set_options(stream_->next_layer().native_handle());
                stream_->async_handshake(asio::ssl::stream_base::client,
                                         [done](error_code failed)
                                         {
                                             if (failed)
                                                 std::abort();
                                             done();
                                         });
            });
    }

    void cycle(bench::lap& lap)
    {
        dial(
            [this, &lap]
            {
                stream_->async_read_some(asio::buffer(&byte_, 1),
                                         [this, &lap](error_code ec, std::size_t)
                                         {
                                             if (ec)
                                                 std::abort();
                                             stream_->next_layer().set_option(
                                                 asio::socket_base::linger(true, 0));
                                             stream_->next_layer().close();
                                             stream_.reset();
                                             if (lap.next())
                                                 cycle(lap);
                                         });
            });
    }

    stream_type& stream() { return *stream_; }

private:
    asio::io_context& context_;
    asio::ssl::context& tls_;
    tcp::endpoint server_;
    std::optional<stream_type> stream_;
    char byte_ = 0;
};
}

int main(int argc, char** argv)
{
    if (argc != 5)
        return 2;
    const long count = std::atol(argv[3]);
    asio::io_context context(1);
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.load_verify_file(argv[2]);
    tls.set_verify_mode(asio::ssl::verify_peer);
    client one(context, tls,
               {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))});
    if (argv[4] == std::string_view("full"))
    {
        bench::lap lap(count);
        one.cycle(lap);
        context.run();
        bench::print_exchanges(lap);
        return 0;
    }
    std::optional<bench::exchange<stream_type, void (*)()>> exchanges;
    one.dial(
        [&]
        {
            exchanges.emplace(one.stream(), static_cast<std::size_t>(std::atol(argv[4])), count,
                              [] { std::exit(0); });
            exchanges->start();
        });
    context.run();
}

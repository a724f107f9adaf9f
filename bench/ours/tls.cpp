// SPDX-License-Identifier: BSL-1.0
// What TLS costs with our endpoint: to connect, shake hands, read a byte (and with it the tickets)
// and close, again and again; or to write a chunk and read its echo.
//
//     tls PORT ROOT COUNT full|resumed|BYTES
#include "../exchange.hpp"

#include <holdfast/detail/stream_layers.hpp>
#include <holdfast/endpoints/tls.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace
{
namespace asio = boost::asio;
namespace hf = holdfast;
using hf::error_code;

class client
{
public:
    client(asio::io_context& context, const hf::tls& server) : context_(context), server_(server) {}

    template <class Done>
    void dial(Done done)
    {
        server_.async_connect({.executor = context_.get_executor(),
                               .clock = &hf::default_clock(context_.get_executor()),
                               .resolver = &hf::default_resolver(context_.get_executor()),
                               .report = &report_},
                              [this, done](error_code ec, hf::tls::stream_type stream)
                              {
                                  if (ec)
                                      std::abort(); // the server is ours and does not fail
                                  stream_.emplace(std::move(stream));
                                  done();
                              });
    }

    void cycle(bench::lap& lap, bool resumed)
    {
        dial(
            [this, &lap, resumed]
            {
                stream_->async_read_some(asio::buffer(&byte_, 1),
                                         [this, &lap, resumed](error_code ec, std::size_t)
                                         {
                                             if (ec ||
                                                 stream_->details().resumed !=
                                                     (resumed && !std::exchange(first_, false)))
                                                 std::abort();
                                             hf::detail::reset_stream(stream_->next_layer());
                                             stream_.reset();
                                             if (lap.next())
                                                 cycle(lap, resumed);
                                         });
            });
    }

    hf::tls::stream_type& stream() { return *stream_; }

private:
    asio::io_context& context_;
    const hf::tls& server_;
    hf::dial_report report_;
    std::optional<hf::tls::stream_type> stream_;
    bool first_ = true;
    char byte_ = 0;
};
}

int main(int argc, char** argv)
{
    if (argc != 5)
        return 2;
    const std::string_view mode = argv[4];
    const long count = std::atol(argv[3]);
    asio::io_context context(1);
    const hf::tls server(
        "127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1])),
        {.server_name = "bench.test", .trust_roots = argv[2], .resume = mode == "resumed"});
    client one(context, server);
    if (mode == "full" || mode == "resumed")
    {
        bench::lap lap(count);
        one.cycle(lap, mode == "resumed");
        context.run();
        bench::print_exchanges(lap);
        return 0;
    }
    using exchange = bench::exchange<hf::tls::stream_type, void (*)()>;
    std::optional<exchange> exchanges;
    one.dial(
        [&]
        {
            exchanges.emplace(one.stream(), static_cast<std::size_t>(std::atol(argv[4])), count,
                              [] { std::exit(0); });
            exchanges->start();
        });
    context.run();
}

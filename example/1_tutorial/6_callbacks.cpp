// SPDX-License-Identifier: BSL-1.0
// A callback protocol, as Twisted has them: the connection calls you.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/protocols/callback_protocol.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string_view>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

namespace
{
int ends = 0;

// [callbacks]
class chat final : public hf::callback_protocol
{
public:
    void made(hf::transport& t) override
    {
        transport_ = &t;
        t.write("hello");
    }

    void received(std::string_view bytes) override
    {
        std::cout << "the server says: " << bytes << '\n';
        transport_->close(); // ends this connection; the service makes the next
    }

    void lost(hf::error_code why) override
    {
        std::cout << "over: " << (why ? why.message() : "in good order") << '\n';
        ++ends;
    }

private:
    hf::transport* transport_ = nullptr; // until lost() has returned
};
// [/callbacks]
}

int main()
{
    asio::io_context context;
    hf::testing::flaky_server server(context.get_executor()); // it echoes

    // [callback_service]
    hf::client_service service(context, hf::tcp("127.0.0.1", server.port()),
                               [] { return std::make_shared<chat>(); },
                               {.retry = hf::retry::fixed{20ms}});
    service.start();
    // [/callback_service]
    while (ends < 2)
        context.run_one();

    service.async_stop([&](hf::error_code) { context.stop(); });
    context.run();
    return server.received().starts_with("hellohello") ? 0 : 1;
}

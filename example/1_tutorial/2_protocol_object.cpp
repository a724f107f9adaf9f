// SPDX-License-Identifier: BSL-1.0
// A protocol object: a class of your own around the stream, which the rest of the program asks for
// and uses.
#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/compose.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace asio = boost::asio;
namespace hf = holdfast;

// [line_client]
/// Sends a line and waits for the line that answers it; one question at a time.
class line_client
{
public:
    explicit line_client(hf::tcp::stream_type stream)
        : stream_(std::move(stream))
        , answers_(stream_.get_executor(), 16)
    {
    }

    // What a protocol object must have: it runs until the connection ends ...
    template <class Token>
    auto async_run(Token&& token)
    {
        return asio::async_compose<Token, void(hf::error_code)>(
            [this](auto& self, hf::error_code ec = {}, std::size_t read = 0)
            {
                if (ec)
                {
                    answers_.close(); // whoever waits for an answer gets none
                    return self.complete(ec);
                }
                if (read != 0)
                {
                    answers_.try_send(hf::error_code(), text_.substr(0, read - 1));
                    text_.erase(0, read);
                }
                asio::async_read_until(stream_, asio::dynamic_buffer(text_), '\n', std::move(self));
            },
            token, stream_);
    }

    // ... and ends it when asked to, at any time and any number of times.
    void close() noexcept
    {
        hf::error_code ignored; // it is closed, one way or another
        stream_.close(ignored);
    }

    // What it is for.
    asio::awaitable<std::string> ask(std::string question)
    {
        question += '\n';
        co_await asio::async_write(stream_, asio::buffer(question), asio::use_awaitable);
        co_return co_await answers_.async_receive(asio::use_awaitable);
    }

private:
    hf::tcp::stream_type stream_;
    std::string text_;
    asio::experimental::channel<void(hf::error_code, std::string)> answers_;
};
// [/line_client]

namespace
{
asio::awaitable<void> use(hf::client_service<line_client>& service, int& answers)
{
    // [ask]
    std::shared_ptr<line_client> client = co_await service.async_when_connected();
    std::cout << co_await client->ask("how are you?") << '\n';
    // [/ask]
    ++answers;

    // Who has no wish to wait asks for what is there: a copy, since it may be lost meanwhile.
    if (const auto now = service.current())
        std::cout << co_await now->ask("and now?") << '\n';
    ++answers;

    co_await service.async_stop();
    std::cout << "stopped: " << (service.current() == nullptr ? "no connection" : "oh") << '\n';
}
}

int main()
{
    asio::io_context context;
    hf::testing::flaky_server server(context.get_executor()); // it echoes

    // [protocol_service]
    hf::client_service<line_client> service(
        context, hf::tcp("127.0.0.1", server.port()), [](hf::tcp::stream_type stream)
        { return std::make_shared<line_client>(std::move(stream)); });
    service.start();
    // [/protocol_service]

    int answers = 0;
    asio::co_spawn(context, use(service, answers),
                   [&](std::exception_ptr e)
                   {
                       context.stop();
                       if (e)
                           std::rethrow_exception(e);
                   });
    context.run();
    return answers == 2 ? 0 : 1;
}

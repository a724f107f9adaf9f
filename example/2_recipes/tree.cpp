// SPDX-License-Identifier: BSL-1.0
// Services as a tree: started in order, ready together, stopped in reverse.
#include <holdfast/as_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/multi_service.hpp>
#include <holdfast/testing/flaky_server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

namespace
{
asio::awaitable<void> read_to_the_end(hf::tcp::stream_type stream)
{
    for (std::array<char, 64> bytes;;)
        co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

// [own_service]
/// A service of your own says what is to be done; who waits, and when, is not its affair.
class greeting final : public hf::service
{
public:
    explicit greeting(asio::io_context& context) : service(context.get_executor(), "greeting") {}

private:
    void do_start() override { std::cout << "hello\n"; }

    void do_stop() override
    {
        std::cout << "goodbye\n";
        stopped(); // or later, when nothing is left
    }
};
// [/own_service]

asio::awaitable<void> live(std::shared_ptr<hf::multi_service> root)
{
    // [tree_life]
    co_await root->async_start(); // until all are ready that must be
    for (const auto& child : root->children())
        std::cout << child->path() << (child->ready() ? " is ready\n" : " is not ready\n");
    const auto a = root->find("feeds/a");
    std::cout << "found " << a->path() << '\n';

    hf::tree_failure why;
    const auto [ec] = co_await root->async_stop(why, asio::as_tuple(asio::use_awaitable));
    std::cout << (ec ? to_string(why) : "all have stopped") << '\n';
    // [/tree_life]
}
}

int main()
{
    asio::io_context context;
    hf::testing::flaky_server server(context.get_executor());
    const hf::tcp endpoint("127.0.0.1", server.port());

    // [tree]
    const auto root =
        std::make_shared<hf::multi_service>(context, hf::multi_service_options{.name = "root"});
    root->add(std::make_shared<greeting>(context));

    const auto feeds = root->add(std::make_shared<hf::multi_service>(
        context, hf::multi_service_options{.name = "feeds", .child_stop_timeout = 3s}));
    for (const auto* const name : {"a", "b"})
        feeds->add(
            as_service(hf::client_service(context, endpoint, read_to_the_end, {.name = name})));
    // [/tree]

    asio::co_spawn(context, live(root), asio::detached);
    context.run_for(10s);
    return root->running() || server.accepted() != 2 ? 1 : 0;
}

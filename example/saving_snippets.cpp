// SPDX-License-Identifier: BSL-1.0
// What the documentation shows of saving. Compiled, not run.
#include <holdfast.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

namespace asio = boost::asio;
namespace hf = holdfast;

// The declaration is for the compiler, that it may warn of none that is missing.
void saving(asio::io_context& context);

namespace
{
// [saved_session]
asio::awaitable<void> read_to_the_end(hf::stream stream)
{
    for (std::array<char, 64> bytes;;)
        co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}
// [/saved_session]
}

void saving(asio::io_context& context)
{
    // [load]
    hf::service_kinds kinds; // what a file cannot say: what is spoken
    kinds.add("reader", read_to_the_end);

    std::ifstream file("services.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    try
    {
        const auto root = hf::load_tree(text, context.get_executor(), kinds);
        root->start();
    }
    catch (const hf::saving_error& e) // services[2].retry.factor: must be finite and at least 1
    {
        std::cerr << "services.json: " << e.what() << '\n';
    }
    // [/load]

    // [save]
    const hf::tree_record record{
        .name = "root",
        .services = {{hf::client_record{.name = "cache",
                                        .kind = "reader",
                                        .endpoint = "tcp:cache.example:6379",
                                        .retry = {hf::retry::fixed{std::chrono::seconds(5)}}}}}};
    const auto tree = kinds.make(record, context.get_executor());
    std::ofstream("services.json") << hf::save(*tree);
    // [/save]
}

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_DEMO_SHOW_HPP
#define HOLDFAST_TOOL_DEMO_SHOW_HPP

#include "error.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/protocols/session.hpp>
#include <holdfast/testing/flaky_server.hpp>
#include <holdfast/time.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <string_view>

namespace tool
{
namespace asio = boost::asio;

/// A service and a server that misbehaves, in one process: the server acts, the service reacts,
/// and every change is shown.
class demo_show
{
public:
    demo_show(hf::duration length, bool in_colour);

    exit_code run();

private:
    enum class colour
    {
        grey,
        green,
        yellow,
        red,
        blue,
    };

    asio::awaitable<void> direct();
    asio::awaitable<void> talk(hf::tcp::stream_type stream);
    asio::awaitable<void> act(std::string_view what, const std::function<void()>& change,
                              unsigned tenths);
    void observe(const hf::event& e);
    void show(colour c, std::string_view who, std::string_view what) const;
    void summarise() const;
    hf::time_point now() const;

    asio::io_context context_{1};
    hf::duration length_;
    bool in_colour_;
    hf::testing::flaky_server server_;
    hf::client_service<hf::session> service_;
    hf::time_point begin_{};
    hf::time_point connected_at_{};
    hf::duration connected_{};
    unsigned attempts_ = 0;
    unsigned connections_ = 0;
    unsigned losses_ = 0;
    unsigned answers_ = 0;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_CONTROL_CONTROL_CLIENT_HPP
#define HOLDFAST_TOOL_CONTROL_CONTROL_CLIENT_HPP

#include <holdfast/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tool
{
namespace hf = holdfast;
namespace asio = boost::asio;

/// Nobody could be asked. `what()` is one line that says where it was tried, and what to do.
struct control_unreachable : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// A connection to the control socket of a daemon. It blocks, but never for ever.
class control_client
{
public:
    /// Connects. Throws `control_unreachable`.
    explicit control_client(const std::string& path);

    /// Sends a line and gives the answer, both without their ends. Throws `std::runtime_error` if
    /// none comes within half a minute.
    std::string ask(std::string_view request);

    /// The next line that comes by itself; none if that takes longer. Throws `std::runtime_error`
    /// if none will come any more.
    std::optional<std::string> next_line(hf::duration longest);

private:
    asio::io_context context_;
    asio::local::stream_protocol::socket socket_;
    std::string in_{};
    std::size_t searched_ = 0; // of it, which holds no end of a line
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#include "standard_streams.hpp"

#include <boost/asio/error.hpp>

#include <unistd.h>

namespace tool
{
standard_streams::standard_streams(const asio::any_io_executor& executor)
    : in_(executor, STDIN_FILENO, descriptor::direction::in)
    , out_(executor, STDOUT_FILENO, descriptor::direction::out)
{
}

asio::awaitable<transfer> standard_streams::read(std::span<char> buffer)
{
    return in_.read(buffer);
}

asio::awaitable<error_code> standard_streams::write(std::string_view bytes)
{
    unwritten_ += bytes;
    while (!unwritten_.empty())
    {
        const auto [ec, n] = co_await out_.write(unwritten_);
        if (ec)
            co_return ec;
        unwritten_.erase(0, n);
    }
    co_return error_code();
}
}

// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/process_stream.hpp>

#include "child_process.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace holdfast
{
namespace
{
/// Completes where there is no process.
void fail(const asio::any_io_executor& executor, detail::child_process::handler done)
{
    asio::post(executor, [done = std::move(done)]() mutable
               { std::move(done)(asio::error::bad_descriptor, 0); });
}
}

process_stream::process_stream(asio::any_io_executor executor) noexcept
    : executor_(std::move(executor))
{
}

process_stream::process_stream(asio::any_io_executor executor,
                               std::shared_ptr<detail::child_process> child)
    : executor_(std::move(executor))
    , child_(std::move(child))
{
}

process_stream::process_stream(process_stream&& other) noexcept
    // NOLINTNEXTLINE(performance-move-constructor-init): the other keeps its executor
    : executor_(other.executor_)
    , child_(std::move(other.child_))
{
}

process_stream& process_stream::operator=(process_stream&& other) noexcept
{
    if (this != &other)
    {
        close();
        executor_ = other.executor_;
        child_ = std::move(other.child_);
    }
    return *this;
}

process_stream::~process_stream()
{
    close();
}

bool process_stream::is_open() const noexcept
{
    return child_ != nullptr && child_->is_open();
}

int process_stream::id() const noexcept
{
    return child_ != nullptr ? child_->id() : 0;
}

void process_stream::shutdown_send(error_code& ec) noexcept
{
    ec = is_open() ? error_code() : asio::error::bad_descriptor;
    if (!ec)
        child_->end_input();
}

void process_stream::close() noexcept
{
    if (child_ != nullptr)
        child_->close();
}

void process_stream::reset() noexcept
{
    if (child_ != nullptr)
        child_->cut_off();
}

void process_stream::write_last(asio::const_buffer bytes) noexcept
{
    if (is_open())
        child_->write_at_once(bytes);
}

void process_stream::tie(stream_link& link) noexcept
{
    if (child_ != nullptr)
        child_->tie(link);
}

std::string process_stream::peer() const
{
    return is_open() ? "process " + std::to_string(child_->id()) : std::string();
}

void process_stream::start_transfer::start(const detail::few_buffers<asio::mutable_buffer>& buffers,
                                           handler done) const
{
    if (child != nullptr)
        return child->read(buffers, std::move(done));
    fail(executor, std::move(done));
}

void process_stream::start_transfer::start(const detail::few_buffers<asio::const_buffer>& buffers,
                                           handler done) const
{
    if (child != nullptr)
        return child->write(buffers, std::move(done));
    fail(executor, std::move(done));
}
}

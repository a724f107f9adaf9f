// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_ERASED_STREAM_HPP
#define HOLDFAST_DETAIL_ERASED_STREAM_HPP

#include <holdfast/detail/few_buffers.hpp>
#include <holdfast/detail/stream_layers.hpp>
#include <holdfast/error.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace holdfast::detail
{
/// What `stream` calls.
class erased_stream
{
public:
    using handler = asio::any_completion_handler<void(error_code, std::size_t)>;

    erased_stream() = default;
    erased_stream(const erased_stream&) = delete;
    erased_stream& operator=(const erased_stream&) = delete;
    virtual ~erased_stream() = default;

    virtual asio::any_io_executor executor() noexcept = 0;
    virtual void read_some(const few_buffers<asio::mutable_buffer>& buffers, handler done) = 0;
    virtual void write_some(const few_buffers<asio::const_buffer>& buffers, handler done) = 0;
    virtual void close() noexcept = 0;
    virtual void reset() noexcept = 0;
    virtual void shutdown_send(error_code& ec) noexcept = 0;
    virtual void write_last(asio::const_buffer bytes) noexcept = 0;
    virtual void tie(stream_link& link) noexcept = 0;
    virtual std::string peer() const = 0;
    virtual std::string local() const = 0;
};

template <class Stream>
class erased_stream_of final : public erased_stream
{
public:
    explicit erased_stream_of(Stream&& stream) : stream_(std::move(stream)) {}

    asio::any_io_executor executor() noexcept override { return stream_.get_executor(); }

    // One buffer is the common case, for which sockets have a shorter way.
    void read_some(const few_buffers<asio::mutable_buffer>& buffers, handler done) override
    {
        if (buffers.size() <= 1)
            stream_.async_read_some(buffers.front(), std::move(done));
        else
            stream_.async_read_some(buffers, std::move(done));
    }

    void write_some(const few_buffers<asio::const_buffer>& buffers, handler done) override
    {
        if (buffers.size() <= 1)
            stream_.async_write_some(buffers.front(), std::move(done));
        else
            stream_.async_write_some(buffers, std::move(done));
    }

    void close() noexcept override { close_stream(stream_); }
    void reset() noexcept override { reset_stream(stream_); }
    void shutdown_send(error_code& ec) noexcept override { detail::shutdown_send(stream_, ec); }
    void write_last(asio::const_buffer bytes) noexcept override
    {
        detail::write_last(stream_, bytes);
    }
    void tie(stream_link& link) noexcept override { holdfast::tie(stream_, link); }
    std::string peer() const override { return peer_text(stream_); }
    std::string local() const override { return local_text(stream_); }

private:
    Stream stream_;
};
}

#endif

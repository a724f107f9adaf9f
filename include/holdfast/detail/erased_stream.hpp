// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_ERASED_STREAM_HPP
#define HOLDFAST_DETAIL_ERASED_STREAM_HPP

#include <holdfast/detail/few_buffers.hpp>
#include <holdfast/error.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/socket_base.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <utility>

namespace holdfast::detail
{
std::string peer_text(const asio::ip::tcp::endpoint& peer);
std::string peer_text(const asio::local::stream_protocol::endpoint& peer);

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
    virtual void shutdown_send(error_code& ec) noexcept = 0;
    virtual void tie(stream_link& link) noexcept = 0;
    virtual std::string peer() const = 0;
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

    void close() noexcept override { close(stream_); }
    void shutdown_send(error_code& ec) noexcept override { shutdown_send(stream_, ec); }
    void tie(stream_link& link) noexcept override { holdfast::tie(stream_, link); }
    std::string peer() const override { return peer(stream_); }

private:
    template <class Layer>
    static void close(Layer& layer) noexcept
    {
        error_code ignored; // nothing is left to do about it
        if constexpr (requires { layer.close(ignored); })
            layer.close(ignored);
        else if constexpr (requires { layer.close(); })
            layer.close();
        else
            close(layer.next_layer());
    }

    template <class Layer>
    static void shutdown_send(Layer& layer, error_code& ec) noexcept
    {
        if constexpr (requires { layer.shutdown_send(ec); })
            layer.shutdown_send(ec);
        else if constexpr (requires { layer.shutdown(asio::socket_base::shutdown_send, ec); })
            layer.shutdown(asio::socket_base::shutdown_send, ec);
        else // what lies below must not be ended under what lies above
            ec = asio::error::operation_not_supported;
    }

    template <class Layer>
    static std::string peer(const Layer& layer)
    {
        error_code ec;
        if constexpr (requires {
                          { layer.peer() } -> std::convertible_to<std::string>;
                      })
            return layer.peer();
        else if constexpr (requires { peer_text(layer.remote_endpoint(ec)); })
        {
            const auto address = layer.remote_endpoint(ec);
            return ec ? std::string() : peer_text(address);
        }
        else if constexpr (requires { layer.next_layer(); })
            return peer(layer.next_layer());
        else
            return {};
    }

    Stream stream_;
};
}

#endif

// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_STREAM_LAYERS_HPP
#define HOLDFAST_DETAIL_STREAM_LAYERS_HPP

#include <holdfast/error.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/socket_base.hpp>

#include <array>
#include <concepts>
#include <string>

// What can be done with any stream, be it a socket or layers on top of one.

namespace holdfast::detail
{
namespace asio = boost::asio;

/// `192.0.2.1:80`, `[2001:db8::1]:80`.
std::string address_text(const asio::ip::address& address, unsigned port);

/// An address of TCP or of a Unix socket as text.
template <class Address>
    requires requires(const Address& a) { a.path(); } || requires(const Address& a) { a.port(); }
std::string address_text(const Address& a)
{
    if constexpr (requires { a.path(); })
        return a.path();
    else
        return address_text(a.address(), a.port());
}

/// Closes the lowest layer of a stream, at once.
template <class Layer>
void close_stream(Layer& layer) noexcept
{
    error_code ignored; // it is closed, one way or another
    if constexpr (requires { layer.close(ignored); })
        layer.close(ignored);
    else if constexpr (requires { layer.close(); })
        layer.close();
    else
        close_stream(layer.next_layer());
}

/// Closes the lowest layer so that the peer sees a reset, where that can be had.
template <class Layer>
void reset_stream(Layer& layer) noexcept
{
    if constexpr (requires { layer.reset(); })
        layer.reset();
    else if constexpr (requires(error_code ec) {
                           layer.set_option(asio::socket_base::linger(true, 0), ec);
                       })
    {
        error_code ignored; // then it is only closed
        layer.set_option(asio::socket_base::linger(true, 0), ignored);
        close_stream(layer);
    }
    else if constexpr (requires { layer.next_layer(); })
        reset_stream(layer.next_layer());
    else
        close_stream(layer);
}

/// Ends what this side sends; `operation_not_supported` where a stream cannot do that.
template <class Layer>
void shutdown_send(Layer& layer, error_code& ec) noexcept
{
    if constexpr (requires { layer.shutdown_send(ec); })
        layer.shutdown_send(ec);
    else if constexpr (requires { layer.shutdown(asio::socket_base::shutdown_send, ec); })
        layer.shutdown(asio::socket_base::shutdown_send, ec);
    else // what lies below must not be ended under what lies above
        ec = asio::error::operation_not_supported;
}

/// Writes these bytes if a stream takes them at once, and else does not: only its close may follow.
/// What it has received and nobody has read is thrown away, up to 64 KiB: a socket that is closed
/// with such bytes resets the connection, and drops what it has yet to send.
template <class Layer>
void write_last(Layer& layer, asio::const_buffer bytes) noexcept
{
    error_code ec; // a peer that is gone is told nothing
    if constexpr (requires { layer.write_last(bytes); })
        layer.write_last(bytes);
    else if constexpr (requires {
                           layer.non_blocking(true, ec);
                           layer.write_some(bytes, ec);
                       })
    {
        if (layer.non_blocking(true, ec))
            return;
        layer.write_some(bytes, ec);
        std::array<char, 4096> unread;
        for (int i = 0; i < 16 && !ec; ++i)
            layer.read_some(asio::buffer(unread), ec);
    }
}

/// The address of the peer; empty if it is not connected, or the address is not known.
template <class Layer>
std::string peer_text(const Layer& layer)
{
    error_code ec;
    if constexpr (requires {
                      { layer.peer() } -> std::convertible_to<std::string>;
                  })
        return layer.peer();
    else if constexpr (requires { address_text(layer.remote_endpoint(ec)); })
    {
        const auto address = layer.remote_endpoint(ec);
        return ec ? std::string() : address_text(address);
    }
    else if constexpr (requires { layer.next_layer(); })
        return peer_text(layer.next_layer());
    else
        return {};
}

/// The address of this end; empty if it is not connected, or the address is not known.
template <class Layer>
std::string local_text(const Layer& layer)
{
    error_code ec;
    if constexpr (requires {
                      { layer.local() } -> std::convertible_to<std::string>;
                  })
        return layer.local();
    else if constexpr (requires { address_text(layer.local_endpoint(ec)); })
    {
        const auto address = layer.local_endpoint(ec);
        return ec ? std::string() : address_text(address);
    }
    else if constexpr (requires { layer.next_layer(); })
        return local_text(layer.next_layer());
    else
        return {};
}
}

#endif

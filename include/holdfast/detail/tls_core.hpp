// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_TLS_CORE_HPP
#define HOLDFAST_DETAIL_TLS_CORE_HPP

#include <holdfast/detail/stream_layers.hpp>
#include <holdfast/detail/tls_client.hpp>
#include <holdfast/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <utility>

namespace holdfast::detail
{
/// Any stream as `asio::ssl::stream` wants the one below: with a lowest layer.
template <class Stream>
struct tls_below
{
    using executor_type = typename Stream::executor_type;
    using lowest_layer_type = tls_below;

    Stream stream;

    executor_type get_executor() noexcept { return stream.get_executor(); }
    tls_below& lowest_layer() noexcept { return *this; }
    const tls_below& lowest_layer() const noexcept { return *this; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        return stream.async_read_some(buffers, std::forward<Token>(token));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        return stream.async_write_some(buffers, std::forward<Token>(token));
    }
};

/// What a `tls_stream` moves around: the operations that are pending keep it, since those of
/// `asio::ssl::stream` must not outlive it. All on one executor, so the count needs no atomics.
template <class Stream>
struct tls_core : boost::intrusive_ref_counter<tls_core<Stream>, boost::thread_unsafe_counter>
{
    using ssl_stream = asio::ssl::stream<tls_below<Stream>>;

    tls_core(Stream below, owned_ssl handshake)
        : ssl(tls_below<Stream>{std::move(below)},
              handshake.release()) // which owns it from here on
    {
    }

    /// OpenSSL would have no ticket used again that came on a connection without an orderly end.
    /// RFC 8446 knows no such rule, and connections that were lost are what tickets are for.
    ~tls_core()
    {
        SSL_set_shutdown(ssl.native_handle(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }

    tls_core(const tls_core&) = delete;
    tls_core& operator=(const tls_core&) = delete;

    Stream& below() noexcept { return ssl.next_layer().stream; }

    /// Says goodbye, if that can be done at once, and closes all that is below.
    void close() noexcept
    {
        // Into the middle of a record nothing can be written; and what is cut short, is.
        if (writes == 0)
            say_last(take_close_notify(ssl.native_handle()));
        closed = true;
        close_stream(below());
    }

    void say_last(const std::vector<unsigned char>& records) noexcept
    {
        if (!records.empty())
            write_last(below(), asio::buffer(records));
    }

    ssl_stream ssl;
    unsigned writes = 0; // that are pending
    bool closed = false;
};

/// A caller's handler for a read or a write, which keeps the core until then.
template <class Stream, class Handler, bool Writes>
struct tls_transfer
{
    boost::intrusive_ptr<tls_core<Stream>> core;
    Handler handler;

    void operator()(error_code ec, std::size_t n)
    {
        if constexpr (Writes)
            --core->writes;
        if (ec && core->closed) // a record that was half sent goes on to a socket that is closed
            ec = asio::error::operation_aborted;
        core.reset(); // the caller may want to see it gone
        std::move(handler)(ec, n);
    }
};
}

/// Executor, allocator and cancellation slot are those of the caller.
template <template <class, class> class Associator, class Stream, class Handler, bool Writes,
          class Default>
struct boost::asio::associator<Associator, holdfast::detail::tls_transfer<Stream, Handler, Writes>,
                               Default> : Associator<Handler, Default>
{
    using transfer = holdfast::detail::tls_transfer<Stream, Handler, Writes>;

    static typename Associator<Handler, Default>::type get(const transfer& t) noexcept
    {
        return Associator<Handler, Default>::get(t.handler);
    }

    static auto get(const transfer& t, const Default& d) noexcept
        -> decltype(Associator<Handler, Default>::get(t.handler, d))
    {
        return Associator<Handler, Default>::get(t.handler, d);
    }
};

#endif

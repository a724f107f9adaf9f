// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ANY_STREAM_HPP
#define HOLDFAST_ANY_STREAM_HPP

#include <holdfast/detail/erased_stream.hpp>
#include <holdfast/detail/few_buffers.hpp>
#include <holdfast/error.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace holdfast
{
/// A connected stream of any kind: what an endpoint gives whose kind is only known at run time.
///
/// Each read or write costs a virtual call and erases its handler; an endpoint whose kind is known
/// gives the bare socket instead. A read or write uses the first eight buffers that are not empty.
///
/// @par Thread safety
/// Distinct objects: safe. One object: from its executor only.
///
/// @par Lifetime
/// It may be moved at any time: operations that are pending go on. Destroying it ends them. One
/// that was moved from, or default-constructed, is empty: only `close`, `reset`, `tie`, `peer`,
/// `local`, assignment and destruction may be used.
class stream
{
public:
    using executor_type = asio::any_io_executor;

    /// Itself: what `asio::ssl::stream` asks of the layer below.
    using lowest_layer_type = stream;

    stream() noexcept = default;

    /// Holds any stream of Asio: one that has `async_read_some`, `async_write_some` and
    /// `get_executor`, and that itself or whose next layer can be closed.
    template <class Stream>
        requires(!std::same_as<Stream, stream> && std::move_constructible<Stream> &&
                 requires { typename Stream::executor_type; })
    explicit stream(Stream s)
        : erased_(std::make_unique<detail::erased_stream_of<Stream>>(std::move(s)))
    {
    }

    executor_type get_executor() const noexcept { return erased_->executor(); }
    lowest_layer_type& lowest_layer() noexcept { return *this; }
    const lowest_layer_type& lowest_layer() const noexcept { return *this; }

    /// Reads some bytes.
    ///
    /// Completes as the stream within does.
    ///
    /// @par Cancellation
    /// As the stream within has it.
    template <class MutableBufferSequence,
              asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
    [[nodiscard]] auto async_read_some(const MutableBufferSequence& buffers,
                                       Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            start_transfer{erased_.get()}, token,
            detail::few_buffers<asio::mutable_buffer>(buffers));
    }

    /// Writes some bytes.
    ///
    /// Completes as the stream within does.
    ///
    /// @par Cancellation
    /// As the stream within has it.
    template <class ConstBufferSequence,
              asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
    [[nodiscard]] auto async_write_some(const ConstBufferSequence& buffers, Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            start_transfer{erased_.get()}, token, detail::few_buffers<asio::const_buffer>(buffers));
    }

    /// Closes the lowest layer at once. Operations pending on it complete with `operation_aborted`.
    void close() noexcept
    {
        if (erased_ != nullptr)
            erased_->close();
    }

    /// Closes the lowest layer so that the peer sees `connection_reset`, where that can be had:
    /// what was not sent yet is dropped, and the peer can tell.
    void reset() noexcept
    {
        if (erased_ != nullptr)
            erased_->reset();
    }

    /// Ends what this side sends: the peer reads what was written and then `eof`.
    /// `operation_not_supported` where the stream cannot do that, such as TLS.
    void shutdown_send(error_code& ec) noexcept { erased_->shutdown_send(ec); }

    /// Writes these bytes if they are taken at once, and throws away what was not read; only
    /// `close` may follow. For layers above, which say goodbye.
    void write_last(asio::const_buffer bytes) noexcept { erased_->write_last(bytes); }

    /// Has `link` follow the lowest layer that can be tied.
    void tie(stream_link& link) noexcept
    {
        if (erased_ != nullptr)
            erased_->tie(link);
    }

    /// The address of the peer: `192.0.2.1:80`, `[2001:db8::1]:80`, the path of a Unix socket.
    /// Empty if it is not connected, or the address is not known.
    std::string peer() const { return erased_ != nullptr ? erased_->peer() : std::string(); }

    /// The address of this end, likewise.
    std::string local() const { return erased_ != nullptr ? erased_->local() : std::string(); }

private:
    struct start_transfer
    {
        using executor_type = asio::any_io_executor;
        detail::erased_stream* erased;
        executor_type get_executor() const noexcept { return erased->executor(); }

        void operator()(detail::erased_stream::handler done,
                        const detail::few_buffers<asio::mutable_buffer>& buffers) const
        {
            erased->read_some(buffers, std::move(done));
        }

        void operator()(detail::erased_stream::handler done,
                        const detail::few_buffers<asio::const_buffer>& buffers) const
        {
            erased->write_some(buffers, std::move(done));
        }
    };

    std::unique_ptr<detail::erased_stream> erased_;
};
}

#endif

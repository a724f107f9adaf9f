// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_TLS_STREAM_HPP
#define HOLDFAST_ENDPOINTS_TLS_STREAM_HPP

#include <holdfast/detail/tls_core.hpp>
#include <holdfast/endpoints/tls_details.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace holdfast
{
/// A TLS connection over a stream of any kind, its handshake done and its peer verified.
///
/// Reads and writes are those of `asio::ssl::stream`, one of each at a time, and each uses the
/// first buffer that is not empty. A peer that ends the connection as TLS has it (close_notify)
/// gives `eof`; one whose connection merely ends gives `asio::ssl::error::stream_truncated`:
/// something may be missing. A write that was cancelled leaves the stream fit for nothing but to be
/// closed.
///
/// @par Thread safety
/// Distinct objects: safe. One object: from its executor only.
///
/// @par Lifetime
/// It may be moved at any time: operations that are pending go on. Closing or destroying it ends
/// them with `operation_aborted`. One that is not connected has only its executor, `is_open`,
/// `close`, `tie`, assignment and destruction.
template <class NextLayer>
class tls_stream
{
public:
    using next_layer_type = NextLayer;
    using executor_type = asio::any_io_executor;

    /// Itself: what `asio::ssl::stream` asks of the layer below.
    using lowest_layer_type = tls_stream;

    /// A stream that is not connected.
    explicit tls_stream(asio::any_io_executor executor) noexcept : executor_(std::move(executor)) {}

    /// For endpoints: a stream whose handshake is done.
    explicit tls_stream(boost::intrusive_ptr<detail::tls_core<NextLayer>> core)
        : executor_(core->below().get_executor())
        , core_(std::move(core))
        , open_(true)
    {
    }

    tls_stream(tls_stream&& other) noexcept
        // NOLINTNEXTLINE(performance-move-constructor-init): the other keeps its executor
        : executor_(other.executor_)
        , core_(std::move(other.core_))
        , open_(std::exchange(other.open_, false))
    {
    }

    tls_stream& operator=(tls_stream&& other) noexcept
    {
        if (this != &other)
        {
            close();
            executor_ = other.executor_;
            core_ = std::move(other.core_);
            open_ = std::exchange(other.open_, false);
        }
        return *this;
    }

    ~tls_stream() { close(); }

    executor_type get_executor() const noexcept { return executor_; }
    lowest_layer_type& lowest_layer() noexcept { return *this; }
    const lowest_layer_type& lowest_layer() const noexcept { return *this; }

    /// What TLS is spoken over.
    next_layer_type& next_layer() noexcept { return core_->below(); }
    const next_layer_type& next_layer() const noexcept { return core_->below(); }

    /// OpenSSL's own object, to be asked what is not offered here.
    SSL* native_handle() const noexcept { return core_->ssl.native_handle(); }

    /// What was agreed in the handshake.
    tls_details details() const { return detail::details_of(native_handle()); }

    /// Whether it was connected and not closed since.
    bool is_open() const noexcept { return open_; }

    /// Reads some bytes.
    ///
    /// @par Cancellation
    /// As `asio::ssl::stream` has it: completes with `operation_aborted`; nothing that was received
    /// is lost.
    template <class MutableBufferSequence,
              asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
    [[nodiscard]] auto async_read_some(const MutableBufferSequence& buffers,
                                       Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            start_read{executor_, core_.get()}, token, buffers);
    }

    /// Writes some bytes: at most one record, of 16 KiB.
    ///
    /// @par Cancellation
    /// Completes with `operation_aborted`; part of the record may have been sent.
    template <class ConstBufferSequence,
              asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
    [[nodiscard]] auto async_write_some(const ConstBufferSequence& buffers, Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            start_write{executor_, core_.get()}, token, buffers);
    }

    /// Says goodbye (close_notify) if the layer below takes that at once, and closes it; never
    /// waits. While a write is pending nothing is said: what was to be sent is cut short.
    /// Operations that are pending complete with `operation_aborted`.
    void close() noexcept
    {
        if (std::exchange(open_, false))
            core_->close();
    }

    /// Writes these bytes if they are taken at once, and throws away what was not read; only
    /// `close` may follow. For layers above, which say goodbye.
    void write_last(asio::const_buffer bytes) noexcept
    {
        if (open_ && core_->writes == 0)
            core_->say_last(detail::take_last_records(native_handle(), bytes.data(), bytes.size()));
    }

    /// Has `link` follow the lowest layer that can be tied.
    void tie(stream_link& link) noexcept
    {
        if (core_ != nullptr)
            holdfast::tie(core_->below(), link);
    }

    /// The address of the other end, where the layer below has one.
    auto remote_endpoint(error_code& ec) const
        requires requires(const NextLayer& below) { below.remote_endpoint(ec); }
    {
        return std::as_const(core_->below()).remote_endpoint(ec);
    }

    /// The same as text, where it has none but in words.
    std::string peer() const
        requires(!requires(const NextLayer& below, error_code ec) { below.remote_endpoint(ec); })
    {
        return open_ ? detail::peer_text(core_->below()) : std::string();
    }

    /// The address of this end, as text.
    std::string local() const { return open_ ? detail::local_text(core_->below()) : std::string(); }

private:
    using core_type = detail::tls_core<NextLayer>;

    struct start_read
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        core_type* core;
        executor_type get_executor() const noexcept { return executor; }

        template <class Handler, class Buffers>
        void operator()(Handler&& handler, const Buffers& buffers) const
        {
            using transfer = detail::tls_transfer<NextLayer, std::decay_t<Handler>, false>;
            core->ssl.async_read_some(buffers, transfer{core, std::forward<Handler>(handler)});
        }
    };

    struct start_write
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        core_type* core;
        executor_type get_executor() const noexcept { return executor; }

        template <class Handler, class Buffers>
        void operator()(Handler&& handler, const Buffers& buffers) const
        {
            using transfer = detail::tls_transfer<NextLayer, std::decay_t<Handler>, true>;
            ++core->writes;
            core->ssl.async_write_some(buffers, transfer{core, std::forward<Handler>(handler)});
        }
    };

    asio::any_io_executor executor_;
    boost::intrusive_ptr<core_type> core_;
    bool open_ = false;
};
}

#endif

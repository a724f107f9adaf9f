// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TESTING_MEMORY_STREAM_HPP
#define HOLDFAST_TESTING_MEMORY_STREAM_HPP

#include <holdfast/error.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/socket_base.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::testing
{
namespace asio = boost::asio;

/// How a pair of memory streams is made.
struct memory_options
{
    /// How many bytes each direction holds; a write waits while it is full.
    std::size_t capacity = 65536;

    /// Called once, when the first stream of the pair is closed or destroyed.
    std::function<void()> closed{};
};

/// One end of a connection that exists in memory: what a socket is, for tests.
///
/// It can be read and written asynchronously like any Asio stream, and a `stream_link` can follow
/// it. A test that holds the other end mostly uses `give` and `take`, which never wait.
///
/// Closing an end, or destroying it, ends the stream for the other in good order: it reads what was
/// written and then `eof`, and its writes fail with `broken_pipe`.
///
/// @par Thread safety
/// One end: from one thread at a time, like a socket. The two ends: from two threads.
///
/// @par Lifetime
/// It may be moved at any time; operations that are pending go on. It may outlive its context.
class memory_stream
{
public:
    using executor_type = asio::any_io_executor;

    /// A stream that is not open.
    explicit memory_stream(asio::any_io_executor executor) noexcept;

    memory_stream(memory_stream&& other) noexcept;
    memory_stream& operator=(memory_stream&& other) noexcept;
    ~memory_stream();

    executor_type get_executor() const noexcept { return executor_; }

    /// Whether it was connected and not closed since.
    bool is_open() const noexcept;

    /// Closes this end. Its pending operations complete with `operation_aborted`.
    void close() noexcept;

    /// The same, spelt as for a socket. Never fails.
    void close(error_code& ec) noexcept;

    /// Closes this end the hard way: the other loses what it has not read, and all it does fails
    /// with `connection_reset`.
    void reset() noexcept;

    /// Ends what this end sends: the other reads what was written and then `eof`.
    void shutdown_send() noexcept;

    /// The same, spelt as for a socket. Only sending can be ended.
    void shutdown(asio::socket_base::shutdown_type what, error_code& ec) noexcept;

    /// Ends all pending operations with `operation_aborted`.
    void cancel() noexcept;

    /// Reads what there is, waiting for the first byte.
    ///
    /// Completes with the number of bytes read; with `eof` when the other end has ended its
    /// sending, `connection_reset` when it was reset, `bad_descriptor` when this end is not open.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted`; nothing was read.
    template <class Buffers,
              asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
    [[nodiscard]] auto async_read_some(const Buffers& buffers, Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            start_read{this}, token,
            std::vector<asio::mutable_buffer>(asio::buffer_sequence_begin(buffers),
                                              asio::buffer_sequence_end(buffers)));
    }

    /// Writes what there is room for, waiting for the first byte of it.
    ///
    /// Completes with the number of bytes written; with `broken_pipe` when the other end is closed
    /// or this one has ended its sending, `connection_reset` when the other end was reset,
    /// `bad_descriptor` when this end is not open.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted`; nothing was written.
    template <class Buffers,
              asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
    [[nodiscard]] auto async_write_some(const Buffers& buffers, Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            start_write{this}, token,
            std::vector<asio::const_buffer>(asio::buffer_sequence_begin(buffers),
                                            asio::buffer_sequence_end(buffers)));
    }

    /// Writes `text` whole, at once, whatever the capacity. False if the other end cannot get it.
    bool give(std::string_view text);

    /// Reads all that has come, at once; nothing if nothing has.
    std::string take();

    /// Whether nothing more will come: the other end was closed or reset, or has ended its sending.
    bool ended() const noexcept;

    /// Whether the other end is open.
    bool peer_open() const noexcept;

    /// Bytes written here that the other end has not read, or what was set by hand.
    std::uint32_t unacknowledged() const noexcept;

    /// Has `unacknowledged` give `bytes` from now on: what a `stream_link` tells of a loss.
    void set_unacknowledged(std::uint32_t bytes) noexcept;

    /// Ties this stream to `link`, in place of any earlier one.
    void tie(stream_link& link) noexcept;

private:
    friend std::pair<memory_stream, memory_stream>
        make_memory_streams(asio::any_io_executor, asio::any_io_executor, memory_options);
    struct connection;
    using handler = asio::any_completion_handler<void(error_code, std::size_t)>;

    struct start_read
    {
        using executor_type = asio::any_io_executor;
        memory_stream* stream;
        executor_type get_executor() const noexcept { return stream->executor_; }
        void operator()(handler, std::vector<asio::mutable_buffer>) const;
    };

    struct start_write
    {
        using executor_type = asio::any_io_executor;
        memory_stream* stream;
        executor_type get_executor() const noexcept { return stream->executor_; }
        void operator()(handler, std::vector<asio::const_buffer>) const;
    };

    memory_stream(asio::any_io_executor executor, std::shared_ptr<connection> c, int end) noexcept;
    void drop_link() noexcept;
    void retie() noexcept;

    asio::any_io_executor executor_;
    std::shared_ptr<connection> connection_; // null if it never was open
    int end_ = 0;                            // which end of the connection this is
    stream_link* link_ = nullptr;
};

/// Two streams that are connected to each other, on one executor or on one each.
std::pair<memory_stream, memory_stream> make_memory_streams(asio::any_io_executor first,
                                                            asio::any_io_executor second,
                                                            memory_options options = {});
}

#endif

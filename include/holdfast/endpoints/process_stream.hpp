// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_PROCESS_STREAM_HPP
#define HOLDFAST_ENDPOINTS_PROCESS_STREAM_HPP

#include <holdfast/detail/few_buffers.hpp>
#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/error.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
namespace detail
{
class child_process;
}

/// The standard input and output of a child process: what is written it reads, what it writes is
/// read. One read and one write at a time; each uses the first eight buffers that are not empty.
///
/// Closing it, or destroying it, ends the process too, and all of its process group: SIGTERM, and
/// after `process_options::grace` SIGKILL. A service is not stopped, and dials no more, before that
/// has ended and was waited for.
///
/// @par Thread safety
/// Distinct objects: safe. One object: from its executor only.
///
/// @par Lifetime
/// It may be moved at any time: operations that are pending go on. Closing or destroying it ends
/// them with `operation_aborted`. The clock that it was dialled with outlives it and the process.
/// When the context is destroyed the process is killed at once, and waited for.
class process_stream
{
public:
    using executor_type = asio::any_io_executor;

    /// Itself: what `asio::ssl::stream` asks of the layer below.
    using lowest_layer_type = process_stream;

    /// A stream that is not connected.
    explicit process_stream(asio::any_io_executor executor) noexcept;

    /// For endpoints: the stream of a process that runs.
    process_stream(asio::any_io_executor executor, std::shared_ptr<detail::child_process> child);

    process_stream(process_stream&& other) noexcept;
    process_stream& operator=(process_stream&& other) noexcept;
    ~process_stream();

    executor_type get_executor() const noexcept { return executor_; }
    lowest_layer_type& lowest_layer() noexcept { return *this; }
    const lowest_layer_type& lowest_layer() const noexcept { return *this; }

    /// Whether it was connected and not closed since.
    bool is_open() const noexcept;

    /// The number of the process, also after its end; 0 if it never was connected.
    int id() const noexcept;

    /// Reads some bytes that the process has written.
    ///
    /// When it has ended, and all that it had written until then is read, completes with an error
    /// of `process_category()`, or `eof` if its exit status is 0. Others that it left running with
    /// the same output are not waited for. If it ends its output and goes on running for
    /// `process_options::grace`, completes with `eof`.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted`; nothing that was written is lost.
    template <class MutableBufferSequence,
              asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
    [[nodiscard]] auto async_read_some(const MutableBufferSequence& buffers,
                                       Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            start_transfer{executor_, child_.get()}, token,
            detail::few_buffers<asio::mutable_buffer>(buffers));
    }

    /// Writes some bytes for the process to read.
    ///
    /// When it has ended, completes with an error of `process_category()`, or `broken_pipe` if its
    /// exit status is 0; `broken_pipe` too if it has closed its input and goes on running. SIGPIPE
    /// is raised in no case.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted`, and nothing was written.
    template <class ConstBufferSequence,
              asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
    [[nodiscard]] auto async_write_some(const ConstBufferSequence& buffers, Token&& token = Token{})
    {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            start_transfer{executor_, child_.get()}, token,
            detail::few_buffers<asio::const_buffer>(buffers));
    }

    /// Ends the input of the process: it reads what was written, and then the end.
    void shutdown_send(error_code& ec) noexcept;

    /// Closes both, and has the process end.
    void close() noexcept;

    /// Closes both, and kills the process at once.
    void reset() noexcept;

    /// Writes these bytes if they are taken at once; only `close` may follow. For layers above,
    /// which say goodbye.
    void write_last(asio::const_buffer bytes) noexcept;

    /// Has `link` follow the process, which outlasts this.
    void tie(stream_link& link) noexcept;

    /// The process in words: `process 1234`. Empty if it is not connected.
    std::string peer() const;

private:
    struct start_transfer
    {
        using executor_type = asio::any_io_executor;
        using handler = asio::any_completion_handler<void(error_code, std::size_t)>;
        executor_type executor;
        detail::child_process* child;
        executor_type get_executor() const noexcept { return executor; }

        template <class Handler, class Buffer>
        void operator()(Handler&& done, const detail::few_buffers<Buffer>& buffers) const
        {
            start(buffers, detail::plain_handler(std::forward<Handler>(done), executor));
        }

        void start(const detail::few_buffers<asio::mutable_buffer>& buffers, handler done) const;
        void start(const detail::few_buffers<asio::const_buffer>& buffers, handler done) const;
    };

    asio::any_io_executor executor_;
    std::shared_ptr<detail::child_process> child_;
};
}

#endif

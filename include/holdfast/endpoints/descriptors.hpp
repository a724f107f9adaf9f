// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_DESCRIPTORS_HPP
#define HOLDFAST_ENDPOINTS_DESCRIPTORS_HPP

#include <holdfast/detail/few_buffers.hpp>
#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/endpoints/owned_descriptor.hpp>
#include <holdfast/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

// Descriptors that come and go with the bytes of a Unix socket (SCM_RIGHTS).

namespace holdfast
{
namespace asio = boost::asio;

/// The most descriptors that go with one message: what Linux has as its limit.
inline constexpr std::size_t descriptors_max = 253;

namespace detail
{
using local_socket = asio::basic_stream_socket<asio::local::stream_protocol>;

/// Starts either operation.
struct start_with_descriptors
{
    using executor_type = asio::any_io_executor;
    using handler = asio::any_completion_handler<void(error_code, std::size_t)>;
    local_socket& socket;
    executor_type get_executor() const noexcept { return socket.get_executor(); }

    template <class Handler, class Buffer, class Descriptors>
    void operator()(Handler&& done, const few_buffers<Buffer>& buffers,
                    Descriptors descriptors) const
    {
        start(buffers, std::move(descriptors),
              plain_handler(std::forward<Handler>(done), get_executor()));
    }

    void start(const few_buffers<asio::mutable_buffer>& buffers,
               std::vector<owned_descriptor>* descriptors, handler done) const;
    void start(const few_buffers<asio::const_buffer>& buffers, std::vector<int> descriptors,
               handler done) const;
};
}

/// Reads some bytes of a Unix socket, and the descriptors that the peer sent with them, of which
/// there are at most `descriptors_max`. A read of any other kind closes those that come.
///
/// `descriptors` then holds them and nothing else; none is inherited by programs that are run. If
/// there is no room for all of them in this process, those that came are closed and it completes
/// with `too_many_files_open` and the number of bytes that were read nevertheless. At most the
/// first eight buffers are used that are not empty.
///
/// A peer that may connect may send what it likes: look at what a descriptor is before it is used.
///
/// @par Cancellation
/// All types: completes with `operation_aborted`, and nothing was read.
///
/// @par Lifetime
/// The socket stays where it is, and `descriptors` too, until it has completed.
template <class MutableBufferSequence,
          asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
[[nodiscard]] auto
async_receive_with_descriptors(asio::basic_stream_socket<asio::local::stream_protocol>& socket,
                               const MutableBufferSequence& buffers,
                               std::vector<owned_descriptor>& descriptors, Token&& token = Token{})
{
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        detail::start_with_descriptors{socket}, token,
        detail::few_buffers<asio::mutable_buffer>(buffers), &descriptors);
}

/// Writes some bytes to a Unix socket, and sends these descriptors with the first of them. What was
/// not written goes by a write of any kind. The peer gets copies.
///
/// Completes with `invalid_argument` if there is no byte to send or are more descriptors than
/// `descriptors_max`.
///
/// @par Cancellation
/// All types: completes with `operation_aborted`, and nothing was written.
///
/// @par Lifetime
/// The socket stays where it is, and the descriptors stay open, until it has completed.
template <class ConstBufferSequence,
          asio::completion_token_for<void(error_code, std::size_t)> Token = asio::deferred_t>
[[nodiscard]] auto
async_send_with_descriptors(asio::basic_stream_socket<asio::local::stream_protocol>& socket,
                            const ConstBufferSequence& buffers, std::span<const int> descriptors,
                            Token&& token = Token{})
{
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        detail::start_with_descriptors{socket}, token,
        detail::few_buffers<asio::const_buffer>(buffers),
        std::vector<int>(descriptors.begin(), descriptors.end()));
}
}

#endif

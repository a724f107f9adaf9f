// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_UNIX_HPP
#define HOLDFAST_ENDPOINTS_UNIX_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/endpoint.hpp>
#include <holdfast/stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
/// How a `unix_socket` endpoint connects.
struct unix_options
{
    /// How long to wait for room in the queue of a listener that is behind.
    duration timeout = std::chrono::seconds(30);

    /// Whether to look at the listener's lock file first: `path.lock`, a symbolic link to the
    /// number of its process. Without a live one the dial fails with `errc::no_listener`.
    bool lockfile = false;
};

/// A server on a Unix socket. A path that begins with `@` names an abstract socket of Linux.
///
/// Cheap to copy.
///
/// @par Thread safety
/// Safe, distinct or shared.
class unix_socket
{
public:
    using stream_type = linked_socket<asio::local::stream_protocol>;

    /// @throws std::invalid_argument naming what is wrong
    explicit unix_socket(std::string path, unix_options options = {});

    const std::string& path() const noexcept;
    const unix_options& options() const noexcept;

    /// Connects. Completes with the error and the connected stream: `errc::no_listener`,
    /// `connect_timed_out`, or what the system gives.
    ///
    /// @par Cancellation
    /// All types: completes with `operation_aborted` soon, and the socket is closed.
    template <asio::completion_token_for<void(error_code, stream_type)> Token = asio::deferred_t>
    [[nodiscard]] auto async_connect(const dial_context& context, Token&& token = Token{}) const
    {
        return asio::async_initiate<Token, void(error_code, stream_type)>(
            start_connect{context.executor}, token, target_, context);
    }

    /// The description: `unix:path`, with the options that differ from the default.
    friend std::string to_string(const unix_socket& endpoint);

    struct target; // what the endpoints copied from one another share

private:
    struct start_connect
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }
        template <class Handler>
        void operator()(Handler&& done, std::shared_ptr<const target> target,
                        const dial_context& context) const
        {
            start(detail::plain_handler(std::forward<Handler>(done), context.executor),
                  std::move(target), context);
        }
        static void start(asio::any_completion_handler<void(error_code, stream_type&&)> done,
                          std::shared_ptr<const target> target, const dial_context& context);
    };

    std::shared_ptr<const target> target_;
};
}

#endif
